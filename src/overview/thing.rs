//! What a line that needs somebody is about, and what comes before what. Pure.

use serde_json::Value;

use crate::{activity::Category, mail};

/// What needs somebody; the first first: money, families who have heard nothing, what waits for an approval,
/// machinery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// Money that does not add up, until its case is resolved.
    Case,
    /// Other news of money that somebody should know.
    Money,
    /// A bank debit did not arrive.
    Debit,
    /// A mail came back.
    Bounced,
    /// No server took a mail.
    GivenUp,
    /// Nobody knows whether a mail was sent.
    Unknown,
    /// It is owed, and its address is not written to.
    Unwritten,
    /// Stripe opens no payment page.
    Refused,
    /// A mailing waits for an approval.
    Approval,
    /// A mailing is paused.
    MailingPaused,
    /// All mail is paused.
    MailPaused,
    /// An event of Stripe could not be worked through.
    Event,
    /// Stripe's webhooks do not reach us.
    Silence,
    /// Anything else that the log has.
    Entry,
}

/// What tells what a line is about, beside its category.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The line's figures.
    pub detail: &'a Value,
    /// Whether a case of it is open.
    pub has_case: bool,
    /// Where the mail stands that it names.
    pub mail: Option<mail::State>,
    /// Whether it is about an order.
    pub has_order: bool,
}

/// What a line is about; `None`: its category is one that only a newer version knows.
pub fn thing(category: Option<Category>, facts: Facts) -> Thing {
    let has = |mark: &str| facts.detail.get(mark).is_some();
    let Some(category) = category else {
        return Thing::Entry;
    };
    match category {
        _ if facts.has_case => Thing::Case,
        Category::Payment if has("debit_failed") => Thing::Debit,
        Category::Payment | Category::Case => Thing::Money,
        Category::Mail if has("mail") => of_a_mail(facts.mail),
        Category::Mail if has("reason") && !facts.has_order => Thing::MailPaused,
        Category::Suppression if has("unwritten") => Thing::Unwritten,
        Category::Checkout => Thing::Refused,
        Category::Blast => of_a_mailing(&facts.detail["waits"]),
        Category::Webhook if has("event") => Thing::Event,
        Category::Webhook if has("since") => Thing::Silence,
        Category::Mail
        | Category::Suppression
        | Category::Webhook
        | Category::Order
        | Category::Reminder
        | Category::Settings
        | Category::People
        | Category::Retention => Thing::Entry,
    }
}

/// A line about a mail that has moved on since, or has been erased, says itself what it is.
fn of_a_mail(state: Option<mail::State>) -> Thing {
    match state {
        Some(mail::State::Bounced) => Thing::Bounced,
        Some(mail::State::Failed) => Thing::GivenUp,
        Some(mail::State::Unknown) => Thing::Unknown,
        Some(
            mail::State::Queued
            | mail::State::Sending
            | mail::State::Sent
            | mail::State::Cancelled
            | mail::State::Suppressed,
        )
        | None => Thing::Entry,
    }
}

fn of_a_mailing(waits: &Value) -> Thing {
    match waits.as_str().and_then(mail::BlastState::from_name) {
        Some(mail::BlastState::Draft) => Thing::Approval,
        Some(mail::BlastState::Paused) => Thing::MailingPaused,
        Some(
            mail::BlastState::Approved
            | mail::BlastState::Sending
            | mail::BlastState::Done
            | mail::BlastState::Cancelled
            | mail::BlastState::Recalled,
        )
        | None => Thing::Entry,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(category: Category, detail: &Value) -> Thing {
        let facts = Facts {
            detail,
            has_case: false,
            mail: None,
            has_order: false,
        };
        thing(Some(category), facts)
    }

    #[test]
    fn a_line_is_known_by_its_marks() {
        for (category, detail, is) in [
            (
                Category::Payment,
                json!({ "debit_failed": "1" }),
                Thing::Debit,
            ),
            (Category::Payment, json!({ "amount": 1 }), Thing::Money),
            (Category::Mail, json!({ "reason": null }), Thing::MailPaused),
            (
                Category::Mail,
                json!({ "mail": "1", "reason": "x" }),
                Thing::Entry,
            ),
            (
                Category::Suppression,
                json!({ "unwritten": "1" }),
                Thing::Unwritten,
            ),
            (
                Category::Blast,
                json!({ "waits": "draft" }),
                Thing::Approval,
            ),
            (
                Category::Blast,
                json!({ "waits": "paused" }),
                Thing::MailingPaused,
            ),
            (Category::Blast, json!({ "waits": "asleep" }), Thing::Entry),
            (Category::Webhook, json!({ "event": "evt_1" }), Thing::Event),
            (Category::Webhook, json!({ "since": "now" }), Thing::Silence),
            (Category::Webhook, json!({}), Thing::Entry),
            (Category::Checkout, json!({}), Thing::Refused),
        ] {
            assert_eq!(of(category, &detail), is, "{category} {detail}");
        }
    }

    #[test]
    fn an_open_case_is_one_whatever_its_line_says_and_a_mail_is_as_it_stands() {
        let facts = Facts {
            detail: &json!({ "mail": "1" }),
            has_case: true,
            mail: Some(mail::State::Unknown),
            has_order: true,
        };
        assert_eq!(thing(Some(Category::Payment), facts), Thing::Case);
        let told = |mail| {
            let facts = Facts {
                has_case: false,
                mail,
                ..facts
            };
            thing(Some(Category::Mail), facts)
        };
        assert_eq!(told(Some(mail::State::Unknown)), Thing::Unknown);
        assert_eq!(told(Some(mail::State::Bounced)), Thing::Bounced);
        assert_eq!(told(Some(mail::State::Failed)), Thing::GivenUp);
        assert_eq!(told(Some(mail::State::Sent)), Thing::Entry);
        assert_eq!(thing(None, facts), Thing::Entry);
    }
}
