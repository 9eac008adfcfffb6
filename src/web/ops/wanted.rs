//! What is wanted of somebody where a line of the log is not about an order alone: in a sentence, and the page
//! where it is done.

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::lists::href;
use crate::{activity::Category, mail::BlastState};

/// Of all mail.
pub const MAIL_PAUSED: &str = "All of it waits, and is not lost. It is tried again by itself.";
/// Of a mailing.
pub const MAILING_PAUSED: &str = "What has not gone out waits, and is not lost.";
/// Of a mailing, where its author may do it.
pub const APPROVAL: &str = "Nothing goes out until somebody approves it.";
/// Of Stripe's messages.
pub const SILENCE: &str = "Payments are found all the same, up to a quarter of an hour late. Whoever set this up looks at Webhooks in Stripe’s dashboard.";
/// Of one of them.
pub const KEPT: &str = "Nothing is lost: it is kept.";

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wanted {
    /// What it means if it is left.
    pub text: String,
    /// The page.
    pub href: String,
    /// What the link says.
    pub word: &'static str,
}

/// What an open line of this category wants; nothing where its order's page tells all.
pub fn wanted(category: Option<Category>, detail: &Value) -> Option<Wanted> {
    let said = |text: &str, href: String, word| {
        let text = text.to_owned();
        Some(Wanted { text, href, word })
    };
    // Whatever else a line has as an id leads to no page.
    let id = |key: &str| detail[key].as_str()?.parse::<Uuid>().ok();
    match category? {
        Category::Blast => {
            let page = format!("/ops/blasts/{}", id("blast")?);
            said(&of_a_mailing(&detail["waits"]), page, "See the mailing")
        }
        Category::Mail => match id("mail") {
            Some(mail) => said("", format!("/ops/mail/{mail}"), "See the mail"),
            None => {
                detail.get("reason")?;
                said(MAIL_PAUSED, "/ops/mail".to_owned(), "See what is wrong")
            }
        },
        Category::Webhook => match detail["event"].as_str() {
            Some(event) => said(
                KEPT,
                href("/ops/events", &[("q", event)]),
                "See the message",
            ),
            None => {
                detail.get("since")?;
                said(SILENCE, "/ops/events".to_owned(), "See Stripe’s messages")
            }
        },
        Category::Case | Category::Payment => {
            said("", format!("/ops/cases/{}", id("case")?), "See the case")
        }
        Category::Order
        | Category::Checkout
        | Category::Reminder
        | Category::Suppression
        | Category::Settings
        | Category::People
        | Category::Retention => None,
    }
}

fn of_a_mailing(waits: &Value) -> String {
    match waits.as_str().and_then(BlastState::from_name) {
        Some(BlastState::Draft) => format!("It waits for an approval. {APPROVAL}"),
        Some(BlastState::Paused) => format!("It is paused. {MAILING_PAUSED}"),
        Some(
            BlastState::Approved
            | BlastState::Sending
            | BlastState::Done
            | BlastState::Cancelled
            | BlastState::Recalled,
        )
        | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_that_needs_somebody_leads_to_where_it_is_done() {
        let leads = |category, detail: Value| wanted(Some(category), &detail).map(|is| is.href);
        let id = "0192d1f0-0000-7000-8000-000000000001";
        for (category, detail, expected) in [
            (
                Category::Blast,
                json!({ "blast": id, "waits": "draft" }),
                format!("/ops/blasts/{id}"),
            ),
            (
                Category::Mail,
                json!({ "mail": id }),
                format!("/ops/mail/{id}"),
            ),
            (
                Category::Mail,
                json!({ "reason": "no" }),
                "/ops/mail".to_owned(),
            ),
            (
                Category::Webhook,
                json!({ "event": "evt_1" }),
                "/ops/events?q=evt%5F1".to_owned(),
            ),
            (
                Category::Webhook,
                json!({ "since": "now" }),
                "/ops/events".to_owned(),
            ),
            (
                Category::Case,
                json!({ "case": id }),
                format!("/ops/cases/{id}"),
            ),
        ] {
            assert_eq!(leads(category, detail), Some(expected), "{category}");
        }
        assert_eq!(
            leads(Category::Blast, json!({ "blast": "../people" })),
            None
        );
        assert_eq!(leads(Category::Checkout, json!({})), None);
    }

    #[test]
    fn of_a_mailing_it_says_whose_move_it_is() {
        let says = |waits| of_a_mailing(&json!(waits));
        assert!(says("draft").contains("waits for an approval"));
        assert!(says("paused").contains("is paused"));
        assert_eq!(says("sending"), "");
    }
}
