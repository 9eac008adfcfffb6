//! What goes wrong: drawn by the seed, one after the other in each lane, and the lanes side by side.

use std::time::{Duration, Instant};

use diesel::{PgConnection, connection::SimpleConnection};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

use super::{Ground, Happened, mails};
use crate::{
    mailbox::Rule,
    simulator::{Call, Fault},
};

/// The cause `database` is told within a minute; so long it is away once in a run that has room for it.
const LONG: Duration = Duration::from_secs(75);
const HAS_ROOM_FOR_LONG: Duration = Duration::from_secs(150);

/// Tables that clicks, events, mails and alerts need.
const TABLES: [&str; 8] = [
    "orders",
    "checkout_sessions",
    "stripe_events",
    "outbox",
    "outbox_pause",
    "pace",
    "alert_causes",
    "settings",
];

/// What fails on its own: troubles of one lane never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    Database,
    Mail,
    Stripe,
    Replicas,
}

#[derive(Debug)]
enum Trouble {
    DatabaseIsAway,
    TableIsLocked(&'static str),
    DatabaseOnlyReads,
    ConnectionsEnd,
    MailIsOdd(Vec<Rule>),
    MailRefusesUs,
    StripeFails(Vec<(Call, Fault, usize)>),
    StripeIsSlow(Duration),
    StripeIsAway,
    EventsAreLost,
    ReplicaDies(usize),
    ReplicaIsRestarted(usize),
}

impl Lane {
    pub const ALL: [Self; 4] = [Self::Database, Self::Mail, Self::Stripe, Self::Replicas];

    /// Trouble after trouble, until the time for it is over; then none.
    pub fn run(self, ground: &Ground, dice: &mut StdRng) {
        let mut long_is_due = self == Self::Database && ground.measure.lasts >= HAS_ROOM_FOR_LONG;
        loop {
            std::thread::sleep(Duration::from_millis(dice.random_range(500..4_000)));
            if ground.is_over() {
                return;
            }
            let (trouble, lasts) =
                if long_is_due && ground.began.elapsed() > ground.measure.lasts / 3 {
                    long_is_due = false;
                    (Trouble::DatabaseIsAway, LONG)
                } else {
                    self.draw(ground, dice)
                };
            let what = format!("{trouble:?}").chars().take(200).collect::<String>();
            ground.say(&format!("for {:.1} s: {what}", lasts.as_secs_f64()));
            let (may_cause, ends_the_database) = (trouble.may_cause(), trouble.ends_the_database());
            let began = Instant::now();
            trouble.happen(ground, lasts);
            ground.happened.lock().expect("no panic").push(Happened {
                lane: self,
                began,
                ended: Instant::now(),
                may_cause,
                ends_the_database,
            });
        }
    }

    fn draw(self, ground: &Ground, dice: &mut StdRng) -> (Trouble, Duration) {
        let kind = dice.random_range(0..10);
        let mut seconds = dice.random_range(1.0..8.0);
        let trouble = match (self, kind) {
            (Self::Database, 0..3) => Trouble::DatabaseIsAway,
            (Self::Database, 3..7) => Trouble::TableIsLocked(TABLES.choose(dice).expect("some")),
            (Self::Database, 7..9) => Trouble::DatabaseOnlyReads,
            (Self::Database, _) => Trouble::ConnectionsEnd,
            (Self::Mail, 0..3) => {
                seconds = dice
                    .random_range(10.0..20.0_f64)
                    .max(ground.measure.lasts.as_secs_f64() / 8.0);
                Trouble::MailRefusesUs
            }
            (Self::Mail, _) => Trouble::MailIsOdd(mails::odd(dice)),
            (Self::Stripe, 0..5) => Trouble::StripeFails(faults(dice)),
            (Self::Stripe, 5..7) => {
                Trouble::StripeIsSlow(Duration::from_millis(dice.random_range(200..3_000)))
            }
            (Self::Stripe, 7..9) => Trouble::StripeIsAway,
            (Self::Stripe, _) => Trouble::EventsAreLost,
            (Self::Replicas, 0..6) => Trouble::ReplicaDies(dice.random_range(0..3)),
            (Self::Replicas, _) => Trouble::ReplicaIsRestarted(dice.random_range(0..3)),
        };
        (trouble, Duration::from_secs_f64(seconds))
    }
}

fn faults(dice: &mut StdRng) -> Vec<(Call, Fault, usize)> {
    let count = dice.random_range(1..=3);
    let calls = [
        Call::Any,
        Call::CreateSession,
        Call::CreateSession,
        Call::RetrieveSession,
        Call::ListSessions,
        Call::Events,
    ];
    let faults = [
        Fault::Latency(Duration::from_secs(4)),
        Fault::TooManyRequests,
        Fault::ErrorBefore,
        Fault::ErrorAfter,
        Fault::Html502,
        Fault::HangBefore,
        Fault::HangAfter,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::Endless {
            pause: Duration::from_millis(20),
        },
    ];
    let mut draw = || {
        let (call, fault) = (calls.choose(dice), faults.choose(dice));
        let times = dice.random_range(1..=3);
        (*call.expect("some"), fault.expect("some").clone(), times)
    };
    (0..count).map(|_| draw()).collect()
}

impl Trouble {
    /// The kinds of causes (docs/alerts.md) that may come of it. Each is told if it lasts: the judge knows
    /// from the rows, and of the database from us. All others of the table would be false alarms: of a
    /// trouble that ends in seconds nothing is a quarter of an hour late, and no money fails to add up.
    fn may_cause(&self) -> &'static [&'static str] {
        match self {
            // Who cannot write down what became of a mail does not know; who cannot take an event up has to
            // find it at Stripe.
            Self::DatabaseIsAway => &["database", "unknown_mail", "silent_webhook"],
            Self::TableIsLocked(_) | Self::DatabaseOnlyReads | Self::ConnectionsEnd => {
                &["unknown_mail", "silent_webhook"]
            }
            // Any answer in any stage: all of us may be refused, or one mail for good, now or later.
            Self::MailIsOdd(_) => &["pause", "unknown_mail", "failed_mail", "bounces"],
            Self::MailRefusesUs => &["pause"],
            // A click that Stripe does not answer waits, and the payer comes again: nobody is needed.
            Self::StripeFails(_) | Self::StripeIsSlow(_) | Self::StripeIsAway => &[],
            Self::EventsAreLost => &["silent_webhook"],
            // With a mail in its hand, or an event on its way to it.
            Self::ReplicaDies(_) => &["unknown_mail", "silent_webhook"],
            Self::ReplicaIsRestarted(_) => &["silent_webhook"],
        }
    }

