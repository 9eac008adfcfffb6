//! What `recovery simulate` says of a cart is what was decided about it: one world of carts and
//! purchases, looked at by both.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
};

use chrono::{DateTime, Duration, Utc};
use freshmint::{recovery::simulate::simulate, token::Role};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use reqwest::Method;
use serde_json::json;

use super::{opened, opened_with, shop, switch};
use crate::{
    simulator::Price,
    support::{World, browser::runtime, world::session_in},
};

/// Steps happen at multiples of this, and each some [`APART`] later than the one before: so no two of
/// them are just a week, or just an hour, apart. An hour and a week are multiples of it.
const GRID: Duration = Duration::minutes(20);
const APART: Duration = Duration::seconds(15);
const PEOPLE: usize = 2;
const MOST_STEPS: usize = 32;

/// Something happens, so many times [`GRID`] after what happened before.
#[derive(Debug, Clone)]
struct Step(i32, Happening);

#[derive(Debug, Clone)]
enum Happening {
    /// Somebody leaves a cart, or nobody who gave an address.
    Leaves(Option<usize>),
    /// A cart in which nothing was to be paid yet.
    LeavesNothing(usize),
    /// A cart of the other mode than our key.
    LeavesInOtherMode(usize),
    Buys(usize, Way),
    /// The oldest bank debit brings its money, or does not.
    DebitEnds(bool),
    WantsNoMail(usize),
    Recovery(bool),
}

#[derive(Debug, Clone, Copy)]
enum Way {
    WithTheSite,
    ByDebitWithTheSite,
    WithUs,
    ByDebitWithUs,
    /// And it is in review.
    AnotherAmountWithUs,
    /// And gets the money back.
    AndSendsBack,
    InCash,
    /// Nothing is asked any more: it counts like cash.
    Waived,
    /// No purchase at all.
    Cancelled,
    ThroughTheLink,
}

impl Step {
    fn any() -> impl Strategy<Value = Self> {
        let later = prop_oneof![
            5 => 0..=4,
            4 => 20..=120,
            // About a week.
            1 => 495..=510,
        ];
        (later, Happening::any()).prop_map(|(later, happening)| Self(later, happening))
    }
}

impl Happening {
    fn any() -> impl Strategy<Value = Self> {
        let who = 0..PEOPLE;
        prop_oneof![
            24 => who.clone().prop_map(|who| Self::Leaves(Some(who))),
            1 => Just(Self::Leaves(None)),
            2 => who.clone().prop_map(Self::LeavesNothing),
            2 => who.clone().prop_map(Self::LeavesInOtherMode),
            20 => (who.clone(), Way::any()).prop_map(|(who, way)| Self::Buys(who, way)),
            4 => any::<bool>().prop_map(Self::DebitEnds),
            1 => who.prop_map(Self::WantsNoMail),
            1 => Just(Self::Recovery(false)),
            2 => Just(Self::Recovery(true)),
        ]
    }
}

impl Way {
    fn any() -> impl Strategy<Value = Self> {
        prop::sample::select(vec![
            Self::WithTheSite,
            Self::ByDebitWithTheSite,
            Self::WithUs,
            Self::ByDebitWithUs,
            Self::AnotherAmountWithUs,
            Self::AndSendsBack,
            Self::InCash,
            Self::Waived,
            Self::Cancelled,
            Self::ThroughTheLink,
        ])
    }
}

#[test]
fn what_is_simulated_of_a_cart_is_what_was_decided_about_it() {
    let config = Config {
        cases: 8,
        max_shrink_iters: 40,
        failure_persistence: None,
        ..Config::default()
    };
    let world = shop();
    world.stripe.set_price(Price {
        id: "price_power".to_owned(),
        recurring: Some("month".to_owned()),
        metered: true,
        ..Price::default()
    });
    let seen = RefCell::new((0, BTreeSet::new()));
    let run =
        TestRunner::new(config).run(&vec(Step::any(), MOST_STEPS / 2..=MOST_STEPS), |steps| {
            let (case, reasons) = &mut *seen.borrow_mut();
            *case += 1;
            let mut scene = Scene::new(&world, *case);
            for (number, step) in steps.iter().enumerate() {
                scene.play(number, step);
            }
            scene.pass(Duration::hours(2));
            scene.compare(reasons)
        });
    run.unwrap_or_else(|error| panic!("{error}"));
    let (_, reasons) = seen.into_inner();
    for reason in ["", "recent_purchase", "recently_reminded"] {
        assert!(reasons.contains(reason), "{reasons:?}");
    }
}

/// One run with people of its own.
struct Scene<'a> {
    world: &'a World,
    case: usize,
    since: DateTime<Utc>,
    /// When the next step happens.
    at: DateTime<Utc>,
    left: Vec<Left>,
    debits: Vec<Debit>,
    not_written_to: BTreeSet<usize>,
    orders: usize,
}

