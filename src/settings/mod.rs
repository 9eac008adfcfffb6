//! Switches that people turn while the service runs: one row in the database.

mod change;
mod switch;

use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};

pub use self::{
    change::{ACTIVITY_DAYS, CART_DAYS, Change, EVENTS_DAYS, VISITS_MONTHS, WrongValue},
    switch::Switch,
};
use crate::{
    activity::{self, Category, Doing, Line},
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
    /// Months until counts of visits are pruned; none are counted if there are none.
    pub visits_months: i32,
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

/// Reads them, and holds them against every other change until the caller's transaction ends. Changes take
/// turns, so that each is told against what was before it; and one waits for whoever holds the settings, so
/// that what was scheduled under them is there to be cancelled.
pub fn lock(connection: &mut PgConnection) -> QueryResult<Settings> {
    settings::table
        .select(Settings::as_select())
        .for_update()
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
        let before = lock(connection)?;
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
            visits_months: 12,
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
