//! The page of one order: who and what, the answer, the next step, what is certain, what happened.

use actix_web::{HttpResponse, web::Path};
use diesel::PgConnection;
use serde::Serialize;
use uuid::Uuid;

use super::{
    act::{Offer, offers},
    answer::Answer,
    done::in_title,
    money::{self, ShownLine},
    next::answer,
    story::{self, Day},
    sure,
    told::found_by,
};
use crate::{
    order::{
        Kind, Order, Status,
        money::as_told,
        state::{State, Verdict},
    },
    people::Person,
    settlement::Payment,
    timeline::{self, PageFacts},
    token::Role,
    web::ops::{
        desk::Desk,
        guard::Viewer,
        menu::Here,
        orders::row::{pill, who},
        prose::{Prose, Times},
        refusal::Refusal,
        when::When,
    },
};

/// Keys of the shop's own that are shown: the API tells the others.
const METADATA: usize = 20;

#[derive(Serialize)]
struct Page {
    id: Uuid,
    title: String,
    name: String,
    reference: Option<String>,
    email: Option<String>,
    status: &'static str,
    what_for: String,
    cart: bool,
    amount: Amount,
    answer: Answer,
    sure: Option<sure::Shown>,
    payments: Vec<PaymentRow>,
    story: Vec<Day>,
    now: Option<Prose>,
    now_stamp: String,
    link: String,
    link_works: bool,
    may_work: bool,
    lines: Vec<ShownLine>,
    metadata: Vec<(String, String)>,
    mailings: Vec<(Uuid, String)>,
    others: Vec<Other>,
    offers: Vec<Offer>,
}

#[derive(Serialize)]
struct Amount {
    word: &'static str,
    said: String,
}

#[derive(Serialize)]
struct PaymentRow {
    at: When,
    did: &'static str,
    learned: &'static str,
    amount: String,
    intent: Option<String>,
}

#[derive(Serialize)]
struct Other {
    id: Uuid,
    name: String,
    reference: String,
    status: &'static str,
    amount: String,
}

/// `GET /ops/orders/{id}`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let facts = facts(&person, &desk, &id).await?;
    let page = page(&facts, &person, &desk);
    desk.page(&person, Here::Orders, "order.html", &page).await
}

/// What is known of an order.
pub async fn facts(person: &Person, desk: &Desk, id: &str) -> Result<PageFacts, Refusal> {
    let id = Desk::id(person, id)?;
    let (now, mailer) = (desk.app.clock.now(), desk.app.mailer.clone());
    let read =
        move |connection: &mut PgConnection| timeline::page_facts(connection, id, &mailer, now);
    // One look at all tables: head and story never contradict each other.
    let facts = desk.app.db.snapshot(read).await;
    let facts = facts.map_err(|error| Refusal::database(&desk.site, &error))?;
    facts.ok_or_else(|| Refusal::no_page(person))
}

/// How times are said on this page.
pub fn times(desk: &Desk) -> Times {
    Times {
        zone: desk.site.zone,
        now: desk.app.clock.now(),
    }
}

/// Whose order it is: by their name, else by its reference.
pub fn whose(order: &Order) -> String {
    who(order).to_owned()
}

fn page(facts: &PageFacts, person: &Person, desk: &Desk) -> Page {
    let (order, times) = (&facts.order, times(desk));
    let may_work = person.role >= Role::Operator;
    let metadata = order.metadata.iter().take(METADATA);
    let email = order.email.as_ref().map(|email| email.as_str());
    Page {
        id: order.id,
        title: format!("{}, {}", whose(order), in_title(facts)),
        name: whose(order),
        reference: (who(order) != order.reference).then(|| order.reference.clone()),
        email: email
            .filter(|email| *email != who(order))
            .map(str::to_owned),
        status: pill(order),
        what_for: money::what_for(order),
        cart: order.kind == Kind::Recovered,
        amount: amount(order),
        answer: answer(facts, person.role, times),
        sure: sure::shown(facts, times, may_work),
        payments: facts
            .payments
            .iter()
            .map(|payment| row(payment, times))
            .collect(),
        story: story::story(facts, times),
        now: story::now(facts),
        now_stamp: When::of(times.now, times.zone).stamp,
        link: desk.app.pay_url(order),
        link_works: order.state.is_payable(),
        may_work,
        lines: money::lines(order),
        metadata: metadata
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        mailings: facts.mailings.clone(),
        others: facts.others.iter().map(other).collect(),
        offers: offers(facts, person.role),
    }
}

fn amount(order: &Order) -> Amount {
    let word = match order.state.status() {
        Status::Open if order.kind == Kind::Recovered => "In the cart",
        Status::Open | Status::InReview | Status::Cancelled => "Owed",
        Status::Processing => "On its way",
        Status::Paid => "Paid",
        Status::PartiallyRefunded => "Paid, less what went back",
        Status::Refunded => "Paid back",
        Status::SettledOffline => "Was owed",
    };
    let said = match order.state {
        State::Cancelled { .. } => money::said(0, order),
        _ => money::counts_for(order),
    };
    Amount { word, said }
}

fn row(payment: &Payment, times: Times) -> PaymentRow {
    PaymentRow {
        at: When::of(payment.at, times.zone),
        did: match payment.verdict {
            Verdict::Settles => "Settled the order",
            Verdict::SecondPayment => "Came beside what was settled",
            Verdict::Mismatch => "Does not fit",
        },
        learned: found_by(payment.found_by),
        amount: as_told(payment.amount, &payment.currency),
        intent: payment.payment_intent.clone(),
    }
}

fn other(order: &Order) -> Other {
    Other {
        id: order.id,
        name: whose(order),
        reference: order.reference.clone(),
        status: pill(order),
        amount: money::counts_for(order),
    }
}
