//! Stripe's messages in the words of the pages.

use chrono_tz::Tz;
use serde::Serialize;

use super::{
    form::Guard,
    line::{in_words, sentence},
    lists::{Pill, in_a_path, pill},
    when::When,
};
use crate::{
    inbox::{
        EventView, FOREIGN, State,
        dispatch::{Handling, handling},
    },
    reminder::rule::Reason,
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
        (State::Ignored, _) => left_aside(said),
        _ => sentence(said),
    }
}

/// The words of pages for what the inbox keeps of a message that led to nothing.
fn left_aside(said: &str) -> String {
    let Some(rest) = said.strip_prefix(FOREIGN) else {
        return sentence(said);
    };
    let reason = rest.strip_prefix(": no reminder (");
    let reason = reason.and_then(|rest| Reason::from_name(rest.strip_suffix(')')?));
    match reason {
        Some(reason) => format!(
            "It is about a payment page that another system opened. No reminder: {}",
            in_words(reason)
        ),
        None => "It is about a payment page that another system opened".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::dispatch::TABLE;

    #[test]
    fn what_another_system_opened_is_told_without_the_words_of_the_inbox() {
        let said = left_aside(&format!("{}: no reminder (no_email)", FOREIGN));
        assert_eq!(
            said,
            "It is about a payment page that another system opened. No reminder: they left no e-mail"
        );
        assert!(left_aside(FOREIGN).ends_with("another system opened"));
        assert_eq!(left_aside("test_mode"), "Test_mode");
    }

    #[test]
    fn every_type_that_is_acted_on_has_words() {
        let other = about("customer.updated");
        for (kind, _) in TABLE {
            assert_ne!(about(kind), other, "{kind}");
        }
    }
}
