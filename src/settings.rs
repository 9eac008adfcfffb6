//! Switches that people turn while the service runs: one row in the database.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::schema::settings;

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
}

/// Some of them, to be set.
#[derive(Debug, Clone, Default, Deserialize, AsChangeset)]
#[serde(deny_unknown_fields)]
#[diesel(table_name = settings)]
pub struct Change {
    recovery_enabled: Option<bool>,
    reminders_enabled: Option<bool>,
    orphan_cases: Option<bool>,
    two_person_approval: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    notice_text: Option<Option<String>>,
}

/// A notice is longer than Stripe takes, or holds what cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("notice_text must have 1 to 1200 characters, or be null for our own words")]
pub struct WrongNotice;

impl Change {
    /// Checks what the columns cannot say.
    ///
    /// # Errors
    /// [`WrongNotice`].
    pub fn check(self) -> Result<Self, WrongNotice> {
        match &self.notice_text {
            Some(Some(text))
                if text.trim().is_empty()
                    || text.chars().count() > 1_200
                    || text.contains('\0') =>
            {
                Err(WrongNotice)
            }
            _ => Ok(self),
        }
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
            }
        )
    }
}

/// Reads them.
///
/// # Errors
/// What PostgreSQL says.
pub fn read(connection: &mut PgConnection) -> QueryResult<Settings> {
    settings::table
        .select(Settings::as_select())
        .first(connection)
}

/// Sets some; the others stay.
///
/// # Errors
/// What PostgreSQL says.
pub fn change(connection: &mut PgConnection, change: &Change) -> QueryResult<Settings> {
    if !change.is_empty() {
        diesel::update(settings::table)
            .set(change)
            .execute(connection)?;
    }
    read(connection)
}

/// `null` is something that was said, unlike a key that is missing.
fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}
