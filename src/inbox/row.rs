//! Events as rows: insert once, claim under a lease, finish.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Bool, Bytea, Integer, Nullable, Text, Timestamptz},
};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Outcome;
use crate::{
    activity::{self, Category, Doing, Line},
    column::column_enum,
    gateway::event::Envelope,
    schema::stripe_events,
};

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
    state: State,
    last_error: Option<&'static str>,
    source: Source,
}

column_enum! {
    /// Who brings an event.
    pub enum Source {
        /// Stripe, by itself.
        Webhook = "webhook",
        /// The sweep, which found that it never came.
        Sweep = "sweep",
    }
}

impl Source {
    fn doing(self, at: DateTime<Utc>) -> Doing {
        Doing {
            actor: format!("stripe, by {self}"),
            at,
            note: None,
        }
    }
}

column_enum! {
    /// Where an event stands.
    pub enum State {
        /// To be worked on.
        Pending = "pending",
        /// Acted on.
        Processed = "processed",
        /// Kept, and nothing follows.
        Ignored = "ignored",
        /// A person must look.
        Failed = "failed",
    }
}

impl NewEvent {
    /// An event as it came. One that is not JSON, or has no id that can be kept, goes under an id
    /// made of its hash.
    pub fn of(body: Vec<u8>, source: Source, received_at: DateTime<Utc>) -> Self {
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
                state: State::Pending,
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
                state: State::Failed,
                last_error: Some(NO_EVENT),
                source,
            },
        }
    }
}

/// Keeps events that are not kept yet; tells which were new. One that is no event has failed for good
/// with that, and its line is written in the same transaction.
///
/// # Errors
/// What PostgreSQL says.
pub fn insert(connection: &mut PgConnection, events: &[NewEvent]) -> QueryResult<Vec<String>> {
    let keep = |connection: &mut PgConnection| {
        diesel::insert_into(stripe_events::table)
            .values(events)
            .on_conflict(stripe_events::id)
            .do_nothing()
            .returning(stripe_events::id)
            .get_results::<String>(connection)
    };
    let has_failed = |event: &&NewEvent| event.state == State::Failed;
    // As nearly always: one statement needs no transaction around it.
    if !events.iter().any(|event| has_failed(&event)) {
        return keep(connection);
    }
    connection.transaction(|connection| {
        let new = keep(connection)?;
        let failed = events.iter().filter(has_failed);
        let lines = failed
            .filter(|event| new.contains(&event.id))
            .map(|event| failed_for_good(&event.id, &event.type_, event.source, event.received_at));
        activity::record_all(connection, lines.collect())?;
        Ok(new)
    })
}

/// The line that tells the shop. It says neither why nor what the event says: both may hold an address.
fn failed_for_good(id: &str, kind: &str, source: Source, at: DateTime<Utc>) -> Line {
    let kind = if kind.is_empty() { "of no type" } else { kind };
    let what = format!(
        "an event of Stripe failed for good: {kind} ({id}). \
         GET /api/v1/events?state=failed says why; replay it once that is mended"
    );
    Line::about(None, Category::Webhook, what, &source.doing(at))
        .attention()
        .detail(json!({ "event": id, "type": kind }))
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
        .filter(stripe_events::source.eq(Source::Sweep))
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
    pub source: Source,
}

/// Claims the oldest pending events that nobody works on, for a minute of the database's clock: a
/// worker that dies gives them back with that. Another worker passes over rows that are being claimed.
pub fn claim(connection: &mut PgConnection, limit: i64) -> QueryResult<Vec<Claimed>> {
    // A literal, so that the partial index is used.
    diesel::sql_query(format!(
        "UPDATE stripe_events SET claimed_until = clock_timestamp() + interval '1 minute', attempts = attempts + 1 \
         WHERE id IN (SELECT id FROM stripe_events \
                      WHERE state = '{pending}' AND not_before <= clock_timestamp() \
                        AND (claimed_until IS NULL OR claimed_until < clock_timestamp()) \
                      ORDER BY not_before, received_at LIMIT $1 FOR UPDATE SKIP LOCKED) \
         RETURNING id, type, livemode, body, attempts, source",
        pending = State::Pending
    ))
    .bind::<BigInt, _>(limit)
    .load(connection)
}

/// Writes what became of a claimed event; a worker who comes late changes nothing. `Later` waits twice as
/// long each time, up to an hour. One that fails for good is told in the same transaction: once, since a
/// replay alone makes it pending again.
pub fn finish(
    connection: &mut PgConnection,
    event: &Claimed,
    outcome: &Outcome,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    match outcome {
        Outcome::Processed | Outcome::Ignored(_) => end(connection, &event.id, outcome).map(drop),
        Outcome::Later(why) => wait(connection, &event.id, why),
        Outcome::Failed(_) => connection.transaction(|connection| {
            if end(connection, &event.id, outcome)? > 0 {
                let line = failed_for_good(&event.id, &event.kind, event.source, now);
                activity::record(connection, line)?;
            }
            Ok(())
        }),
    }
}

fn end(connection: &mut PgConnection, id: &str, outcome: &Outcome) -> QueryResult<usize> {
    diesel::update(pending(id))
        .set((
            stripe_events::state.eq(outcome.state()),
            stripe_events::last_error.eq(outcome.why()),
            stripe_events::claimed_until.eq(None::<DateTime<Utc>>),
        ))
        .execute(connection)
}

fn wait(connection: &mut PgConnection, id: &str, why: &str) -> QueryResult<()> {
    let next_try = "clock_timestamp() + least(interval '1 hour', interval '1 second' * power(2, least(attempts, 12)))";
    diesel::update(pending(id))
        .set((
            stripe_events::last_error.eq(why),
            stripe_events::claimed_until.eq(None::<DateTime<Utc>>),
            stripe_events::not_before.eq(sql::<Timestamptz>(next_try)),
        ))
        .execute(connection)
        .map(drop)
}

#[diesel::dsl::auto_type]
fn pending<'a>(id: &'a str) -> _ {
    let state: State = State::Pending;
    stripe_events::table
        .find(id)
        .filter(stripe_events::state.eq(state))
}

impl Outcome {
    /// The state that is stored.
    pub fn state(&self) -> State {
        match self {
            Self::Processed => State::Processed,
            Self::Ignored(_) => State::Ignored,
            Self::Later(_) => State::Pending,
            Self::Failed(_) => State::Failed,
        }
    }

    fn why(&self) -> Option<&str> {
        match self {
            Self::Processed => None,
            Self::Ignored(why) | Self::Later(why) | Self::Failed(why) => Some(why),
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
    /// Where it stands.
    pub state: State,
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
        query = query.filter(stripe_events::state.eq(state));
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
            stripe_events::state.eq(State::Pending),
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
