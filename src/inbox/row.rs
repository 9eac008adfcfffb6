//! Events as rows: insert once, claim under a lease, finish.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Bytea, Integer, Nullable, Text},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Outcome;
use crate::{gateway::event::Envelope, schema::stripe_events, settlement::FoundBy};

/// Why nothing can follow from a body that is no event.
pub const NO_EVENT: &str = "the body is signed, but is no event: it is not JSON or has no id";

/// An event to be kept.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = stripe_events)]
pub struct NewEvent {
    pub(super) id: String,
    pub(super) received_at: DateTime<Utc>,
    type_: String,
    livemode: Option<bool>,
    created_at: Option<DateTime<Utc>>,
    body: Vec<u8>,
    state: &'static str,
    last_error: Option<&'static str>,
    source: &'static str,
}

/// Who brings an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Stripe, by itself.
    Webhook,
    /// The sweep, which found that it never came.
    Sweep,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Sweep => "sweep",
        }
    }
}

impl NewEvent {
    /// An event as it came. One that is not JSON, or has no id that can be kept, goes under an id
    /// made of its hash.
    pub fn of(body: Vec<u8>, source: Source, received_at: DateTime<Utc>) -> Self {
        let source = source.name();
        match Envelope::read(&body) {
            Some(Envelope {
                id,
                kind,
                livemode,
                created,
            }) => Self {
                id,
                type_: kind,
                livemode,
                created_at: created,
                body,
                received_at,
                state: "pending",
                last_error: None,
                source,
            },
            None => Self {
                id: format!("sha256:{}", hex::encode(Sha256::digest(&body))),
                type_: String::new(),
                livemode: None,
                created_at: None,
                body,
                received_at,
                state: "failed",
                last_error: Some(NO_EVENT),
                source,
            },
        }
    }
}

/// Keeps events that are not kept yet; tells which were new.
///
/// # Errors
/// What PostgreSQL says.
pub fn insert(connection: &mut PgConnection, events: &[NewEvent]) -> QueryResult<Vec<String>> {
    diesel::insert_into(stripe_events::table)
        .values(events)
        .on_conflict(stripe_events::id)
        .do_nothing()
        .returning(stripe_events::id)
        .get_results(connection)
}

/// The webhook of an event that the sweep brought has come after all.
///
/// # Errors
/// What PostgreSQL says.
pub(super) fn delivered(
    connection: &mut PgConnection,
    ids: &[String],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let missed = stripe_events::table
        .filter(stripe_events::id.eq_any(ids))
        .filter(stripe_events::source.eq(Source::Sweep.name()))
        .filter(stripe_events::delivered_at.is_null());
    diesel::update(missed)
        .set(stripe_events::delivered_at.eq(now))
        .execute(connection)
        .map(drop)
}

/// An event that this worker works on.
#[derive(Debug, QueryableByName)]
pub struct Claimed {
    #[diesel(sql_type = Text)]
    pub id: String,
    #[diesel(sql_type = Text, column_name = "type")]
    pub kind: String,
    #[diesel(sql_type = Nullable<Bool>)]
    pub livemode: Option<bool>,
    #[diesel(sql_type = Bytea)]
    pub body: Vec<u8>,
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    #[diesel(sql_type = Text)]
    source: String,
}

impl Claimed {
    /// Who found what it tells.
    pub fn found_by(&self) -> FoundBy {
        if self.source == Source::Sweep.name() {
            FoundBy::Sweep
        } else {
            FoundBy::Webhook
        }
    }
}

/// Claims the oldest pending events that nobody works on, for a minute of the database's clock.
pub fn claim(connection: &mut PgConnection, limit: i64) -> QueryResult<Vec<Claimed>> {
    diesel::sql_query(
        "UPDATE stripe_events SET claimed_until = clock_timestamp() + interval '1 minute', attempts = attempts + 1 \
         WHERE id IN (SELECT id FROM stripe_events \
                      WHERE state = 'pending' AND not_before <= clock_timestamp() \
                        AND (claimed_until IS NULL OR claimed_until < clock_timestamp()) \
                      ORDER BY not_before, received_at LIMIT $1 FOR UPDATE SKIP LOCKED) \
         RETURNING id, type, livemode, body, attempts, source",
    )
    .bind::<BigInt, _>(limit)
    .load(connection)
}