    fn ends_the_database(&self) -> bool {
        matches!(self, Self::DatabaseIsAway)
    }

    /// It begins, lasts, and ends.
    fn happen(self, ground: &Ground, lasts: Duration) {
        let (world, stripe) = (&ground.world, &ground.world.stripe);
        let last = || std::thread::sleep(lasts);
        match self {
            Self::DatabaseIsAway => {
                world.database.stop();
                last();
                world.database.start_again();
            }
            Self::TableIsLocked(table) => {
                let mut lock = world.database.connect();
                let statement = format!(
                    "SET lock_timeout = '5s'; BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"
                );
                if lock.batch_execute(&statement).is_ok() {
                    last();
                    lock.batch_execute("COMMIT").expect("the lock ends");
                }
            }
            Self::DatabaseOnlyReads => {
                run(
                    ground,
                    &[
                        "ALTER DATABASE postgres SET default_transaction_read_only = on",
                        END_ALL,
                    ],
                );
                last();
                run(
                    ground,
                    &[
                        "SET default_transaction_read_only = off",
                        "ALTER DATABASE postgres RESET default_transaction_read_only",
                    ],
                );
            }
            Self::ConnectionsEnd => run(ground, &[END_ALL]),
            Self::MailIsOdd(rules) => {
                world.mailbox().set_rules(rules);
                last();
                world.mailbox().set_rules(Vec::new());
            }
            Self::MailRefusesUs => {
                world.mailbox().set_rules(mails::refuses_us());
                last();
                world.mailbox().set_rules(Vec::new());
            }
            Self::StripeFails(faults) => {
                for (call, fault, times) in faults {
                    stripe.inject(call, fault, times);
                }
                last();
                stripe.clear_faults();
            }
            Self::StripeIsSlow(latency) => {
                stripe.set_latency(latency);
                last();
                stripe.set_latency(Duration::ZERO);
            }
            Self::StripeIsAway => {
                stripe.stop();
                last();
                stripe.restart().expect("its port is free still");
            }
            Self::EventsAreLost => {
                stripe.drop_deliveries(true);
                last();
                stripe.drop_deliveries(false);
            }
            Self::ReplicaDies(number) => {
                ground.fleet.kill(number);
                std::thread::sleep(lasts / 2);
                ground.fleet.start_again(number);
            }
            Self::ReplicaIsRestarted(number) => {
                let (code, took) = ground.fleet.stop(number);
                assert_eq!(code, Some(0), "a stop ends well");
                assert!(took < Duration::from_secs(30), "a stop took {took:?}");
                ground.fleet.start_again(number);
            }
        }
    }
}

/// Ours, too, has been given to somebody else to end then.
const END_ALL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

fn run(ground: &Ground, statements: &[&str]) {
    let mut connection: PgConnection = ground.world.database.connect();
    for statement in statements {
        connection.batch_execute(statement).expect("a statement");
    }
}
