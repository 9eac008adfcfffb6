//! *Could they have paid without our noticing?*, in words.

use serde::Serialize;

use crate::{
    order::state::State,
    timeline::{
        PageFacts,
        sure::{Doubt, Sure},
    },
    web::ops::prose::{Prose, Times, prose},
};

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    mark: &'static str,
    text: Prose,
    /// Whether somebody may have Stripe asked.
    asks: bool,
}

/// The answer, while there is a question.
pub fn shown(facts: &PageFacts, times: Times, may_ask: bool) -> Option<Shown> {
    if facts.order.state != State::Open {
        return None;
    }
    let (mark, text, asks) = match facts.sure {
        Sure::NothingToPayWith => (
            "tick",
            prose!["No. Nobody has opened Stripe’s payment page for this order yet."],
            false,
        ),
        Sure::No { heard, asked } => (
            "tick",
            prose![
                "No. Stripe’s messages arrive (the last one ",
                times.moment(heard),
                "), and we asked Stripe ourselves ",
                times.moment(asked),
                ": it has no payment for this order."
            ],
            true,
        ),
        Sure::Unsure(doubt) => ("help", unsure(doubt, times), true),
    };
    Some(Shown {
        mark,
        text,
        asks: asks && may_ask,
    })
}

fn unsure(doubt: Doubt, times: Times) -> Prose {
    match doubt {
        Doubt::PageOpen { until, asked } => {
            let open = match until {
                Some(until) => prose![
                    "The payment page is open until ",
                    times.moment(until),
                    ", and they may pay at any moment."
                ],
                None => prose!["A payment page may be open, and they may pay at any moment."],
            };
            match asked {
                Some(asked) => open.and(prose![
                    " When we asked Stripe ",
                    times.moment(asked),
                    ", it had no payment for this order."
                ]),
                None => open,
            }
        }
        Doubt::Missing(since) => prose![
            "We cannot be sure: Stripe’s messages have been missing since ",
            times.day_alone(since),
            ". We ask Stripe every quarter of an hour."
        ],
        Doubt::Quiet(Some(heard)) => prose![
            "We cannot be sure: Stripe’s last message came ",
            times.moment(heard),
            ". We ask Stripe every quarter of an hour."
        ],
        Doubt::Quiet(None) => prose![
            "We cannot be sure: no message of Stripe has ever arrived here. We ask Stripe every quarter of an hour."
        ],
        Doubt::NotAsked { ended } => prose![
            "We cannot be sure yet: the payment page ended ",
            times.moment(ended),
            ", and we have not asked Stripe since. We do every quarter of an hour."
        ],
    }
}
