//! Cases in words: what came, how that can be, and what each answer does. Pure.

use super::prose::Prose;
use crate::{
    case::{Kind, action::How},
    order::state::State,
};

/// What a case is about, in a heading.
pub fn title(kind: Kind, who: Option<Prose>, amount: &str) -> Prose {
    let somebody = || who.clone().unwrap_or_else(|| Prose::from("Somebody"));
    match kind {
        Kind::SecondPayment => somebody().and(format!(" paid again: {amount}")),
        Kind::Mismatch => somebody().and(format!(" paid another amount than was owed: {amount}")),
        Kind::Orphan => Prose::from(format!("{amount} came that belongs to no order")),
        Kind::Dispute => match who {
            Some(who) => Prose::from("The bank of ")
                .and(who)
                .and(format!(" asks for {amount} back")),
            None => Prose::from(format!("A payer’s bank asks for {amount} back")),
        },
        Kind::Refund => Prose::from(format!(
            "{amount} of a payment for several orders went back"
        )),
    }
}

/// What it means if it is left.
pub fn left(kind: Kind) -> &'static str {
    match kind {
        Kind::SecondPayment | Kind::Mismatch => {
            "Their money is waiting until somebody decides. Nothing is lost meanwhile."
        }
        Kind::Orphan => "It waits until somebody says whose it is.",
        Kind::Dispute => {
            "The bank sets a day by which it wants an answer: give it in Stripe’s dashboard."
        }
        Kind::Refund => "Somebody must say whose it is.",
    }
}

/// How it can have come about.
pub fn how_that_can_be(kind: Kind, state: Option<State>, version: i32) -> &'static str {
    match (kind, state) {
        (Kind::SecondPayment, Some(State::SettledOffline { .. })) => {
            "The order was settled without Stripe, and a payment page was still open."
        }
        (Kind::SecondPayment, _) => {
            "They paid on one device while a payment page was still open on another, or two people paid."
        }
        (Kind::Mismatch, Some(State::Cancelled { .. })) => {
            "The order was cancelled, and a payment page was still open."
        }
        (Kind::Mismatch, _) if version > 1 => {
            "What is owed was changed, and they paid on a payment page from before."
        }
        (Kind::Mismatch, _) => "A bank transfer can bring another sum than was asked for.",
        (Kind::Orphan, _) => {
            "The order was erased, another installation opened the payment page, or another system of yours did."
        }
        (Kind::Dispute, _) => {
            "The payer told their bank that they did not want this payment, or did not recognise it."
        }
        (Kind::Refund, _) => {
            "Somebody gave money back in Stripe’s dashboard, where one payment is for several orders."
        }
    }
}

/// All that decides what an answer does.
pub struct Facts<'a> {
    pub kind: Kind,
    /// What it is about: `€45.00`.
    pub amount: &'a str,
    /// What is owed.
    pub owed: Option<&'a str>,
    /// The order's state.
    pub state: Option<State>,
    /// Whether taking the payment for what was owed makes the order paid.
    pub becomes_paid: bool,
    /// To whom the payment is moved, where it is known.
    pub to: Option<&'a str>,
}

/// An answer, with what it does.
pub struct Answer {
    /// How it is offered.
    pub title: &'static str,
    pub text: String,
    /// The question on the page before it is done.
    pub question: String,
    pub happens: Vec<String>,
    pub stays: Vec<String>,
    pub button: String,
    /// Whether it cannot be taken back.
    pub grave: bool,
    /// What was done.
    pub done: String,
}

/// What this answer is to this case.
pub fn answer(how: How, facts: &Facts) -> Answer {
    match how {
        How::Refund => refund(facts),
        How::Move | How::Adopt => place(how, facts),
        How::Accept => accept(facts),
    }
}

/// What becomes of the order when the payment is not its own any more.
fn without(facts: &Facts) -> Option<String> {
    let is_in_review = matches!(facts.state, Some(State::InReview { .. }));
    match (facts.kind, facts.state) {
        (Kind::Mismatch, Some(_)) if is_in_review => {
            Some("Their order is owed again: the link works, and it can be paid.".to_owned())
        }
        (Kind::SecondPayment | Kind::Mismatch, Some(state)) => Some(format!(
            "Their order stays {}.",
            super::case_view::in_words(state)
        )),
        (Kind::Orphan | Kind::Dispute | Kind::Refund, _) | (_, None) => None,
    }
}

