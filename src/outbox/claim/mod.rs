//! Claiming mails: a few at a time, under a lease on the database's clock, every gate asked again.

mod alone;
mod candidate;
mod facts;
mod failed;
mod row;

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::{
    Connection,
    prelude::*,
    sql_types::{Array, BigInt, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

pub(super) use self::alone::Alone;
use self::{candidate::Candidate, facts::ClaimFacts, failed::fail};
use super::{
    Kind, State,
    gate::{Flaw, Ruling, rule_on},
};
use crate::{app::App, mail, suppression::AddressHash};

/// Which rows wait for their turn: `$1` is the service's own time, `$2` the kinds that this version knows;
/// others are left to a newer one. A mailing's mail without its mailing is due, to end. The state is a
/// literal, since the partial index `outbox_due` is used for no parameter.
fn due() -> String {
    format!(
        "mail.state = '{}' AND mail.kind = ANY($2) AND mail.not_before <= clock_timestamp() \
         AND (mail.due_at IS NULL OR mail.due_at <= $1) \
         AND (mail.kind <> '{}' OR mail.blast_id IS NULL OR EXISTS \
             (SELECT FROM blasts WHERE blasts.id = mail.blast_id AND blasts.state = '{}'))",
        State::Queued,
        Kind::Blast,
        mail::BlastState::Sending
    )
}

/// A mail that this worker hands over.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The row.
    pub id: Uuid,
    /// Our claim on it: its outcome is written under this alone.
    pub claim: Uuid,
    /// What it is.
    pub kind: Kind,
    /// Whom it goes to.
    pub address: String,
    /// The same, hashed.
    pub address_hash: AddressHash,
    /// What it says.
    pub text: mail::Text,
    /// `<…@…>`
    pub message_id: String,
    /// How often it has been tried, this time included.
    pub attempts: i32,
    /// What it is about.
    pub orders: Vec<Uuid>,
}

/// How things stand before anything is claimed.
#[derive(Debug, QueryableByName)]
pub struct Waiting {
    /// Mails that are due, counted as far as it matters.
    #[diesel(sql_type = BigInt)]
    pub due: i64,
    /// Everything is paused, for so many seconds more; none left means that one mail may try.
    #[diesel(sql_type = Nullable<Double>)]
    pub paused: Option<f64>,
    /// Seconds until the pace allows the next mail.
    #[diesel(sql_type = Double)]
    pub turn: f64,
}

/// Looks without taking anything.
pub fn waiting(
    connection: &mut PgConnection,
    most: i64,
    now: DateTime<Utc>,
) -> QueryResult<Waiting> {
    diesel::sql_query(format!(
        "SELECT (SELECT count(*) FROM (SELECT FROM outbox mail WHERE {} LIMIT $3) due) AS due, \
             (SELECT extract(epoch FROM until - clock_timestamp())::double precision FROM outbox_pause) AS paused, \
             (SELECT extract(epoch FROM next_at - clock_timestamp())::double precision FROM pace WHERE name = 'mails') AS turn",
        due()
    ))
    .bind::<Timestamptz, _>(now)
    .bind::<Array<Text>, _>(&Kind::ALL[..])
    .bind::<BigInt, _>(most)
    .get_result(connection)
}

/// Claims up to `most` mails under the id `claim` that are due and that every gate lets through; the
/// others end here.
pub fn claim(
    connection: &mut PgConnection,
    app: &App,
    claim: Uuid,
    most: i64,
) -> QueryResult<Vec<Claimed>> {
    let now = app.clock.now();
    connection.transaction(|connection| {
        if !take_turns(connection, most, app.mailer.per_second)? {
            return Ok(Vec::new());
        }
        let rows = row::load(connection, most, now)?;
        of_these(connection, app, claim, rows)
    })
}

/// Asks every gate about these, and takes those that they let through; a row that cannot be read ends
/// here.
fn of_these(
    connection: &mut PgConnection,
    app: &App,
    claim: Uuid,
    rows: Vec<row::Row>,
) -> QueryResult<Vec<Claimed>> {
    let now = app.clock.now();
    let candidates = candidates(connection, rows, now)?;
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let facts = ClaimFacts::load(connection, &candidates, now)?;
    let mut claimed = Vec::new();
    for candidate in candidates {
        claimed.extend(one(connection, app, claim, candidate, &facts)?);
    }
    take(connection, &claimed, claim, app.mailer.lease)?;
    Ok(claimed)
}

/// The mails whose turn has come; those whose row cannot be read end here.
fn candidates(
    connection: &mut PgConnection,
    rows: Vec<row::Row>,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Candidate>> {
    let mut candidates = Vec::new();
    for row in rows {
        let about = (row.id, row.kind());
        match row.read() {
            Ok(candidate) => candidates.push(candidate),
            Err(why) => fail(connection, about, &why, now)?,
        }
    }
    Ok(candidates)
}

/// Asks every gate about one mail, and does what they say; `None` if it is not sent now.
fn one(
    connection: &mut PgConnection,
    app: &App,
    claim: Uuid,
    mut mail: Candidate,
    facts: &ClaimFacts,
) -> QueryResult<Option<Claimed>> {
    let now = app.clock.now();
    let about = (mail.id, Some(mail.kind));
    let (orders, asked) = facts.of(&mail, app, now);
    let ruling = rule_on(&asked);
    match (ruling, mail.text.take(), &orders[..]) {
        (Ruling::Send, Some(text), orders) => return Ok(Some(mail.claimed(claim, orders, text))),
        (Ruling::WriteAndSend, _, [order]) => {
            let written = mail.written(connection, app, claim, order, facts);
            return written.map(Some);
        }
        // The gate sends nothing without words, and writes about one order alone.
        (Ruling::Send | Ruling::WriteAndSend, ..) => {
            fail(connection, about, &facts.why(&mail, Flaw::Unreadable), now)?;
        }
        (Ruling::Suppress, ..) => mail.suppress(connection)?,
        (Ruling::Cancel(reason), ..) => mail.cancel(connection, reason)?,
        (Ruling::Outdated, ..) => mail.outdated(connection)?,
        (Ruling::Wait, ..) => mail.wait(connection)?,
        (Ruling::Impossible(flaw), ..) => fail(connection, about, &facts.why(&mail, flaw), now)?,
    }
    Ok(None)
}

/// Gives back what was claimed under an id whose answer never reached us: none of it was handed over.
pub fn release(connection: &mut PgConnection, claim: Uuid) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE outbox SET state = $2, claimed_until = NULL, claim_id = NULL, attempts = attempts - 1 \
         WHERE claim_id = $1 AND state = ANY($3)",
    )
    .bind::<SqlUuid, _>(claim)
    .bind::<Text, _>(State::Queued)
    .bind::<Array<Text>, _>(vec![State::Sending, State::Unknown])
    .execute(connection)
    .map(drop)
}