struct Left {
    session: String,
    who: Option<usize>,
    at: DateTime<Utc>,
}

struct Debit {
    session: String,
    who: usize,
    began: DateTime<Utc>,
    failed: Option<DateTime<Utc>>,
    ended: bool,
}

impl<'a> Scene<'a> {
    fn new(world: &'a World, case: usize) -> Self {
        switch(world, true);
        Self {
            world,
            case,
            // Stripe tells whole seconds.
            since: world.now() - Duration::seconds(1),
            at: world.now(),
            left: Vec::new(),
            debits: Vec::new(),
            not_written_to: BTreeSet::new(),
            orders: 0,
        }
    }

    /// The address in one spelling or another.
    fn address(&self, who: usize) -> String {
        let name = if self.orders.is_multiple_of(2) {
            "kim"
        } else {
            "Kim"
        };
        format!("{name}-{}-{who}@example.org", self.case)
    }

    fn play(&mut self, number: usize, step: &Step) {
        let Step(later, happening) = step;
        self.at += GRID * *later;
        let apart = APART * i32::try_from(number).expect("few steps");
        self.pass(self.at + apart - self.world.now());
        match *happening {
            Happening::Leaves(who) => {
                let address = who.map(|who| self.address(who));
                self.leaves(who, &opened(self.world, address.as_deref()), false);
            }
            Happening::LeavesNothing(who) => {
                let params = json!({
                    "mode": "subscription", "success_url": "https://shop.example/thanks",
                    "customer_email": self.address(who),
                    "line_items": [{ "price": "price_power" }],
                });
                self.leaves(Some(who), &opened_with(self.world, params), false);
            }
            Happening::LeavesInOtherMode(who) => {
                let session = opened(self.world, Some(&self.address(who)));
                self.leaves(Some(who), &session, true);
            }
            Happening::Buys(who, way) => self.buys(who, way),
            Happening::DebitEnds(arrives) => self.debit_ends(arrives),
            Happening::WantsNoMail(who) => {
                let body = json!({ "email": self.address(who) });
                self.not_written_to.insert(who);
                self.post("/suppressions", body);
            }
            Happening::Recovery(on) => switch(self.world, on),
        }
        self.world.deliver();
    }

    fn leaves(&mut self, who: Option<usize>, session: &str, in_other_mode: bool) {
        self.world.stripe.expire(session).expect("it is open");
        if in_other_mode {
            let mut event = self.world.stripe.events().pop().expect("the expiry");
            event["id"] = json!(format!("evt_live_{session}"));
            event["livemode"] = json!(true);
            event["data"]["object"]["livemode"] = json!(true);
            crate::webhook::post_signed(self.world, &event.to_string());
            self.world.work_off();
        }
        self.left.push(Left {
            session: session.to_owned(),
            who,
            at: self.world.now(),
        });
    }

    fn buys(&mut self, who: usize, way: Way) {
        self.orders += 1;
        let stripe = &self.world.stripe;
        match way {
            Way::WithTheSite => {
                let session = opened(self.world, Some(&self.address(who)));
                stripe.pay(&session).expect("it is open");
            }
            Way::ByDebitWithTheSite => {
                let session = opened(self.world, Some(&self.address(who)));
                self.starts_debit(who, session);
            }
            Way::WithUs => stripe.pay(&self.clicks(who)).expect("it is open"),
            Way::ByDebitWithUs => self.starts_debit(who, self.clicks(who)),
            Way::AnotherAmountWithUs => {
                let session = self.clicks(who);
                stripe.pay_amount(&session, 100).expect("it is open");
            }
            Way::AndSendsBack => {
                let session = self.clicks(who);
                stripe.pay(&session).expect("it is open");
                self.world.deliver();
                let told = stripe.session(&session).expect("the session");
                let intent = told["payment_intent"].as_str().expect("a payment");
                stripe.refund(intent, None).expect("it is all there");
            }
            Way::InCash => self.ends(who, "settle", json!({ "how": "cash" })),
            Way::Waived => self.ends(who, "settle", json!({ "how": "waived" })),
            Way::Cancelled => self.ends(who, "cancel", json!({})),
            Way::ThroughTheLink => {
                let link = self.link_of(who);
                let answer = link.map(|path| self.world.get(&path));
                if let Some(answer) = answer.filter(|answer| answer.status == 303) {
                    stripe
                        .pay(&session_in(answer.location()))
                        .expect("it is open");
                }
            }
        }
    }

    fn order(&self, who: usize) -> crate::support::Order {
        let reference = format!("CUP-{}-{}", self.case, self.orders);
        let fields = json!({ "email": self.address(who) });
        self.world.order_with(&reference, fields)
    }