fn refund(facts: &Facts) -> Answer {
    let amount = facts.amount;
    let mut happens = vec![format!(
        "Stripe sends {amount} back to where it came from. It arrives in 5 to 10 days."
    )];
    happens.extend(without(facts));
    happens.push(
        "The case closes when Stripe says that it is done. If Stripe refuses, the case stays open and says so."
            .to_owned(),
    );
    let after = without(facts).map_or_else(String::new, |after| format!(" {after}"));
    Answer {
        title: "Give it back",
        text: format!("Through Stripe, to where it came from, in 5 to 10 days.{after}"),
        question: format!("Give {amount} back?"),
        happens,
        stays: vec![
            "Stripe keeps its fee on the payment.".to_owned(),
            "It cannot be taken back, and cannot happen twice.".to_owned(),
            "No mail of ours is sent.".to_owned(),
        ],
        button: format!("Give {amount} back"),
        grave: true,
        done: format!("{amount} is given back"),
    }
}

fn place(how: How, facts: &Facts) -> Answer {
    let amount = facts.amount;
    let to = facts.to.unwrap_or("another order");
    let mut happens = vec![format!("{amount} is counted for {to}, which becomes paid.")];
    happens.extend(without(facts));
    happens.push("Their open payment page is closed, so that nobody pays it again.".to_owned());
    happens.push("The case is closed, with your name and note.".to_owned());
    let adopts = how == How::Adopt;
    Answer {
        title: if adopts {
            "Count it for an order"
        } else {
            "Count it for another order"
        },
        text: if adopts {
            format!("For the one whose it is. Only an order that asks for just {amount}.")
        } else {
            format!("For a brother’s or sister’s, say. Only an order that asks for just {amount}.")
        },
        question: format!("Count {amount} for {to}?"),
        happens,
        stays: vec![
            "No money moves at Stripe.".to_owned(),
            "No mail of ours is sent.".to_owned(),
        ],
        button: format!("Count {amount} for it"),
        grave: false,
        done: format!("{amount} is counted for {to}"),
    }
}

fn accept(facts: &Facts) -> Answer {
    let (amount, closes) = (facts.amount, "The case is closed, with your name and note.");
    let stays = |first: &str| {
        let no_mail = "No mail of ours is sent.";
        vec![first.to_owned(), no_mail.to_owned()]
    };
    let said = |title,
                text: String,
                question: String,
                happens: Vec<String>,
                first: &str,
                button: String| {
        Answer {
            title,
            text,
            done: match facts.kind {
                Kind::Dispute | Kind::Refund => "The case is closed".to_owned(),
                _ => question.trim_end_matches('?').to_owned() + ": decided",
            },
            question,
            happens,
            stays: stays(first),
            button,
            grave: false,
        }
    };
    match facts.kind {
        Kind::Mismatch if facts.becomes_paid => {
            let owed = facts.owed.unwrap_or("what was owed");
            said(
                "Take it for what was owed",
                format!("The order becomes paid by {amount} in place of {owed}. Nothing more is asked of them."),
                format!("Take {amount} for what was owed?"),
                vec![
                    format!("The order becomes paid, by {amount} in place of {owed}."),
                    closes.to_owned(),
                ],
                "Nothing more is asked of them, and nothing goes back.",
                format!("Take {amount}"),
            )
        }
        Kind::Mismatch | Kind::SecondPayment => said(
            "Keep it",
            "As a donation, say. The order stays as it is; the case is closed with your note, and the money stays with you.".to_owned(),
            format!("Keep {amount}?"),
            vec![format!("{amount} stays with you."), closes.to_owned()],
            "The order stays as it is.",
            format!("Keep {amount}"),
        ),
        Kind::Orphan => said(
            "Leave it as it is",
            "The money stays with you, and is counted for no order here.".to_owned(),
            format!("Leave {amount} as it is?"),
            vec![format!("{amount} stays with you."), closes.to_owned()],
            "No order changes.",
            "Leave it".to_owned(),
        ),
        Kind::Dispute => said(
            "It is seen to",
            "Somebody has answered it in Stripe’s dashboard, or lets it be. The dispute itself goes on at Stripe.".to_owned(),
            "Is the dispute seen to?".to_owned(),
            vec![closes.to_owned()],
            "The dispute goes on at Stripe: what it decides is written into the order’s story.",
            "It is seen to".to_owned(),
        ),
        Kind::Refund => said(
            "It is known whose it is",
            "The case is closed with your note. No order changes by itself.".to_owned(),
            format!("Is it known whose {amount} are?"),
            vec![closes.to_owned()],
            "No order changes: change or settle theirs by hand.",
            "It is known".to_owned(),
        ),
    }
}
