//! One fact of a story, in words.

use chrono::{DateTime, Utc};

use super::{done::settled, mail};
use crate::{
    activity::Category,
    case::{CaseView, Ending, Kind},
    order::{
        Order, Status,
        money::as_told,
        state::{State, Verdict},
    },
    reminder::Decision,
    session::SessionState,
    settlement::{FoundBy, Payment},
    timeline::{
        PageFacts,
        happened::{Checkout, Decided, Happened, Logged, What},
    },
    web::ops::{
        line::{in_words_of, named, plain, sentence},
        prose::{Prose, Times, name, prose},
    },
};

/// A fact in words.
pub struct Told {
    pub mark: &'static str,
    pub tone: &'static str,
    pub what: Prose,
    pub means: Prose,
}

impl Told {
    pub fn of(mark: &'static str, what: Prose, means: Prose) -> Self {
        Self {
            mark,
            tone: "",
            what,
            means,
        }
    }

    pub fn toned(self, tone: &'static str) -> Self {
        Self { tone, ..self }
    }
}

type At = (DateTime<Utc>, Told);

/// A fact in words, with its time; nothing where another row tells it.
pub fn happened(facts: &PageFacts, happened: &Happened, times: Times) -> Option<At> {
    let at = happened.at;
    match &happened.what {
        What::Opened(_) => {
            let what = prose!["Stripe’s payment page was opened"];
            Some((at, Told::of("card", what, Prose::default())))
        }
        What::Ended(checkout) => Some((at, ended(checkout))),
        What::Logged(line) => logged(facts, at, line).map(|told| (at, told)),
        What::CaseOpened(case) => Some((at, case_opened(facts, case))),
        What::CaseResolved(case) => Some((at, case_resolved(case))),
        What::Queued(mail, by) => Some(mail::told(mail, by.as_deref(), times)),
        What::Decided(decided) => decision(&facts.order, decided, times).map(|told| (at, told)),
    }
}

fn ended(checkout: &Checkout) -> Told {
    match checkout.state {
        SessionState::Expired => Told::of(
            "clock",
            prose!["The payment page closed by itself, unpaid"],
            prose!["Stripe closes each after 24 hours. The link in the mail opens a new one."],
        )
        .toned("wait"),
        SessionState::Superseded => Told::of(
            "card",
            prose!["We closed the payment page"],
            prose![
                "It was not needed any more: the order changed, or a newer page took its place."
            ],
        ),
        SessionState::Failed => Told::of(
            "stop",
            prose!["Stripe opened no payment page"],
            quoted(checkout.failure.as_deref()),
        )
        .toned("bad"),
        SessionState::Complete
        | SessionState::Minting
        | SessionState::Open
        | SessionState::Closing => Told::of(
            "card",
            prose!["They finished Stripe’s payment page"],
            Prose::default(),
        ),
    }
}

fn quoted(said: Option<&str>) -> Prose {
    said.map_or_else(Prose::default, |said| prose!["“", name(said), "”"])
}

/// Who did it, and what they had to say.
fn by(line: &Logged) -> Prose {
    let who = prose!["By ", name(named(&line.actor)), "."];
    match line.detail["note"].as_str().filter(|note| !note.is_empty()) {
        Some(note) => who.and(prose![" “", name(note), "”"]),
        None => who,
    }
}

fn logged(facts: &PageFacts, at: DateTime<Utc>, line: &Logged) -> Option<Told> {
    let came = facts.payments.iter().any(|payment| payment.at == at);
    let known = |key: &str| line.detail.get(key).is_some_and(|value| !value.is_null());
    match line.category {
        // The mail's own row tells what became of it, as far as nobody of the shop had a hand in it.
        Category::Mail if known("mail") && !is_a_persons(line) => return None,
        Category::Payment if came && known("session") => return None,
        Category::Case if is_told_by_case(facts, at) => return None,
        Category::Order => {
            if let Some(to) = line.detail["to"].as_str().and_then(Status::from_name) {
                return moved(facts, line, to, came);
            }
            if at == facts.order.created_at {
                return Some(Told::of("sheet", prose!["The order came in"], by(line)));
            }
        }
        _ => {}
    }
    if let Some(back) = line.detail["refunded"].as_i64() {
        return Some(refunded(line, back));
    }
    let said = plain(&line.what).unwrap_or(&line.what);
    let what = prose![name(sentence(said))];
    Some(Told::of(mark(line.category), what, by(line)))
}

/// Somebody who is signed in, or has a token.
fn is_a_persons(line: &Logged) -> bool {
    line.actor.contains(':') || line.actor == "command line"
}

fn is_told_by_case(facts: &PageFacts, at: DateTime<Utc>) -> bool {
    facts.happened.iter().any(|happened| match &happened.what {
        What::CaseOpened(_) | What::CaseResolved(_) => happened.at == at,
        _ => false,
    })
}

/// The order came to another state; nothing where a payment's row tells it.
fn moved(facts: &PageFacts, line: &Logged, to: Status, came: bool) -> Option<Told> {
    let told = match to {
        Status::Paid | Status::InReview if came => return None,
        // Told by what has been given back.
        Status::PartiallyRefunded | Status::Refunded => return None,
        Status::Open => Told::of("clock", prose!["It is owed again"], by(line)),
        Status::Processing => Told::of(
            "clock",
            prose!["A bank debit was begun"],
            prose!["It takes days. No reminder goes out meanwhile, and nothing can be paid twice."],
        )
        .toned("wait"),
        Status::InReview => Told::of(
            "scale",
            prose!["Money came that does not fit; it is being checked"],
            by(line),
        )
        .toned("bad"),
        Status::Paid => Told::of("tick", prose!["It counts as paid"], by(line)).toned("good"),
        Status::SettledOffline => {
            let how = match facts.order.state {
                State::SettledOffline { how, .. } => settled(how),
                _ => "by somebody of the shop",
            };
            Told::of("cash", prose!["Settled without Stripe: ", how], by(line)).toned("good")
        }
        Status::Cancelled => Told::of("dash", prose!["It was cancelled"], by(line)),
    };
    Some(told)
}

