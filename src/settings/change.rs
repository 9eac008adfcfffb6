//! Some settings, to be set: checked before they are.

use std::ops::RangeInclusive;

use diesel::prelude::*;
use serde::Deserialize;

use super::{Settings, Switch};
use crate::{foreign_text::has_controls, schema::settings};

/// How many days a cart may be kept.
pub const CART_DAYS: RangeInclusive<i32> = 1..=365;
/// How many days a line of the log may be kept.
pub const ACTIVITY_DAYS: RangeInclusive<i32> = 7..=3650;
/// How many days an event may be kept. Stripe tells of events for thirty days: what was pruned sooner would
/// come back.
pub const EVENTS_DAYS: RangeInclusive<i32> = 31..=3650;
/// How many months counts of visits may be kept; with none, no visit is counted.
pub const VISITS_MONTHS: RangeInclusive<i32> = 0..=60;

/// Some of them, to be set. An unknown key is refused by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, AsChangeset)]
#[serde(default, deny_unknown_fields)]
#[diesel(table_name = settings)]
pub struct Change {
    #[serde(deserialize_with = "given")]
    recovery_enabled: Option<bool>,
    #[serde(deserialize_with = "given")]
    reminders_enabled: Option<bool>,
    #[serde(deserialize_with = "given")]
    orphan_cases: Option<bool>,
    #[serde(deserialize_with = "given")]
    two_person_approval: Option<bool>,
    #[serde(deserialize_with = "given")]
    notice_text: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    recovered_orders_days: Option<i32>,
    #[serde(deserialize_with = "given")]
    activity_days: Option<i32>,
    #[serde(deserialize_with = "given")]
    events_days: Option<i32>,
    #[serde(deserialize_with = "given")]
    visits_months: Option<i32>,
}

/// Why a value cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongValue {
    /// A notice is longer than Stripe takes, or holds what cannot be kept.
    #[error(
        "notice_text must have 1 to 1200 characters and no control characters but line breaks and tabs, or be null for our own words"
    )]
    Notice,
    /// So long, or so briefly, nothing is kept.
    #[error("{key} must be a number of days from {} to {}", .days.start(), .days.end())]
    Days {
        /// Which setting.
        key: &'static str,
        /// What it may be.
        days: RangeInclusive<i32>,
    },
    /// So long no counts of visits are kept.
    #[error("visits_months must be a number of months from {} to {}", VISITS_MONTHS.start(), VISITS_MONTHS.end())]
    Months,
}

impl Change {
    /// Checks the values, as the columns do, in words for people.
    ///
    /// # Errors
    /// The first [`WrongValue`].
    pub fn check(self) -> Result<Self, WrongValue> {
        if let Some(Some(text)) = &self.notice_text
            && (text.trim().is_empty() || text.chars().count() > 1_200 || has_controls(text))
        {
            return Err(WrongValue::Notice);
        }
        for (key, value, days) in [
            (
                "recovered_orders_days",
                self.recovered_orders_days,
                CART_DAYS,
            ),
            ("activity_days", self.activity_days, ACTIVITY_DAYS),
            ("events_days", self.events_days, EVENTS_DAYS),
        ] {
            if value.is_some_and(|value| !days.contains(&value)) {
                return Err(WrongValue::Days { key, days });
            }
        }
        let months = self.visits_months;
        if months.is_some_and(|months| !VISITS_MONTHS.contains(&months)) {
            return Err(WrongValue::Months);
        }
        Ok(self)
    }

    /// One switch turned on or off.
    pub fn turn(switch: Switch, on: bool) -> Self {
        let mut change = Self::default();
        let field = match switch {
            Switch::Recovery => &mut change.recovery_enabled,
            Switch::Reminders => &mut change.reminders_enabled,
            Switch::OrphanCases => &mut change.orphan_cases,
            Switch::TwoPersonApproval => &mut change.two_person_approval,
        };
        *field = Some(on);
        change
    }

    /// The words about reminders; `None` for our own.
    pub fn notice(text: Option<String>) -> Self {
        Self {
            notice_text: Some(text),
            ..Self::default()
        }
    }