    fn clicks(&self, who: usize) -> String {
        self.world.click_through(&self.order(who))
    }

    fn ends(&self, who: usize, how: &str, body: serde_json::Value) {
        let path = format!("/orders/{}/{how}", self.order(who).id);
        self.post(&path, body);
    }

    fn post(&self, path: &str, body: serde_json::Value) {
        let answer = self
            .world
            .api(Role::Operator, Method::POST, path, Some(body));
        assert!([200, 201].contains(&answer.status), "{}", answer.body);
    }

    /// The path of the link in the newest mail to somebody.
    fn link_of(&self, who: usize) -> Option<String> {
        let address = self.address(who).to_lowercase();
        let mails = self.world.mailbox().mails();
        let mail = mails
            .iter()
            .rev()
            .find(|mail| mail.to.iter().any(|to| to.to_lowercase() == address))?;
        let links = mail.links();
        let link = links.iter().find(|link| link.contains("/pay/"))?;
        link.find("/pay/").map(|at| link[at..].to_owned())
    }

    fn starts_debit(&mut self, who: usize, session: String) {
        self.world.stripe.start_debit(&session).expect("it is open");
        self.debits.push(Debit {
            session,
            who,
            began: self.world.now(),
            failed: None,
            ended: false,
        });
    }

    fn debit_ends(&mut self, arrives: bool) {
        let Some(debit) = self.debits.iter_mut().find(|debit| !debit.ended) else {
            return;
        };
        let settled = self.world.stripe.settle_debit(&debit.session, arrives);
        settled.expect("it is on its way");
        debit.ended = true;
        debit.failed = (!arrives).then(|| self.world.now());
    }

    /// Time passes, and each mail is claimed when it is due.
    fn pass(&self, time: Duration) {
        let until = self.world.now() + time;
        while let Some(due) = self.next_due().filter(|due| *due <= until) {
            let wait = (due - self.world.now()).max(Duration::zero());
            self.world.pass(wait + Duration::milliseconds(1));
            self.world.carry();
        }
        self.world
            .pass((until - self.world.now()).max(Duration::zero()));
    }

    fn next_due(&self) -> Option<DateTime<Utc>> {
        let due = self.world.text(
            "SELECT to_char(min(due_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') \
                 AS text FROM outbox WHERE state = 'queued' HAVING min(due_at) IS NOT NULL",
        );
        due.parse().ok()
    }

    /// Compares decision by decision, and collects what was decided.
    fn compare(&self, reasons: &mut BTreeSet<String>) -> Result<(), TestCaseError> {
        let decided = self.world.texts(
            "SELECT stripe_id || '=' || coalesce(reason, '') AS text \
             FROM carts JOIN reminder_decisions USING (session_id) \
                 JOIN checkout_sessions session ON session.id = session_id",
        );
        let decided: HashMap<&str, &str> = decided
            .iter()
            .filter_map(|line| line.split_once('='))
            .collect();
        let simulated = runtime().block_on(simulate(&self.world.app, self.since));
        let simulated: HashMap<String, &str> = simulated
            .expect("the database answers")
            .into_iter()
            .map(|cart| {
                (
                    cart.session_id,
                    cart.reason.map_or("", |reason| reason.name()),
                )
            })
            .collect();
        // The simulation does not know that recovery was off, nor of a debit that has failed since: it
        // decides otherwise then, and about later carts of theirs as well.
        let mut another_story: BTreeSet<Option<usize>> = BTreeSet::new();
        for cart in &self.left {
            let (decided, simulated) = (decided[cart.session.as_str()], simulated[&cart.session]);
            prop_assert_ne!(simulated, "recovery_disabled");
            if decided == "recovery_disabled" || self.met_a_debit_that_failed(cart) {
                another_story.insert(cart.who);
            }
            // Whoever is not written to today counts as such from the beginning.
            let is_suppressed = cart
                .who
                .is_some_and(|who| self.not_written_to.contains(&who));
            if is_suppressed && decided != "test_mode" {
                prop_assert_eq!(
                    simulated,
                    "suppressed",
                    "{} of {:?}",
                    cart.session,
                    cart.who
                );
            } else if !another_story.contains(&cart.who) {
                prop_assert_eq!(simulated, decided, "{} of {:?}", cart.session, cart.who);
                reasons.insert(decided.to_owned());
            }
        }
        Ok(())
    }

    fn met_a_debit_that_failed(&self, cart: &Left) -> bool {
        self.debits.iter().any(|debit| {
            Some(debit.who) == cart.who
                && debit.failed.is_some_and(|failed| cart.at <= failed)
                && cart.at + Duration::hours(2) >= debit.began
        })
    }
}