fn refunded(line: &Logged, back: i64) -> Told {
    let currency = line.detail["currency"].as_str().unwrap_or_default();
    let back = as_told(back, currency);
    let failure = line.detail["failure"].as_str();
    Told::of(
        "back",
        prose![back, " has been given back in all"],
        match failure {
            Some(_) => prose!["A refund failed: "].and(quoted(failure)),
            None => by(line),
        },
    )
}

fn case_opened(facts: &PageFacts, case: &CaseView) -> Told {
    let amount = as_told(case.amount, &case.currency);
    let (what, means) = match case.kind {
        Kind::Mismatch => (
            prose![amount, " came, which is not what was owed"],
            "Somebody decides about it, under Cases.",
        ),
        Kind::SecondPayment => (
            prose![amount, " came a second time"],
            "Somebody decides about it, under Cases.",
        ),
        Kind::Orphan => (
            prose![amount, " came that belonged to no order"],
            "Somebody decides about it, under Cases.",
        ),
        Kind::Dispute => (
            prose!["Their bank disputes the payment of ", amount],
            "It is answered in Stripe’s dashboard, in time.",
        ),
        Kind::Refund => (
            prose!["A part of a payment for several orders went back"],
            "Somebody says of which, under Cases.",
        ),
    };
    let learned = facts
        .payments
        .iter()
        .find(|payment| is_about(case, payment));
    let learned = learned.map(|payment| prose![found_by(payment.found_by), ". "]);
    let learned = learned.unwrap_or_default();
    let means = match case.resolved_at {
        // What was decided is told below.
        Some(_) => learned,
        None => learned.and(means),
    };
    Told::of("scale", what, means).toned("bad")
}

/// A payment that did not fit is told by its case alone, also after somebody has decided about it.
fn is_about(case: &CaseView, payment: &Payment) -> bool {
    match case.kind {
        Kind::Mismatch | Kind::SecondPayment => {
            case.payment_intent.is_some() && case.payment_intent == payment.payment_intent
        }
        Kind::Orphan | Kind::Dispute | Kind::Refund => false,
    }
}

fn case_resolved(case: &CaseView) -> Told {
    let what = match case.resolved_how {
        Some(Ending::Accept) => "Decided: it was taken as it came",
        Some(Ending::Refund) => "Decided: the money goes back",
        Some(Ending::Move) => "Decided: the money counts for another order",
        Some(Ending::Adopt) => "Decided: the money counts for this order",
        Some(Ending::Won) => "The dispute was decided for you",
        None => "Decided",
    };
    let who = case.resolved_by.as_deref().map(named);
    let who = who.map_or_else(Prose::default, |who| prose!["By ", name(who), "."]);
    let note = case.note.as_deref().filter(|note| !note.is_empty());
    let means = match note {
        Some(note) => who.and(prose![" “", name(note), "”"]),
        None => who,
    };
    Told::of("scale", prose![what], means).toned("good")
}

/// A decision about the reminder. One that was sent is a mail.
fn decision(order: &Order, decided: &Decided, times: Times) -> Option<Told> {
    match (decided.decision, decided.reason) {
        (Decision::Sent, _) => None,
        (Decision::Scheduled, _) => Some(Told::of(
            "bell",
            prose!["A reminder will go out ", times.moment(decided.due_at)],
            prose!["Unless they pay before. It is the only one."],
        )),
        (Decision::Skipped, Some(why)) => Some(Told::of(
            "bell-off",
            prose!["No reminder follows: ", in_words_of(order, why)],
            Prose::default(),
        )),
        (Decision::Skipped, None) => None,
    }
}

/// What came; nothing where a case tells it.
pub fn payment(facts: &PageFacts, payment: &Payment) -> Option<At> {
    let mut happened = facts.happened.iter();
    let is_told = happened.any(|happened| match &happened.what {
        What::CaseOpened(case) => is_about(case, payment),
        _ => false,
    });
    (!is_told).then(|| arrived(payment))
}

fn arrived(payment: &Payment) -> At {
    let amount = as_told(payment.amount, &payment.currency);
    let means = prose![found_by(payment.found_by), "."];
    let told = match payment.verdict {
        Verdict::Settles => Told::of("tick", prose![amount, " arrived: paid"], means).toned("good"),
        Verdict::SecondPayment => Told::of(
            "scale",
            prose![amount, " arrived, beside what was settled"],
            means,
        )
        .toned("bad"),
        Verdict::Mismatch => {
            Told::of("scale", prose![amount, " arrived, and does not fit"], means).toned("bad")
        }
    };
    (payment.at, told)
}

/// How we learned of a payment.
pub fn found_by(found_by: FoundBy) -> &'static str {
    match found_by {
        FoundBy::Webhook => "Stripe told us",
        FoundBy::Return => "They came back from paying",
        FoundBy::Click => "At the next click",
        FoundBy::Sweep => "Our own check",
        FoundBy::Import => "The old system",
    }
}

fn mark(category: Category) -> &'static str {
    match category {
        Category::Order => "orders",
        Category::Checkout => "card",
        Category::Payment => "cash",
        Category::Case => "scale",
        Category::Mail => "mail",
        Category::Reminder => "bell",
        Category::Blast => "send",
        Category::Suppression => "bell-off",
        Category::Webhook => "zap",
        Category::Settings => "settings",
        Category::People => "people",
        Category::Retention => "clock",
    }
}
