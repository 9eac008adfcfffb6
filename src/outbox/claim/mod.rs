//! Claiming mails: a few at a time, under a lease on the database's clock, every gate asked again.

mod account;
mod ahead;
mod alone;
mod candidate;
mod facts;
mod failed;
mod plain;
mod row;
mod trying;

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::{
    Connection,
    prelude::*,
    sql_types::{
        Array, BigInt, Bool, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
    },
};
use uuid::Uuid;

pub(super) use self::{
    ahead::{Ahead, Read, Ready, Seen, read_ahead},
    alone::Alone,
    plain::{Inbox, Taken, take_plainly},
    row::DOMAIN,
};
use self::{
    candidate::Candidate,
    facts::ClaimFacts,
    failed::fail,
    trying::{may_still_try, try_with},
};
use super::{
    Kind, State,
    flow::Cause,
    gate::{Flaw, Ruling, rule_on},
    ledger::{self, THIS_ROW},
    pacing::{RATE, take_turns},
    pause::STOOD_STILL,
    speed,
    turn::{Look, Paused, Which},
};
use crate::{app::App, db::prepared_sql, mail, suppression::AddressHash};

/// Which rows wait for their turn: `$1` is the service's own time, `$2` the kinds that this version knows;
/// others are left to a newer one. A mailing's mail without its mailing is due, to end. The state is a
/// literal, and so is the wave, since the partial index `outbox_due` is used for no parameter. What a mailing
/// holds until its first wave has gone is not due, whatever else its row says.
fn due() -> String {
    let queued = State::Queued;
    format!("mail.state = '{queued}' AND {}", due_if_queued("$1", "$2"))
}

/// Whether its mailing does not hold it.
pub const LET_GO: &str = "mail.wave IS DISTINCT FROM 'rest'";

