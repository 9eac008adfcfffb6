//! What each switch does, in words and numbers.

use chrono::Duration;
use serde::Serialize;
use serde_json::Value;

use crate::{
    db::Count,
    settings::Switch,
    switches::{DAYS, MOST, Numbers},
    web::ops::lists::grouped,
};

/// A switch as it stands.
#[derive(Debug, Serialize)]
pub struct Switched {
    pub key: &'static str,
    pub mark: &'static str,
    pub on: bool,
    pub title: &'static str,
    pub does: String,
    pub to: String,
    /// Words for ears, behind the button's.
    pub ears: &'static str,
}

/// `412 orders`, `1 order`, `at least 10,000 orders`
pub fn so_many(count: Count, one: &str, many: &str) -> String {
    let number = grouped(count.count);
    match (count.or_more, count.count) {
        // Nobody can say of how many more, or that it is none at all.
        (true, 0) => format!("0 {many} among the newest {}", grouped(MOST)),
        (true, _) => format!("at least {number} {many}"),
        (false, 1) => format!("1 {one}"),
        (false, _) => format!("{number} {many}"),
    }
}

/// The same at the beginning of a sentence.
fn beginning(said: &str) -> String {
    let mut letters = said.chars();
    let first = letters.next().map(|letter| letter.to_uppercase());
    first.into_iter().flatten().chain(letters).collect()
}

/// `an hour`, `90 minutes`, `2 days`
pub fn long(time: Duration) -> String {
    let minutes = time.num_minutes();
    match minutes {
        ..=0 => "at once".to_owned(),
        60 => "an hour".to_owned(),
        1440 => "a day".to_owned(),
        _ if minutes % 1440 == 0 => format!("{} days", minutes / 1440),
        _ if minutes % 60 == 0 => format!("{} hours", minutes / 60),
        _ => format!("{minutes} minutes"),
    }
}

/// When a reminder goes out: `an hour after the page has closed`.
pub fn after(delay: Duration) -> String {
    match delay.num_minutes() {
        ..=0 => "as soon as the page has closed".to_owned(),
        _ => format!("{} after the page has closed", long(delay)),
    }
}

/// What a switch is called.
pub fn title(switch: Switch) -> &'static str {
    match switch {
        Switch::Reminders => "Remind whoever left a payment page of yours",
        Switch::Recovery => "Remind whoever left your shop’s checkout",
        Switch::TwoPersonApproval => "Two people for each mailing",
        Switch::OrphanCases => "Ask about payments of your shop that we do not know",
    }
}

/// A change of settings, of what the log keeps of it; nothing of one that only a newer version knows.
pub fn changed(detail: &Value) -> Option<String> {
    let keys = detail.as_object()?.iter();
    let told = keys.filter(|(key, _)| *key != "before");
    let told: Option<Vec<String>> = told.map(|(key, is)| setting(key, is)).collect();
    let told = told.filter(|told| !told.is_empty())?;
    Some(format!("settings changed: {}", told.join("; ")))
}

fn setting(key: &str, is: &Value) -> Option<String> {
    if let Some(switch) = Switch::from_name(key) {
        let is = if is.as_bool()? { "on" } else { "off" };
        return Some(format!("“{}” is {is}", title(switch)));
    }
    let (what, unit) = match key {
        "notice_text" => return Some("what the payment page says of the reminder".to_owned()),
        "recovered_orders_days" => ("left carts", "days"),
        "activity_days" => ("lines of the log", "days"),
        "events_days" => ("Stripe’s messages", "days"),
        "visits_months" => ("counts of visits", "months"),
        _ => return None,
    };
    Some(format!("{what} are kept for {} {unit}", is.as_i64()?))
}

/// A switch in words.
pub fn switched(switch: Switch, on: bool, numbers: &Numbers, delay: Duration) -> Switched {
    let (mark, does, ears) = match switch {
        Switch::Reminders => (
            "bell",
            format!(
                "One mail, {}. Never a second one, never after a payment.",
                after(delay)
            ),
            "reminders for your orders",
        ),
        Switch::Recovery => (
            "bell",
            format!(
                "For checkouts that your shop itself opens at Stripe. One plain mail, {}, with what was in the cart and a link that restores it.",
                after(delay)
            ),
            "reminders for your shop’s checkout",
        ),
        Switch::TwoPersonApproval => (
            "people",
            "Whoever writes a mailing cannot approve it.".to_owned(),
            "two people for each mailing",
        ),
        Switch::OrphanCases => (
            "scale",
            "On: each payment at Stripe that belongs to none of your orders becomes a case. Off: it is your shop’s business."
                .to_owned(),
            "cases for unknown payments",
        ),
    };
    Switched {
        key: switch.name(),
        mark,
        on,
        title: title(switch),
        does,
        to: to_whom(switch, on, numbers),
        ears,
    }
}

