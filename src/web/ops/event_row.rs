//! Stripe's messages in the words of the pages.

use chrono_tz::Tz;
use serde::Serialize;

use super::{
    form::Guard,
    line::sentence,
    lists::{Pill, in_a_path, pill},
    when::When,
};
use crate::inbox::{
    EventView, State,
    dispatch::{Handling, handling},
};

/// A row.
#[derive(Debug, Serialize)]
pub struct Row {
    id: String,
    about: &'static str,
    kind: String,
    pill: Pill,
    why: String,
    at: When,
    tries: i32,
    /// Where the form leads that tries it again, and what it carries.
    action: String,
    again: Option<Guard>,
}

/// How rows are shown to somebody.
#[derive(Debug, Clone)]
pub struct Reader {
    pub zone: Tz,
    /// What forms are bound to, if they may work.
    pub cookie: Option<String>,
}

impl Reader {
    pub fn row(&self, event: &EventView) -> Row {
        let again = self.cookie.as_deref();
        Row {
            id: event.id.clone(),
            about: about(&event.type_),
            kind: event.type_.clone(),
            pill: state(event.state),
            why: why(event),
            at: When::of(event.received_at, self.zone),
            tries: event.attempts,
            action: format!("/ops/events/{}/replay", in_a_path(&event.id)),
            again: again
                .filter(|_| event.state == State::Failed)
                .map(Guard::of),
        }
    }
}

fn state(state: State) -> Pill {
    match state {
        State::Pending => pill("wait", "clock", "Waiting its turn"),
        State::Processed => pill("good", "tick", "Worked through"),
        State::Ignored => pill("stop", "dash", "Nothing to do"),
        State::Failed => pill("bad", "stop", "Failed"),
    }
}

/// The same as a tab.
pub fn tab(state: State) -> &'static str {
    match state {
        State::Pending => "Waiting",
        State::Processed => "Worked through",
        State::Ignored => "Nothing to do",
        State::Failed => "Failed",
    }
}

/// What Stripe tells with it.
fn about(kind: &str) -> &'static str {
    match kind {
        "checkout.session.completed" => "Somebody is through with a payment page",
        "checkout.session.async_payment_succeeded" => "A bank debit arrived",
        "checkout.session.async_payment_failed" => "A bank debit did not arrive",
        "checkout.session.expired" => "A payment page was closed",
        "charge.refunded" => "Money was given back",
        "refund.updated" => "A refund has moved on",
        "refund.failed" => "A refund has failed",
        "charge.dispute.created" => "A bank asks for money back",
        "charge.dispute.closed" => "A bank’s question is decided",
        "" => "A message without a type",
        _ => "Something that we do not act on",
    }
}

/// Why it stands there.
fn why(event: &EventView) -> String {
    let said = event.last_error.as_deref().unwrap_or_default();
    match (event.state, handling(&event.type_)) {
        (State::Processed, _) => String::new(),
        (State::Ignored, Handling::Keep(_)) => {
            "Nothing follows from messages of this kind".to_owned()
        }
        _ => sentence(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::dispatch::TABLE;

    #[test]
    fn every_type_that_is_acted_on_has_words() {
        let other = about("customer.updated");
        for (kind, _) in TABLE {
            assert_ne!(about(kind), other, "{kind}");
        }
    }
}