fn due_if_queued(now: &str, kinds: &str) -> String {
    format!(
        "{LET_GO} AND mail.kind = ANY({kinds}) AND mail.not_before <= clock_timestamp() \
         AND (mail.due_at IS NULL OR mail.due_at <= {now}) \
         AND (mail.kind <> '{}' OR mail.blast_id IS NULL OR EXISTS \
             (SELECT FROM blasts WHERE blasts.id = mail.blast_id AND blasts.state = '{}'))",
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
    /// The refusal of a streak that it came back from.
    pub returned: Option<String>,
    /// The ledger's row that counts it.
    pub counted_at: DateTime<Utc>,
    /// It passed a pause, or may try for all others: its outcome is about more than itself.
    pub passed_a_pause: bool,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    due: i64,
    #[diesel(sql_type = Bool)]
    alert_is_due: bool,
    #[diesel(sql_type = Bool)]
    asked_is_due: bool,
    #[diesel(sql_type = Nullable<Text>)]
    cause: Option<Cause>,
    #[diesel(sql_type = Nullable<Double>)]
    seconds: Option<f64>,
    #[diesel(sql_type = Nullable<Bool>)]
    is_tried: Option<bool>,
    #[diesel(sql_type = Double)]
    turn: f64,
    #[diesel(sql_type = Nullable<Double>)]
    rate: Option<f64>,
}

/// Looks without taking anything.
pub fn look(connection: &mut PgConnection, app: &App, most: i64) -> QueryResult<Look> {
    let per_second = app.mailer.per_second;
    // The kinds that go before others are literals, for their partial index.
    let (due, alert, asked) = (due(), is_an_alert(), "mail.asked_at > pause.tried_at");
    let row: Row = prepared_sql(format!(
        "SELECT (SELECT count(*) FROM (SELECT FROM outbox mail WHERE {due} LIMIT {most}) due) AS due, \
             EXISTS (SELECT FROM outbox mail WHERE {due} AND {alert}) AS alert_is_due, \
             EXISTS (SELECT FROM outbox mail WHERE {due} AND {asked}) AS asked_is_due, \
             pause.cause, extract(epoch FROM pause.until - clock_timestamp())::double precision AS seconds, \
             coalesce(pause.trying_until > clock_timestamp(), false) AS is_tried, \
             extract(epoch FROM pace.next_at - clock_timestamp())::double precision AS turn, \
             CASE WHEN pace.rate IS NOT NULL THEN {rate} END AS rate \
         FROM pace LEFT JOIN outbox_pause pause ON true WHERE pace.name = 'mails'",
        // `$2` is the kinds here.
        rate = RATE.replace("$2", "$4")
    ))
    .bind::<Timestamptz, _>(app.clock.now())
    .bind::<Array<Text>, _>(&Kind::ALL[..])
    .bind::<Double, _>(speed::growth(per_second))
    .bind::<Double, _>(per_second)
    .get_result(connection)?;
    let allowance = ledger::allowance(connection, &app.mailer.limits, app.mailer.lease)?;
    Ok(Look {
        due: usize::try_from(row.due).unwrap_or(0),
        alert_is_due: row.alert_is_due,
        asked_is_due: row.asked_is_due,
        paused: row.cause.map(|cause| Paused {
            cause,
            seconds: row.seconds.unwrap_or(0.0),
            is_tried: row.is_tried.unwrap_or(false),
        }),
        turn: row.turn,
        rate: row.rate,
        allowance: allowance.mails(),
    })
}

/// An alert, or what lets somebody in.
fn is_an_alert() -> String {
    format!("mail.kind IN ({})", Kind::before_all())
}

/// Claims up to `most` mails under the id `claim` that are due and that every gate lets through; the
/// others end here.
pub fn claim(
    connection: &mut PgConnection,
    app: &App,
    claim: Uuid,
    (which, most): (Which, i64),
) -> QueryResult<Vec<Claimed>> {
    let now = app.clock.now();
    connection.transaction(|connection| {
        if !take_turns(connection, most, app.mailer.per_second, which != Which::Any)? {
            return Ok(Vec::new());
        }
        let most = may_be_claimed(connection, app, (which, most))?;
        if most == 0 {
            return Ok(Vec::new());
        }
        let rows = row::lock(connection, &app.mailer.domain, (which, most), now)?;
        of_these(connection, app, claim, (which, rows))
    })
}

/// How many of them may be claimed now.
fn may_be_claimed(
    connection: &mut PgConnection,
    app: &App,
    (which, most): (Which, i64),
) -> QueryResult<i64> {
    // With the pace's row locked: another replica's claims are counted already.
    let allowance = ledger::allowance(connection, &app.mailer.limits, app.mailer.lease)?;
    let most = match which {
        Which::Alerts => most,
        _ => allowance.mails().map_or(most, |mails| most.min(mails)),
    };
    if most < 1 || !may_still_try(connection, which)? {
        return Ok(0);
    }
    Ok(most)
}

/// Asks every gate about these, and takes those that they let through; a row that cannot be read ends
/// here.
fn of_these(
    connection: &mut PgConnection,
    app: &App,
    claim: Uuid,
    (which, rows): (Which, Vec<row::Row>),
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
    for mail in &mut claimed {
        mail.passed_a_pause = which != Which::Any;
    }
    take(connection, &mut claimed, claim, app.mailer.lease)?;
    if let (Which::Asked | Which::Probe | Which::Alerts, [mail]) = (which, &claimed[..]) {
        try_with(connection, app, mail)?;
    }
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
        (Ruling::WriteAndSend, _, []) if mail.kind == Kind::Account => {
            return account::written(connection, app, claim, mail);
        }
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

/// What is written of a mail that is taken in hand under a claim, for so many seconds.
fn in_hand(claim: &str, seconds: &str) -> String {
    format!(
        "state = '{}', claim_id = {claim}, attempts = attempts + 1, \
             queued_at = CASE WHEN attempts = 0 THEN clock_timestamp() - make_interval(secs => {STOOD_STILL}) \
                 ELSE queued_at END, \
             claimed_until = clock_timestamp() + make_interval(secs => {seconds})",
        State::Sending
    )
}

/// Marks mails as in hand, and counts them. The first try of a mail begins its 48 hours, on a clock that
/// stands still while mail is paused.
fn take(
    connection: &mut PgConnection,
    claimed: &mut [Claimed],
    claim: Uuid,
    lease: Duration,
) -> QueryResult<()> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = Timestamptz)]
        at: DateTime<Utc>,
    }
    if claimed.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = claimed.iter().map(|mail| mail.id).collect();
    let mails = i32::try_from(ids.len()).unwrap_or(i32::MAX);
    let counted: Counted = prepared_sql(format!(
        "WITH taken AS (UPDATE outbox SET {} WHERE id = ANY($1)) \
         INSERT INTO mail_ledger (at, mails) VALUES ({THIS_ROW}, $4) \
         ON CONFLICT (at) DO UPDATE SET mails = mail_ledger.mails + excluded.mails RETURNING at",
        in_hand("$2", "$3")
    ))
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<SqlUuid, _>(claim)
    .bind::<Double, _>(lease.as_secs_f64())
    .bind::<Integer, _>(mails)
    .get_result(connection)?;
    for mail in claimed {
        mail.counted_at = counted.at;
    }
    Ok(())
}