/// Writes what became of a claimed event; a worker who comes late changes nothing. `Later` waits twice as long each time, up to an hour.
pub fn finish(connection: &mut PgConnection, id: &str, outcome: &Outcome) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE stripe_events SET state = $2, last_error = $3, claimed_until = NULL, \
             not_before = CASE WHEN $2 = 'pending' \
                 THEN clock_timestamp() + least(interval '1 hour', interval '1 second' * power(2, least(attempts, 12))) \
                 ELSE not_before END \
         WHERE id = $1 AND state = 'pending'",
    )
    .bind::<Text, _>(id)
    .bind::<Text, _>(outcome.name())
    .bind::<Nullable<Text>, _>(outcome.why())
    .execute(connection)
    .map(drop)
}

impl Outcome {
    /// The state that is stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Processed => "processed",
            Self::Ignored(_) => "ignored",
            Self::Later(_) => "pending",
            Self::Failed(_) => "failed",
        }
    }

    fn why(&self) -> Option<&str> {
        match self {
            Self::Processed => None,
            Self::Ignored(why) | Self::Later(why) | Self::Failed(why) => Some(why),
        }
    }
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// To be worked on.
    Pending,
    /// Acted on.
    Processed,
    /// Kept, and nothing follows.
    Ignored,
    /// A person must look.
    Failed,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processed => "processed",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
        }
    }
}

/// An event as ops see it; never its body, which holds addresses.
#[derive(Debug, Clone, Serialize, Queryable, Selectable)]
#[diesel(table_name = stripe_events)]
pub struct Event {
    /// `evt_…`, or `sha256:…` for a body without an id.
    pub id: String,
    /// Such as `checkout.session.completed`.
    #[serde(rename = "type")]
    pub type_: String,
    /// `pending`, `processed`, `ignored` or `failed`.
    pub state: String,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// How often it was worked on.
    pub attempts: i32,
    /// Why nothing follows, or what went wrong.
    pub last_error: Option<String>,
}

/// A page of events, newest first; `before` is where the page before ended.
///
/// # Errors
/// What PostgreSQL says.
pub fn list(
    connection: &mut PgConnection,
    state: Option<State>,
    before: Option<(DateTime<Utc>, String)>,
    limit: i64,
) -> QueryResult<Vec<Event>> {
    let mut query = stripe_events::table
        .select(Event::as_select())
        .order((stripe_events::received_at.desc(), stripe_events::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(stripe_events::state.eq(state.name()));
    }
    if let Some((at, id)) = before {
        query = query.filter(
            stripe_events::received_at
                .lt(at)
                .or(stripe_events::received_at
                    .eq(at)
                    .and(stripe_events::id.lt(id))),
        );
    }
    query.load(connection)
}

/// What an event holds whose content was erased, for a person who asked.
pub const ERASED: &[u8] = b"{}";

/// What became of the wish to work on an event again.
#[derive(Debug, Clone)]
pub enum Replayed {
    /// It is pending again.
    Pending(Event),
    /// It was erased: there is nothing to work on.
    Erased,
    /// There is none with this id.
    NoEvent,
}

/// Sets an event back to pending, to be worked on again.
///
/// # Errors
/// What PostgreSQL says.
pub fn replay(connection: &mut PgConnection, id: &str) -> QueryResult<Replayed> {
    let event = stripe_events::table.find(id);
    let pending = diesel::update(event.filter(stripe_events::body.ne(ERASED)))
        .set((
            stripe_events::state.eq("pending"),
            stripe_events::attempts.eq(0),
            stripe_events::last_error.eq(None::<String>),
            stripe_events::claimed_until.eq(None::<DateTime<Utc>>),
            stripe_events::not_before.eq(DateTime::UNIX_EPOCH),
        ))
        .returning(Event::as_returning())
        .get_result(connection)
        .optional()?;
    if let Some(pending) = pending {
        return Ok(Replayed::Pending(pending));
    }
    let stands = diesel::select(diesel::dsl::exists(event)).get_result(connection)?;
    Ok(if stands {
        Replayed::Erased
    } else {
        Replayed::NoEvent
    })
}
