//! The rows of mails that are queued: each column is one parameter, so that PostgreSQL reads one short
//! statement for a thousand mails.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Bytea, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{Kind, Letter, State};
use crate::{
    db::prepared_sql, mail::Wave, random, reminder::rule::Reason, schema::outbox,
    suppression::AddressHash,
};

/// Said of a mail and of one of its orders.
#[derive(QueryableByName, PartialEq, Eq, Hash)]
pub(super) struct Taken {
    #[diesel(sql_type = SqlUuid)]
    pub mail_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub order_id: Uuid,
}

/// Writes which mail is about which order, but where that order has such a mail; tells what was written.
pub(super) fn about(
    connection: &mut PgConnection,
    letters: &[Letter],
    ids: &[Uuid],
) -> QueryResult<HashSet<Taken>> {
    let each = || {
        let mails = letters.iter().zip(ids);
        mails.flat_map(|(letter, id)| letter.orders.iter().map(move |order| (letter, *id, order)))
    };
    let taken: Vec<Taken> = prepared_sql(
        "INSERT INTO outbox_orders (mail_id, order_id, kind, blast_id, version, link_version) \
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6) \
         ON CONFLICT DO NOTHING RETURNING mail_id, order_id",
    )
    .bind::<Array<SqlUuid>, _>(each().map(|(_, id, _)| id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(each().map(|(.., order)| order.id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(
        each()
            .map(|(letter, ..)| letter.kind)
            .collect::<Vec<Kind>>(),
    )
    .bind::<Array<Nullable<SqlUuid>>, _>(
        each()
            .map(|(letter, ..)| letter.blast_id)
            .collect::<Vec<_>>(),
    )
    .bind::<Array<Integer>, _>(each().map(|(.., order)| order.version).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(
        each()
            .map(|(.., order)| order.link_version)
            .collect::<Vec<_>>(),
    )
    .load(connection)?;
    Ok(taken.into_iter().collect())
}

/// A mail, its id, and its wave, if its mailing has any.
pub(super) type Row<'a> = (&'a Letter<'a>, Uuid, Option<Wave>);

/// Writes the mails themselves. One to somebody who is not written to is kept as `suppressed`.
pub(super) fn mails(
    connection: &mut PgConnection,
    rows: &[Row],
    domain: &str,
    suppressed: &HashSet<AddressHash>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let refused =
        |letter: &Letter| !letter.kind.goes_before_all() && suppressed.contains(&letter.to_hash);
    let state = |letter: &Letter| match refused(letter) {
        true => State::Suppressed,
        false => State::Queued,
    };
    // An alert and what lets somebody in go before whatever waits: they are due since ever.
    let not_before =
        |letter: &Letter| (letter.kind.goes_before_all()).then_some(DateTime::UNIX_EPOCH);
    // A report is believed by these, so nobody may guess them: an id says when it was made.
    let marks: Vec<Uuid> = rows.iter().map(|_| new_mark()).collect();
    // Its tries begin when it is due; without a time both begin now, by the database's clock.
    prepared_sql(
        "INSERT INTO outbox (id, kind, blast_id, address, address_hash, subject, body, message_id, state, \
                             skip_reason, created_at, not_before, due_at, queued_at, mark, wave) \
         SELECT id, kind, blast_id, address, address_hash, subject, body, message_id, state, \
                skip_reason, $12, coalesce(not_before, clock_timestamp()), due_at, coalesce(due_at, clock_timestamp()), mark, wave \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $13, $14, $15) AS mail \
             (id, kind, blast_id, address, address_hash, subject, body, message_id, state, skip_reason, not_before, \
              due_at, mark, wave)",
    )
    .bind::<Array<SqlUuid>, _>(column(rows, |_, id| id))
    .bind::<Array<Text>, _>(column(rows, |letter, _| letter.kind))
    .bind::<Array<Nullable<SqlUuid>>, _>(column(rows, |letter, _| letter.blast_id))
    .bind::<Array<Text>, _>(column(rows, |letter, _| letter.to))
    .bind::<Array<Bytea>, _>(column(rows, |letter, _| letter.to_hash.0.to_vec()))
    .bind::<Array<Nullable<Text>>, _>(column(rows, |letter, _| {
        letter.text.as_ref().map(|text| text.subject.as_str())
    }))
    .bind::<Array<Nullable<Text>>, _>(column(rows, |letter, _| {
        letter.text.as_ref().map(|text| text.body.as_str())
    }))
    .bind::<Array<Text>, _>(
        marks
            .iter()
            .map(|mark| message_id(*mark, domain))
            .collect::<Vec<_>>(),
    )
    .bind::<Array<Text>, _>(column(rows, |letter, _| state(letter)))
    .bind::<Array<Nullable<Text>>, _>(column(rows, |letter, _| {
        refused(letter).then_some(Reason::Suppressed)
    }))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(rows, |letter, _| not_before(letter)))
    .bind::<Timestamptz, _>(now)
    .bind::<Array<Nullable<Timestamptz>>, _>(column(rows, |letter, _| letter.due_at))
    .bind::<Array<SqlUuid>, _>(&marks)
    .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|(.., wave)| *wave).collect::<Vec<_>>())
    .execute(connection)
    .map(drop)
}

/// One thing of each mail.
fn column<'a, T>(rows: &[Row<'a>], of: impl Fn(&'a Letter<'a>, Uuid) -> T) -> Vec<T> {
    rows.iter().map(|(letter, id, _)| of(letter, *id)).collect()
}

/// What names one mail to the world: nobody can guess it.
pub(super) fn new_mark() -> Uuid {
    Uuid::from_bytes(random::bytes())
}

fn message_id(mark: Uuid, domain: &str) -> String {
    format!("<{}@{domain}>", mark.simple())
}

/// Gives a mail that came back, and goes again, another name: a report of the one before is not about it, and no
/// server takes it for one that it has had.
pub fn rename_mail(connection: &mut PgConnection, id: Uuid) -> QueryResult<()> {
    let before: String = outbox::table
        .find(id)
        .select(outbox::message_id)
        .first(connection)?;
    let domain = before.trim_end_matches('>').rsplit_once('@');
    let (mark, domain) = (new_mark(), domain.map_or("", |(_, domain)| domain));
    diesel::update(outbox::table.find(id))
        .set((
            outbox::mark.eq(mark),
            outbox::message_id.eq(message_id(mark, domain)),
            outbox::server_id.eq(None::<String>),
            // It may go to another address now, which nobody has reported.
            outbox::reported_gone_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(connection)
        .map(drop)
}
