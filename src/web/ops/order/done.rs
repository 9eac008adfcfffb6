//! How an order came to its end, in a sentence.

use super::money;
use crate::{
    order::{
        Kind, Status,
        state::{How, State},
    },
    timeline::PageFacts,
    web::ops::prose::{Prose, Times, prose},
};

/// How and when.
pub fn done(facts: &PageFacts, times: Times) -> Prose {
    let order = &facts.order;
    match order.state {
        State::Paid { at } => {
            prose!["It was paid ", times.day(at), ": ", money::paid(order), "."]
        }
        State::PartiallyRefunded { at, .. } => prose![
            "It was paid ",
            times.day(at),
            ": ",
            money::paid(order),
            ". Of that ",
            money::given_back(order),
            " went back."
        ],
        State::Refunded { at, .. } => prose![
            "It was paid ",
            times.day(at),
            ", and all of it went back: ",
            money::given_back(order),
            "."
        ],
        State::SettledOffline { at, how } => prose![
            "It was settled without Stripe ",
            times.day(at),
            ": ",
            settled(how),
            "."
        ],
        State::Cancelled { at } => prose![
            "It was cancelled ",
            times.day(at),
            ". The link says so, and how to reach you."
        ],
        State::InReview { since } => prose![
            "The money that came ",
            times.day(since),
            " is being checked."
        ],
        State::Open | State::Processing { .. } => Prose::default(),
    }
}

/// How it was settled.
pub fn settled(how: How) -> &'static str {
    match how {
        How::Cash => "in cash",
        How::Cheque => "by cheque",
        How::Waived => "you waived it",
        How::Other => "in another way",
    }
}

/// What the head of the page says in a few words, for its title: `€45.00 owed`.
pub fn in_title(facts: &PageFacts) -> String {
    let order = &facts.order;
    match order.state.status() {
        Status::Open if order.kind == Kind::Recovered => {
            format!("{} in a left cart", money::owed_or(order))
        }
        Status::Open => format!("{} owed", money::owed_or(order)),
        Status::Processing => "on its way".to_owned(),
        Status::InReview => "being checked".to_owned(),
        Status::Paid => "paid".to_owned(),
        Status::PartiallyRefunded => "partly paid back".to_owned(),
        Status::Refunded => "paid back".to_owned(),
        Status::SettledOffline => "settled without Stripe".to_owned(),
        Status::Cancelled => "cancelled".to_owned(),
    }
}
