//! What may happen to an order, and how.

use std::thread;

use chrono::Duration;
use freshmint::token::Role;
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    simulator::{self, Call, Fault},
    support::{
        Answer, Order, World,
        browser::{person, runtime, send},
    },
};

#[derive(Debug, Clone)]
pub enum Action {
    Click,
    ComeBack,
    /// Two clicks on each of two replicas, a return and a delivery, all at the same moment.
    AllAtOnce,
    Pay,
    PayAnotherAmount,
    StartDebit,
    DebitArrives,
    Expire,
    Deliver(simulator::Order),
    /// Whether Stripe's deliveries are lost from now on.
    Lose(bool),
    Hours(i64),
    Change(i64),
    Cancel,
    SettleInCash,
    WithdrawLink,
    /// The next call of that kind meets this.
    Trouble(Call, Fault),
}

impl Action {
    pub fn any() -> impl Strategy<Value = Action> {
        use simulator::Order::{AsHappened, Reversed, Twice};
        let trouble = [
            (Call::CreateSession, Fault::ErrorBefore),
            (Call::CreateSession, Fault::ErrorAfter),
            (Call::CreateSession, Fault::ResetAfter),
            (Call::CreateSession, Fault::MissingField("url")),
            (Call::ExpireSession, Fault::ErrorAfter),
            (Call::ExpireSession, Fault::ResetAfter),
            (Call::RetrieveSession, Fault::ErrorBefore),
        ];
        prop_oneof![
            6 => Just(Action::Click),
            2 => Just(Action::ComeBack),
            2 => Just(Action::AllAtOnce),
            4 => Just(Action::Pay),
            1 => Just(Action::PayAnotherAmount),
            1 => Just(Action::StartDebit),
            1 => Just(Action::DebitArrives),
            1 => Just(Action::Expire),
            2 => prop_oneof![Just(AsHappened), Just(Reversed), Just(Twice)].prop_map(Action::Deliver),
            1 => any::<u64>().prop_map(|seed| Action::Deliver(simulator::Order::Shuffled(seed))),
            1 => any::<bool>().prop_map(Action::Lose),
            3 => (1..30_i64).prop_map(Action::Hours),
            2 => (1..100_i64).prop_map(|euros| Action::Change(euros * 100)),
            1 => Just(Action::Cancel),
            1 => Just(Action::SettleInCash),
            1 => Just(Action::WithdrawLink),
            2 => proptest::sample::select(trouble.to_vec())
                .prop_map(|(call, fault)| Action::Trouble(call, fault)),
        ]
    }
}

/// One order in a world that it shares with others.
pub struct Scene<'a> {
    pub world: &'a World,
    pub order: Order,
    /// The shop has ended it, and this is the status that it was told.
    pub ended: Option<String>,
}

impl<'a> Scene<'a> {
    pub fn new(world: &'a World, reference: &str) -> Self {
        world.stripe.clear_faults();
        world.stripe.drop_deliveries(false);
        Self {
            world,
            order: world.order(reference),
            ended: None,
        }
    }

    pub fn act(&mut self, action: &Action) {
        let stripe = &self.world.stripe;
        match action.clone() {
            Action::Click => drop(self.click(0)),
            Action::ComeBack => drop(self.come_back()),
            Action::AllAtOnce => self.all_at_once(),
            Action::Pay => self.at_stripe("open", |id| stripe.pay(id)),
            Action::PayAnotherAmount => self.at_stripe("open", |id| stripe.pay_amount(id, 77)),
            Action::StartDebit => self.at_stripe("open", |id| stripe.start_debit(id)),
            Action::DebitArrives => self.at_stripe("complete", |id| {
                // Unless it was no debit, or has arrived.
                let _ = stripe.settle_debit(id, true);
                Ok(())
            }),
            Action::Expire => self.at_stripe("open", |id| stripe.expire(id)),
            Action::Deliver(order) => self.world.deliver_in(order),
            Action::Lose(on) => stripe.drop_deliveries(on),
            Action::Hours(hours) => self.world.pass(Duration::hours(hours)),
            Action::Change(amount) => self.change(amount),
            Action::Cancel => self.end("cancel", json!({})),
            Action::SettleInCash => self.end("settle", json!({ "how": "cash" })),
            Action::WithdrawLink => self.withdraw(),
            Action::Trouble(call, fault) => stripe.inject(call, fault, 1),
        }
    }

    pub fn click(&self, replica: usize) -> Answer {
        let answer = self.open(replica, &self.order.path);
        assert!([200, 303, 410, 503].contains(&answer.status), "{answer:?}");
        answer
    }

    /// Every event reaches us in the end, also those that were lost, and nothing goes wrong any more.
    pub fn tell_everything(&self) {
        self.world.stripe.clear_faults();
        for event in self.world.stripe.events() {
            if event["data"]["object"]["client_reference_id"] == self.order.id.to_string() {
                let id = event["id"].as_str().unwrap();
                assert_eq!(self.world.stripe.deliver(id), Ok(200));
            }
        }
        self.world
            .execute("UPDATE stripe_events SET not_before = to_timestamp(0)");
        self.world.work_off();
    }

    /// The order's sessions as Stripe has them.
    pub fn at_stripes(&self) -> Vec<Value> {
        let mut sessions = self.world.stripe.sessions();
        let ours = self.order.id.to_string();
        sessions.retain(|session| session["client_reference_id"] == ours);
        sessions
    }

    fn open(&self, replica: usize, path: &str) -> Answer {
        let url = format!("{}{path}", self.world.replica(replica));
        runtime().block_on(send(person(Method::GET, &url)))
    }

    fn come_back(&self) -> Answer {
        self.open(1, &format!("{}/return", self.order.path))
    }

    fn all_at_once(&self) {
        thread::scope(|all| {
            for replica in [0, 1, 0, 1] {
                all.spawn(move || self.click(replica));
            }
            all.spawn(|| self.come_back());
            all.spawn(|| self.world.deliver());
        });
    }

    fn at_stripe(&self, status: &str, act: impl Fn(&str) -> Result<(), String>) {
        for session in self.at_stripes() {
            if session["status"] == status {
                act(session["id"].as_str().unwrap()).unwrap();
            }
        }
    }

    fn api(&self, method: Method, what: &str, body: Value) -> Answer {
        let path = format!("/orders/{}{what}", self.order.id);
        let answer = self.world.api(Role::Operator, method, &path, Some(body));
        assert!(
            [200, 409, 503].contains(&answer.status),
            "{what}: {answer:?}"
        );
        answer
    }

    fn change(&self, amount: i64) {
        let lines = json!([{ "description": "Summer cup, U12", "unit_amount": amount }]);
        self.api(Method::PATCH, "", json!({ "lines": lines }));
    }

    fn end(&mut self, how: &str, body: Value) {
        let answer = self.api(Method::POST, &format!("/{how}"), body);
        if answer.status == 200 {
            self.ended = answer.json()["status"].as_str().map(str::to_owned);
        }
    }

    fn withdraw(&mut self) {
        let answer = self.api(Method::POST, "/withdraw-link", json!({}));
        if answer.status == 200 {
            let pay_url: url::Url = answer.json()["pay_url"].as_str().unwrap().parse().unwrap();
            self.order.path = pay_url.path().to_owned();
        }
    }
}
