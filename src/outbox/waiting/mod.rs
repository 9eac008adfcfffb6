//! Why mail waits, and until when: one answer, wherever it is asked.

mod sentence;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Bool, Nullable, Text, Timestamptz},
};
use serde::{Serialize, Serializer};

pub use self::sentence::{cause_in_words, legible};
use super::{State, flow::Cause};
use crate::{mail::Mailer, schema::outbox};

/// Errors that are looked at to find the commonest.
const ERRORS: i64 = 200;

/// Why mail waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// There is no mail server.
    Off,
    /// All of it is paused.
    Paused(Cause),
    /// It is tried, and no server accepts any.
    NothingGetsThrough,
}

impl Why {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Paused(cause) => cause.name(),
            Self::NothingGetsThrough => "nothing_gets_through",
        }
    }
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// That mail waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Why.
    pub cause: Why,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// When it is tried again, or goes on by itself.
    pub until: Option<DateTime<Utc>>,
    /// All of it for people. What a server said is in it, short and without addresses.
    pub sentence: String,
    /// What a server said alone, or which allowance is used up: for pages, which say the rest otherwise.
    #[serde(skip)]
    pub said: String,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Text>)]
    cause: Option<Cause>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    since: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    failing_since: Option<DateTime<Utc>>,
    #[diesel(sql_type = Bool)]
    nothing_gets_through: bool,
}

/// Why mail waits; nothing if it goes out. `mailer`, where it is known, tells whether mail is off.
pub fn waiting(
    connection: &mut PgConnection,
    mailer: Option<&Mailer>,
    now: DateTime<Utc>,
) -> QueryResult<Option<Waiting>> {
    if mailer.is_some_and(|mailer| mailer.server.is_none()) {
        return Ok(Some(because(Why::Off, "", None, None)));
    }
    // Three mails to two domains in ten minutes, or whatever there was in an hour. What was tried in vain
    // long ago says nothing: mails are tried once an hour at least.
    let row: Row = diesel::sql_query(format!(
        "SELECT pause.cause, pause.reason, pause.since, pause.until, flow.failing_since, \
             (flow.failing_at > clock_timestamp() - interval '2 hours' \
             AND (flow.failing_since <= clock_timestamp() - interval '1 hour' \
                  OR flow.failing_since <= clock_timestamp() - interval '10 minutes' \
                     AND cardinality(flow.failing_mails) >= {mails} AND cardinality(flow.failing_domains) >= {domains}) \
             AND EXISTS (SELECT FROM outbox WHERE state = '{queued}' AND attempts > 0 \
                 AND (due_at IS NULL OR due_at <= $1))) IS TRUE AS nothing_gets_through \
         FROM mail_flow flow LEFT JOIN outbox_pause pause ON true",
        mails = super::flow::state::FAILING_MAILS,
        domains = super::flow::state::FAILING_DOMAINS,
        queued = State::Queued
    ))
    .bind::<Timestamptz, _>(now)
    .get_result(connection)?;
    if let Some(cause) = row.cause {
        let said = row.reason.as_deref().unwrap_or_default();
        return Ok(Some(because(
            Why::Paused(cause),
            said,
            row.since,
            row.until,
        )));
    }
    if !row.nothing_gets_through {
        return Ok(None);
    }
    let said = commonest_error(connection)?;
    Ok(Some(because(
        Why::NothingGetsThrough,
        &said,
        row.failing_since,
        None,
    )))
}

fn because(
    cause: Why,
    said: &str,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
) -> Waiting {
    Waiting {
        sentence: sentence::sentence(cause, said, since, until),
        said: legible(said),
        cause,
        since,
        until,
    }
}

/// The commonest last error of mails that wait, without what differs from mail to mail.
fn commonest_error(connection: &mut PgConnection) -> QueryResult<String> {
    let errors: Vec<Option<String>> = outbox::table
        .filter(outbox::state.eq(State::Queued))
        .filter(outbox::attempts.gt(0))
        .filter(outbox::last_error.is_not_null())
        .order(outbox::not_before.desc())
        .limit(ERRORS)
        .select(outbox::last_error)
        .load(connection)?;
    let mut counts: HashMap<String, usize> = HashMap::new();
    for error in errors.into_iter().flatten() {
        *counts.entry(legible(&error)).or_default() += 1;
    }
    let commonest = counts
        .into_iter()
        .max_by(|(one, more), (other, less)| more.cmp(less).then(other.cmp(one)));
    Ok(commonest.map_or(String::new(), |(error, _)| error))
}
