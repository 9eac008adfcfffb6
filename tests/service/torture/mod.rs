//! Everything fails at random for a while, and nothing is lost.
//!
//! Three replicas, a mail server that misbehaves in every stage, a database that restarts, locks and goes
//! read-only, a Stripe that is slow, away or silent, mails that fall due and people who pay, all drawn from
//! one seed. Then the troubles end, the service has a bounded time to come to rest, and the judge looks.
//!
//! `make torture` runs it for ten minutes with another seed each time; with the other tests a short form
//! runs, of one seed.

mod callers;
mod door;
mod fleet;
mod judge;
mod mails;
mod people;
mod troubles;
mod watch;

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use rand::{SeedableRng, rngs::StdRng};

use self::{callers::Calls, door::Door, fleet::Fleet, troubles::Lane, watch::Watch};
use crate::{
    mailbox,
    support::{Order, Receiver, World, cluster::Database},
};

/// How long, how much, and from which seed.
#[derive(Debug, Clone, Copy)]
struct Measure {
    seed: u64,
    /// For so long troubles begin.
    lasts: Duration,
    /// So many mails fall due, and so many people pay.
    of_each: usize,
    /// For so long afterwards it comes to rest.
    rest: Duration,
}

impl Measure {
    /// What the ordinary run of all tests has time for.
    const SHORT: Self = Self {
        seed: 2,
        lasts: Duration::from_secs(30),
        of_each: 40,
        rest: Duration::from_secs(60),
    };

    #[expect(clippy::disallowed_methods, reason = "what make torture says")]
    fn asked_for() -> Self {
        let number = |name| std::env::var(name).ok().and_then(|word| word.parse().ok());
        let (minutes, seed) = (number("MINUTES"), number("SEED"));
        let short = Self {
            seed: seed.unwrap_or(Self::SHORT.seed),
            ..Self::SHORT
        };
        let Some(minutes) = minutes else {
            return short;
        };
        Self {
            seed: seed.unwrap_or_else(|| u64::from(std::process::id())),
            lasts: Duration::from_secs(60 * minutes),
            of_each: 300,
            rest: Duration::from_secs(180),
        }
    }
}

/// What all of them share.
struct Ground {
    world: World,
    fleet: Fleet,
    door: Door,
    receiver: Receiver,
    measure: Measure,
    began: Instant,
    /// Whatever happens to it on purpose, with when it began and ended.
    happened: Mutex<Vec<Happened>>,
}

/// A trouble that is over.
#[derive(Debug, Clone)]
struct Happened {
    lane: Lane,
    began: Instant,
    ended: Instant,
    /// Kinds of causes that may be told because of it.
    may_cause: &'static [&'static str],
    /// Whether the database was away meanwhile.
    ends_the_database: bool,
}

impl Ground {
    fn new(measure: Measure) -> Self {
        let receiver = Receiver::start();
        let world = World::with_mailbox_on(
            Database::on_a_server_of_its_own(),
            mailbox::Settings::default(),
            &[("ALERT_URL", &receiver.url), ("MAIL_LEASE_SECONDS", "20")],
        );
        let fleet = Fleet::start(world.settings(), 3);
        let door = Door::before(&fleet.addresses);
        world
            .stripe
            .set_webhook_url(Some(format!("{}/webhooks/stripe", door.url)));
        world.stripe.hold_deliveries(false);
        Self {
            world,
            fleet,
            door,
            receiver,
            measure,
            began: Instant::now(),
            happened: Mutex::default(),
        }
    }

    /// Orders that somebody will pay; others have a mail each, which falls due at some moment of the run.
    fn orders(&self) -> Vec<Order> {
        let order = |kind: &str, number: usize| {
            let email = format!("parent{number}@{kind}{}.example.org", number % 7);
            let fields = serde_json::json!({ "email": email });
            self.world.order_with(&format!("{kind}-{number}"), fields)
        };
        for number in 0..self.measure.of_each {
            self.world.queue_link(&order("mail", number));
        }
        let span = self.measure.lasts.as_secs();
        self.world.execute(&format!(
            "UPDATE outbox SET not_before = clock_timestamp() + random() * interval '{span} seconds'"
        ));
        (0..self.measure.of_each)
            .map(|number| order("pay", number))
            .collect()
    }

    fn is_over(&self) -> bool {
        self.began.elapsed() >= self.measure.lasts
    }

    /// A line for whoever watches.
    fn say(&self, what: &str) {
        println!("{:>6.1} s  {what}", self.began.elapsed().as_secs_f64());
    }
}

#[test]
fn everything_fails_and_nothing_is_lost() {
    let measure = Measure::asked_for();
    println!("SEED={}: {measure:?}", measure.seed);
    let mut ground = Ground::new(measure);
    let orders = ground.orders();
    ground.began = Instant::now();
    let ground = ground;
    let (calls, watch) = (Calls::default(), Watch::default());
    std::thread::scope(|scope| {
        let (ground, calls, watch) = (&ground, &calls, &watch);
        let watching = scope.spawn(|| watch.look(ground));
        let lanes = Lane::ALL.map(|lane| {
            let mut dice = StdRng::seed_from_u64(measure.seed * 10 + lane as u64);
            scope.spawn(move || lane.run(ground, &mut dice))
        });
        let payers = callers::start(scope, ground, &orders, calls);
        for lane in lanes {
            lane.join().expect("the trouble ends");
        }
        ground.say("no more troubles");
        judge::come_to_rest(ground, &orders);
        for payer in payers {
            payer.join().expect("a payer comes to an end");
        }
        people::look_after_mails(ground);
        judge::hear_out(ground, watch);
        watch.stop();
        watching.join().expect("the watch ends");
    });
    let wrong = judge::judge(&ground, &orders, &calls, &watch);
    for line in &wrong {
        println!("WRONG: {line}");
    }
    assert!(wrong.is_empty(), "SEED={}: {wrong:#?}", measure.seed);
}
