//! What a refusal means for its address. What a server says at once is written when it is known that it was no
//! fault of ours: when a later mail has been accepted, or after an hour without a streak. What is reported later
//! is written with the report.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bool, Bytea, Nullable, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    Kind, State,
    flow::{Cause as PauseCause, follow::Returning},
    history::line,
    outcome::code,
    reminder::reached_nobody,
};
use crate::{
    activity::{self, Doing, Level},
    mail::BlastState,
    suppression::{self, AddressHash, Cause},
};

/// An alert that was refused like all mail is tried again after so long: no pause holds it back.
const ALERTS_WAIT: &str = "1 minute";
/// Who says that an address is not written to again.
const ACTOR: &str = "mail server";

/// A mail that came back, at once or hours later, and what is to be written of that.
#[derive(QueryableByName)]
pub(super) struct Refused {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// As it is stored: a newer version may have written it.
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub address: Option<String>,
    #[diesel(sql_type = Bytea)]
    pub address_hash: Vec<u8>,
    /// There is no such address.
    #[diesel(sql_type = Bool)]
    pub gone: bool,
    /// What was said.
    #[diesel(sql_type = Nullable<Text>)]
    pub why: Option<String>,
}

/// Writes what refusals mean, but for these: a later mail was accepted.
pub(super) fn settle(
    connection: &mut PgConnection,
    but_for: &HashSet<Uuid>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let but_for: Vec<Uuid> = but_for.iter().copied().collect();
    write(connection, &but_for, "true", now)
}

/// Writes what refusals mean that are an hour old, and so is the last one of their run. While mail is
/// paused for a streak nobody knows yet.
pub(super) fn settle_old(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
    let no_streak = format!(
        "refused_at < clock_timestamp() - interval '1 hour' \
         AND NOT EXISTS (SELECT FROM outbox_pause WHERE cause = '{}') \
         AND NOT EXISTS (SELECT FROM outbox later WHERE later.streak = mail.streak \
             AND later.refused_at >= clock_timestamp() - interval '1 hour')",
        PauseCause::Streak
    );
    connection.transaction(|connection| write(connection, &[], &no_streak, now))
}

fn write(
    connection: &mut PgConnection,
    but_for: &[Uuid],
    which: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    // Locked in the order of their ids, as by everybody who locks several mails.
    let refused: Vec<Refused> = diesel::sql_query(format!(
        "WITH known AS (SELECT id, kind, address, address_hash, address_gone AS gone, last_error AS why \
             FROM outbox mail WHERE refused_at IS NOT NULL AND id <> ALL($1) AND {which} \
             ORDER BY id FOR UPDATE) \
         UPDATE outbox SET refused_at = NULL, address_gone = false, streak = NULL, returned = NULL \
         FROM known WHERE outbox.id = known.id RETURNING known.*"
    ))
    .bind::<Array<SqlUuid>, _>(but_for)
    .load(connection)?;
    means(connection, &refused, now)
}

/// Writes what it means that mails came back: a reminder among them reached nobody, and where there is no such
/// address, nobody writes to it again.
pub(super) fn means(
    connection: &mut PgConnection,
    refused: &[Refused],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let mails = refused.iter().map(|mail| (mail.id, mail.kind.as_str()));
    reached_nobody(connection, mails)?;
    for mail in refused.iter().filter(|mail| mail.gone) {
        let note = mail.why.as_deref().map(code);
        not_again(connection, mail, suppression::NO_SUCH_ADDRESS, note, now)?;
    }
    Ok(())
}

/// Nobody writes to a mail's address again; tells whether that is new. Whom the shop itself writes to is no
/// family: the treasurer's alerts would end, and their orders' mail. Whoever has unsubscribed meanwhile stays on
/// the list as they are.
pub(super) fn not_again(
    connection: &mut PgConnection,
    mail: &Refused,
    reason: &str,
    note: Option<String>,
    at: DateTime<Utc>,
) -> QueryResult<bool> {
    let is_to_a_payer = Kind::from_name(&mail.kind).is_some_and(Kind::is_to_a_payer);
    let hash = AddressHash::from_column(&mail.address_hash).filter(|_| is_to_a_payer);
    let Some(hash) = hash else {
        return Ok(false);
    };
    let cause = Cause {
        reason: reason.to_owned(),
        doing: Doing {
            actor: ACTOR.to_owned(),
            at,
            note,
        },
    };
    let listed = suppression::add(connection, hash, mail.address.as_deref(), &cause)?;
    Ok(listed.1)
}

/// Queues the mails of a streak again, but for those that a person has touched and those of a mailing
/// that sends no more: it was no try of theirs. Tells which.
pub(super) fn return_to_queue(
    connection: &mut PgConnection,
    returning: &Returning,
    now: DateTime<Utc>,
) -> QueryResult<HashSet<Uuid>> {
    #[derive(QueryableByName)]
    struct Returned {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
        #[diesel(sql_type = Text)]
        kind: String,
        #[diesel(sql_type = Nullable<SqlUuid>)]
        order_id: Option<Uuid>,
    }
    let rows: Vec<Returned> = diesel::sql_query(format!(
        "WITH back AS (UPDATE outbox mail SET state = '{queued}', returned = $2, refused_at = NULL, \
             address_gone = false, attempts = greatest(attempts - 1, 0), claim_id = NULL, \
             not_before = clock_timestamp() + CASE WHEN kind IN ({before_all}) THEN interval '{ALERTS_WAIT}' \
                 ELSE interval '0' END \
         WHERE streak = $1 AND state = '{bounced}' AND refused_at IS NOT NULL AND asked_at IS NULL \
           AND address IS NOT NULL AND NOT EXISTS (SELECT FROM blasts WHERE blasts.id = mail.blast_id \
               AND blasts.state IN ('{cancelled}', '{recalled}')) \
         RETURNING id, kind) \
         SELECT back.id, back.kind, about.order_id \
         FROM back LEFT JOIN outbox_orders about ON about.mail_id = back.id",
        queued = State::Queued,
        bounced = State::Bounced,
        before_all = Kind::before_all(),
        cancelled = BlastState::Cancelled,
        recalled = BlastState::Recalled,
    ))
    .bind::<BigInt, _>(returning.streak)
    .bind::<Text, _>(&returning.likeness)
    .load(connection)?;
    let what = "mail waits again, since the refusal is about us";
    let lines = rows.iter().map(|mail| {
        let about = (mail.id, mail.kind.as_str());
        line(about, mail.order_id, Level::Info, what, now)
    });
    activity::record_all(connection, lines.collect())?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