    /// How many days carts, lines of the log and events are kept, and how many months counts of visits.
    pub fn kept(carts: i32, activity: i32, events: i32, visits: Option<i32>) -> Self {
        Self {
            recovered_orders_days: Some(carts),
            activity_days: Some(activity),
            events_days: Some(events),
            visits_months: visits,
            ..Self::default()
        }
    }

    /// Whether the settings have every value already that this names.
    pub fn is_so(&self, settings: &Settings) -> bool {
        fn same<T: PartialEq>(said: Option<&T>, is: &T) -> bool {
            said.is_none_or(|said| said == is)
        }
        same(self.recovery_enabled.as_ref(), &settings.recovery_enabled)
            && same(self.reminders_enabled.as_ref(), &settings.reminders_enabled)
            && same(self.orphan_cases.as_ref(), &settings.orphan_cases)
            && same(
                self.two_person_approval.as_ref(),
                &settings.two_person_approval,
            )
            && same(self.notice_text.as_ref(), &settings.notice_text)
            && same(
                self.recovered_orders_days.as_ref(),
                &settings.recovered_orders_days,
            )
            && same(self.activity_days.as_ref(), &settings.activity_days)
            && same(self.events_days.as_ref(), &settings.events_days)
            && same(self.visits_months.as_ref(), &settings.visits_months)
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(
            self,
            Self {
                recovery_enabled: None,
                reminders_enabled: None,
                orphan_cases: None,
                two_person_approval: None,
                notice_text: None,
                recovered_orders_days: None,
                activity_days: None,
                events_days: None,
                visits_months: None,
            }
        )
    }
}

/// `null` is something that was said, unlike a key that is missing: it empties a text, and is no switch.
fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> Result<Change, String> {
        let change: Change = serde_json::from_value(body).map_err(|error| error.to_string())?;
        change.check().map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_mentioned_stays() {
        assert!(read(json!({})).unwrap().is_empty());
        let change = read(json!({ "reminders_enabled": false })).unwrap();
        let expected = Change {
            reminders_enabled: Some(false),
            ..Change::default()
        };
        assert_eq!(change, expected);
        assert!(!change.is_empty());
    }

    #[test]
    fn null_brings_our_own_notice_back_and_is_no_switch() {
        let own_words = read(json!({ "notice_text": null })).unwrap();
        assert_eq!(own_words.notice_text, Some(None));
        assert!(!own_words.is_empty());
        let refused = read(json!({ "orphan_cases": null })).unwrap_err();
        assert!(refused.contains("expected a boolean"), "{refused}");
    }

    #[test]
    fn an_unknown_key_is_named() {
        let refused = read(json!({ "reminders": false })).unwrap_err();
        assert!(refused.contains("`reminders`"), "{refused}");
        assert!(refused.contains("`reminders_enabled`"), "{refused}");
    }

    #[test]
    fn a_notice_is_as_long_as_stripe_takes_and_says_something() {
        for notice in ["ü".repeat(1_200), "One reminder.\nNo more.".to_owned()] {
            assert!(read(json!({ "notice_text": notice })).is_ok());
        }
        for notice in [
            "ü".repeat(1_201),
            String::new(),
            " \n".to_owned(),
            "\0".to_owned(),
        ] {
            let refused = read(json!({ "notice_text": notice })).unwrap_err();
            assert_eq!(refused, WrongValue::Notice.to_string());
        }
    }

    #[test]
    fn days_stay_within_what_can_be_kept() {
        for (key, least, most) in [
            ("recovered_orders_days", 1, 365),
            ("activity_days", 7, 3650),
            ("events_days", 31, 3650),
        ] {
            for days in [least, most] {
                assert!(read(json!({ key: days })).is_ok(), "{key} {days}");
            }
            for days in [least - 1, most + 1, -1, i32::MAX] {
                let refused = read(json!({ key: days })).unwrap_err();
                let said = format!("{key} must be a number of days from {least} to {most}");
                assert_eq!(refused, said);
            }
        }
    }

    #[test]
    fn counts_of_visits_are_kept_for_some_months_or_none_are_made() {
        for months in [0, 12, 60] {
            assert!(read(json!({ "visits_months": months })).is_ok());
        }
        for months in [-1, 61] {
            let refused = read(json!({ "visits_months": months })).unwrap_err();
            assert_eq!(
                refused,
                "visits_months must be a number of months from 0 to 60"
            );
        }
    }
}
