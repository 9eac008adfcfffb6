//! Switches that people turn while the service runs: one row in the database.

use std::ops::RangeInclusive;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    activity::{self, Category, Doing, Line},
    foreign_text::has_controls,
    order::Kind,
    schema::settings,
};

/// The settings as they stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable)]
#[diesel(table_name = settings)]
pub struct Settings {
    /// Whether unfinished checkouts that another system opened are followed up.
    pub recovery_enabled: bool,
    /// Whether an unfinished checkout of an order of ours leads to its one reminder.
    pub reminders_enabled: bool,
    /// Whether a paid session of another system is a case for a person.
    pub orphan_cases: bool,
    /// Whether a mailing's author may not approve it.
    pub two_person_approval: bool,
    /// What the checkout page says of a reminder that may follow; our own words if there is none.
    pub notice_text: Option<String>,
    /// Days until an order that restores a cart and was not paid is pruned, with its mails' addresses.
    pub recovered_orders_days: i32,
    /// Days until lines of the log are pruned.
    pub activity_days: i32,
    /// Days until raw events are pruned; those of other systems' sessions go with their carts.
    pub events_days: i32,
}

impl Settings {
    /// Whether reminders of this kind are on.
    pub fn reminds(&self, kind: Kind) -> bool {
        match kind {
            Kind::Billed => self.reminders_enabled,
            Kind::Recovered => self.recovery_enabled,
        }
    }
}

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
        // Stripe tells of events for thirty days: what was pruned sooner would come back.
        for (key, value, days) in [
            ("recovered_orders_days", self.recovered_orders_days, 1..=365),
            ("activity_days", self.activity_days, 7..=3650),
            ("events_days", self.events_days, 31..=3650),
        ] {
            if value.is_some_and(|value| !days.contains(&value)) {
                return Err(WrongValue::Days { key, days });
            }
        }
        Ok(self)
    }

    fn is_empty(&self) -> bool {
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
            }
        )
    }
}

/// Reads them.
pub fn read(connection: &mut PgConnection) -> QueryResult<Settings> {
    settings::table
        .select(Settings::as_select())
        .first(connection)
}

/// Reads them under a shared lock, and so holds them as they are until the caller's transaction ends: what follows from them
/// is there before they change.
pub fn hold(connection: &mut PgConnection) -> QueryResult<Settings> {
    settings::table
        .select(Settings::as_select())
        .for_share()
        .first(connection)
}

/// The settings around a change.
#[derive(Debug, Clone)]
pub struct Changed {
    /// As they stood.
    pub before: Settings,
    /// As they stand.
    pub after: Settings,
}

impl Changed {
    /// Whether unfinished checkouts of other systems are not followed up any more.
    pub fn turned_recovery_off(&self) -> bool {
        self.before.recovery_enabled && !self.after.recovery_enabled
    }
}

/// Sets some; the others stay. What is another value than before goes into the history. What follows
/// from a switch is for the caller, in its transaction.
pub fn change(
    connection: &mut PgConnection,
    change: &Change,
    doing: &Doing,
) -> QueryResult<Changed> {
    connection.transaction(|connection| {
        // Changes take turns, so that each is told against what was before it; and one waits for whoever
        // holds the settings, so that what was scheduled under them is there to be cancelled.
        let before: Settings = settings::table
            .select(Settings::as_select())
            .for_update()
            .first(connection)?;
        if change.is_empty() {
            let after = before.clone();
            return Ok(Changed { before, after });
        }
        let after: Settings = diesel::update(settings::table)
            .set(change)
            .returning(Settings::as_returning())
            .get_result(connection)?;
        record_change(
            connection,
            &changed(&before, &after),
            &changed(&after, &before),
            doing,
        )?;
        Ok(Changed { before, after })
    })
}

/// The keys whose value is another one now, each with it.
fn changed(before: &Settings, after: &Settings) -> Map<String, Value> {
    let keys = |settings: &Settings| match serde_json::to_value(settings) {
        Ok(Value::Object(keys)) => keys,
        _ => Map::new(),
    };
    let before = keys(before);
    keys(after)
        .into_iter()
        .filter(|(key, value)| before.get(key) != Some(value))
        .collect()
}

fn record_change(
    connection: &mut PgConnection,
    changed: &Map<String, Value>,
    before: &Map<String, Value>,
    doing: &Doing,
) -> QueryResult<()> {
    if changed.is_empty() {
        return Ok(());
    }
    let told =
        changed.iter().map(
            |(key, value)| match (in_a_word(&before[key]), in_a_word(value)) {
                (Some(was), Some(is)) => format!("{key} ({was} → {is})"),
                _ => key.clone(),
            },
        );
    let what = format!("settings changed: {}", told.collect::<Vec<_>>().join(", "));
    let mut detail = changed.clone();
    detail.insert("before".to_owned(), Value::Object(before.clone()));
    let line = Line::about(None, Category::Settings, what, doing).detail(Value::Object(detail));
    activity::record(connection, line)
}

/// A switch or a number; a text is too long for a sentence.
fn in_a_word(value: &Value) -> Option<String> {
    match value {
        Value::Bool(true) => Some("on".to_owned()),
        Value::Bool(false) => Some("off".to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
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
    use serde_json::json;

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
    fn only_what_is_another_value_now_counts_as_changed() {
        let before = Settings {
            recovery_enabled: false,
            reminders_enabled: true,
            orphan_cases: false,
            two_person_approval: false,
            notice_text: None,
            recovered_orders_days: 30,
            activity_days: 90,
            events_days: 60,
        };
        let after = Settings {
            reminders_enabled: false,
            notice_text: Some("One reminder.".to_owned()),
            ..before.clone()
        };
        let told = json!({ "reminders_enabled": false, "notice_text": "One reminder." });
        assert_eq!(Value::Object(changed(&before, &after)), told);
        assert!(changed(&before, &before).is_empty());
    }
}