/// To whom, with the numbers of today and of the last days; off, what it would have been.
fn to_whom(switch: Switch, on: bool, numbers: &Numbers) -> String {
    let may = so_many(numbers.may_be_reminded, "order", "orders");
    let due = |count| so_many(count, "is due", "are due");
    let left = |count| so_many(count, "checkout that was left", "checkouts that were left");
    match (switch, on) {
        (Switch::Reminders, true) => format!(
            "To: those with an order of yours who opened the page and did not pay. {} may get a reminder, {}. Last {DAYS} days: {}.",
            beginning(&may),
            due(numbers.orders.scheduled),
            so_many(numbers.orders.sent, "person", "people"),
        ),
        (Switch::Reminders, false) => format!(
            "On, {may} could get a reminder. Last {DAYS} days: {} without one.",
            left(numbers.orders.left_out),
        ),
        (Switch::Recovery, true) => format!(
            "To: those who typed their e-mail and left. {} now. Last {DAYS} days: {}. Some countries ask for a notice on your page.",
            so_many(
                numbers.carts.scheduled,
                "reminder is due",
                "reminders are due"
            ),
            so_many(numbers.carts.sent, "person", "people"),
        ),
        (Switch::Recovery, false) => format!(
            "On, it would have been about {} in the last {DAYS} days, less those who left no e-mail or have bought since.",
            left(numbers.carts.left_out),
        ),
        (Switch::TwoPersonApproval, _) => {
            format!("{} here may approve a mailing.", people(numbers.approvers))
        }
        (Switch::OrphanCases, true) => format!(
            "Last {DAYS} days: {}.",
            so_many(
                numbers.unknown_payments,
                "payment of your shop",
                "payments of your shop"
            )
        ),
        (Switch::OrphanCases, false) => format!(
            "Last {DAYS} days it would have been {}.",
            so_many(numbers.unknown_payments, "case", "cases")
        ),
    }
}

/// `1 person`, `3 people`
pub fn people(count: i64) -> String {
    so_many(
        Count {
            count,
            or_more: false,
        },
        "person",
        "people",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_is_told_without_the_names_of_machines() {
        let detail = json!({ "reminders_enabled": false, "before": { "reminders_enabled": true } });
        assert_eq!(
            changed(&detail).as_deref(),
            Some("settings changed: “Remind whoever left a payment page of yours” is off")
        );
        let numbers = json!({ "activity_days": 30, "notice_text": null });
        assert_eq!(
            changed(&numbers).as_deref(),
            Some(
                "settings changed: lines of the log are kept for 30 days; what the payment page says of the reminder"
            )
        );
        assert_eq!(changed(&json!({ "moon": "full" })), None);
        assert_eq!(changed(&json!({})), None);
    }

    #[test]
    fn every_setting_has_words() {
        let settings = json!({
            "recovery_enabled": true, "reminders_enabled": true, "orphan_cases": true, "two_person_approval": true,
            "notice_text": "x", "recovered_orders_days": 1, "activity_days": 1, "events_days": 1, "visits_months": 1,
        });
        assert!(changed(&settings).is_some());
    }

    #[test]
    fn numbers_and_times_are_words() {
        let said = |count, or_more| so_many(Count { count, or_more }, "order", "orders");
        assert_eq!(said(0, false), "0 orders");
        assert_eq!(said(1, false), "1 order");
        assert_eq!(said(412, false), "412 orders");
        assert_eq!(said(10_000, true), "at least 10,000 orders");
        assert_eq!(said(1, true), "at least 1 orders");
        assert_eq!(said(0, true), "0 orders among the newest 10,000");
        assert_eq!(long(Duration::seconds(3600)), "an hour");
        assert_eq!(long(Duration::minutes(90)), "90 minutes");
        assert_eq!(long(Duration::hours(48)), "2 days");
        assert_eq!(after(Duration::zero()), "as soon as the page has closed");
    }
}