/// Takes turns of the pace, if it is ours. The row stays locked, so that replicas claim one after the
/// other. Claiming fewer mails than turns were taken for wastes the pace, and does no harm.
fn take_turns(connection: &mut PgConnection, mails: i64, per_second: f64) -> QueryResult<bool> {
    let mails = i32::try_from(mails).unwrap_or(i32::MAX);
    let taken = diesel::sql_query(
        "UPDATE pace SET next_at = clock_timestamp() + make_interval(secs => $1) \
         WHERE name = 'mails' AND next_at <= clock_timestamp()",
    )
    .bind::<Double, _>(f64::from(mails) / per_second)
    .execute(connection)?;
    Ok(taken > 0)
}

fn take(
    connection: &mut PgConnection,
    claimed: &[Claimed],
    claim: Uuid,
    lease: Duration,
) -> QueryResult<()> {
    if claimed.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = claimed.iter().map(|mail| mail.id).collect();
    diesel::sql_query(format!(
        "UPDATE outbox SET state = '{}', claim_id = $2, attempts = attempts + 1, \
             claimed_until = clock_timestamp() + make_interval(secs => $3) \
         WHERE id = ANY($1)",
        State::Sending
    ))
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<SqlUuid, _>(claim)
    .bind::<Double, _>(lease.as_secs_f64())
    .execute(connection)
    .map(drop)
}
