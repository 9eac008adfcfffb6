//! Events as rows: claimed under a lease, finished once.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Bool, Bytea, Integer, Nullable, Text, Timestamptz},
};

use super::new::failed_for_good;
use crate::{
    activity::{self, Doing},
    column::column_enum,
    foreign_text::{ForeignText, Limit},
    schema::stripe_events,
};

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
    pub(super) fn doing(self, at: DateTime<Utc>) -> Doing {
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

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Our rows are in line with it.
    Processed,
    /// Kept, and nothing follows from it; the reason is for ops.
    Ignored(String),
    /// It could not be acted on now; it is tried again later.
    Later(String),
    /// It cannot be acted on; a person must look.
    Failed(String),
}

/// An event that this worker works on.
#[derive(Debug, QueryableByName)]
pub struct Claimed {
    /// `evt_…`
    #[diesel(sql_type = Text)]
    pub id: String,
    /// Its type.
    #[diesel(sql_type = Text, column_name = "type")]
    pub kind: String,
    /// Of which mode it is, where it says so.
    #[diesel(sql_type = Nullable<Bool>)]
    pub livemode: Option<bool>,
    /// As it came.
    #[diesel(sql_type = Bytea)]
    pub body: Vec<u8>,
    /// How often it was claimed, this time too.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    /// Which way it came.
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

/// Since when the oldest event waits that is to be worked on now and that nobody works on.
pub fn oldest_pending(connection: &mut PgConnection) -> QueryResult<Option<DateTime<Utc>>> {
    #[derive(QueryableByName)]
    struct Oldest {
        #[diesel(sql_type = Nullable<Timestamptz>)]
        since: Option<DateTime<Utc>>,
    }
    // A literal, so that the partial index is used.
    let oldest: Oldest = diesel::sql_query(format!(
        "SELECT min(greatest(received_at, not_before)) AS since FROM stripe_events \
         WHERE state = '{pending}' AND not_before <= clock_timestamp() \
           AND (claimed_until IS NULL OR claimed_until < clock_timestamp())",
        pending = State::Pending
    ))
    .get_result(connection)?;
    Ok(oldest.since)
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
        Outcome::Later(_) => wait(connection, &event.id, outcome),
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
            stripe_events::last_error.eq(outcome.why().map(String::from)),
            stripe_events::claimed_until.eq(None::<DateTime<Utc>>),
        ))
        .execute(connection)
}

fn wait(connection: &mut PgConnection, id: &str, outcome: &Outcome) -> QueryResult<()> {
    let next_try = "clock_timestamp() + least(interval '1 hour', interval '1 second' * power(2, least(attempts, 12)))";
    diesel::update(pending(id))
        .set((
            stripe_events::last_error.eq(outcome.why().map(String::from)),
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

/// What makes an event pending again.
#[derive(AsChangeset)]
#[diesel(table_name = stripe_events, treat_none_as_null = true)]
pub(super) struct Again {
    state: State,
    attempts: i32,
    last_error: Option<String>,
    claimed_until: Option<DateTime<Utc>>,
    not_before: DateTime<Utc>,
}

impl Default for Again {
    fn default() -> Self {
        Self {
            state: State::Pending,
            attempts: 0,
            last_error: None,
            claimed_until: None,
            not_before: DateTime::UNIX_EPOCH,
        }
    }
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

    /// What is stored and logged of the reason: PostgreSQL, Stripe or the event itself may have said it.
    pub fn why(&self) -> Option<ForeignText> {
        match self {
            Self::Processed => None,
            Self::Ignored(why) | Self::Later(why) | Self::Failed(why) => {
                Some(ForeignText::new(why, Limit::SENTENCE))
            }
        }
    }
}
