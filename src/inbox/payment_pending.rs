//! Whom a payment may be from that Stripe has told of, and that is still to be worked on: nobody is asked
//! to pay what lies paid in the inbox.
//!
//! Asked for each mail that is claimed, while the pace's row is locked: by indexed columns alone.

use std::{array, collections::HashSet};

use chrono::{DateTime, Duration, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Bool, Bytea, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{dispatch, named::Named, row::State};
use crate::{
    db::{PreparedSql, prepared_sql},
    suppression::AddressHash,
};

/// A payment holds mail back for so long: what Stripe has kept us from reading for a day, a person has
/// to look at, and the order's other mail is not to wait for that.
const HOLDS: Duration = Duration::days(1);
/// One that may be anybody's holds everybody's mail back, so it is for long enough that somebody who was
/// alerted can stop a mailing, and no longer.
const HOLDS_ALL: Duration = Duration::minutes(10);

/// A mail to a payer.
#[derive(Debug, Clone)]
pub struct MailToPayer {
    /// Its row.
    pub id: Uuid,
    /// Whom it goes to.
    pub address: Option<AddressHash>,
    /// What it is about: orders' ids and references.
    pub orders: Vec<(Uuid, String)>,
}

/// What a payment that lies in the inbox holds back.
#[derive(Debug, Default)]
pub struct Held {
    /// Anything lies there: as a rule nothing does.
    pub is_anything_pending: bool,
    /// Mails to payers that wait.
    pub mails: HashSet<Uuid>,
}

/// Those of `mails` whose payer or order a payment names that lies in the inbox. It is found by the
/// address, by the order's id and reference, and by the session, ours or an imported one: of a mint
/// whose answer was lost we know no id of Stripe's yet, but the payment carries our row's.
///
/// A payment that cannot be read, or has not been read yet, may name any of them.
pub fn payment_pending_in_inbox(
    connection: &mut PgConnection,
    mails: &[MailToPayer],
    now: DateTime<Utc>,
) -> QueryResult<Held> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        mail: Uuid,
    }
    if mails.is_empty() || !is_anything_pending(connection, now)? {
        return Ok(Held::default());
    }
    let held: Vec<Row> = bind_held(prepared_sql(held(1)), mails, now).load(connection)?;
    Ok(Held {
        is_anything_pending: true,
        mails: held.into_iter().map(|held| held.mail).collect(),
    })
}

/// Whether there is anything to be held against. As a rule there is not; planning the real question takes
/// longer than asking it, and the pace's row is locked meanwhile.
fn is_anything_pending(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Pending {
        #[diesel(sql_type = Bool)]
        is_any: bool,
    }
    let pending: Pending = prepared_sql(format!("SELECT {} AS is_any", anything_pending("$1")))
        .bind::<Timestamptz, _>(pending_since(now))
        .get_result(connection)?;
    Ok(pending.is_any)
}

/// The same as a condition of another statement; the parameter is [`pending_since`].
pub fn anything_pending(since: &str) -> String {
    format!(
        "(EXISTS (SELECT FROM stripe_events WHERE state = '{pending}') \
             OR EXISTS (SELECT FROM stripe_events \
                WHERE (named IS NULL OR named = '{anybody}') AND received_at > {since}))",
        pending = State::Pending,
        anybody = Named::Anybody,
    )
}

/// What may be anybody's holds everybody's mail back if it has come since then.
pub fn pending_since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - HOLDS_ALL
}

/// As PostgreSQL's `unnest` takes it: what is asked for, beside the mail that it is asked for.
#[derive(Default)]
struct Asked {
    mails: Vec<Uuid>,
    addressed: Vec<Uuid>,
    addresses: Vec<Vec<u8>>,
    about: Vec<Uuid>,
    orders: Vec<Uuid>,
    references: Vec<String>,
}

impl Asked {
    fn of(mails: &[MailToPayer]) -> Self {
        let mut asked = Self::default();
        for mail in mails {
            asked.mails.push(mail.id);
            if let Some(hash) = mail.address {
                asked.addressed.push(mail.id);
                asked.addresses.push(hash.0.to_vec());
            }
            for (order, reference) in &mail.orders {
                asked.about.push(mail.id);
                asked.orders.push(*order);
                asked.references.push(reference.clone());
            }
        }
        asked
    }
}

/// The `mail`s that are held back, as a query whose parameters begin with that one; [`bind_held`] binds them.
///
/// The words of columns are literals, so that the partial indexes are used. Payments are looked up for all
/// mails at once, and sessions one by one behind a `LIMIT`: whatever PostgreSQL believes of the inbox, it is
/// not read once for each mail. What cannot be read counts also once it has failed, which takes a second: it
/// may be a payment all the same.
pub fn held(first: usize) -> String {
    let [
        mails,
        addressed,
        addresses,
        about,
        orders,
        references,
        payments,
        since,
        of_anybody,
        since_all,
    ] = array::from_fn(|place| format!("${}", first + place));
    let [pending, failed] = [State::Pending, State::Failed];
    let payment = format!(
        "event.state = '{pending}' AND event.type = ANY ({payments}) AND event.received_at > {since}"
    );
    let sessions = format!(
        "SELECT asked.mail FROM unnest({about}, {orders}) AS asked (mail, order_id) CROSS JOIN LATERAL \
             (SELECT session_id FROM session_orders WHERE order_id = asked.order_id OFFSET 0) part"
    );
    format!(
        "SELECT mail FROM unnest({mails}) AS asked (mail) WHERE EXISTS ( \
             SELECT FROM stripe_events event WHERE (named IS NULL OR named = '{anybody}') \
               AND received_at > {since_all} AND type = ANY ({of_anybody}) AND state IN ('{pending}', '{failed}')) \
         UNION SELECT asked.mail FROM (SELECT address_hashes FROM stripe_events event \
                 WHERE {payment} AND address_hashes && {addresses} OFFSET 0) event \
             JOIN unnest({addressed}, {addresses}) AS asked (mail, address) ON address_hashes @> ARRAY[address] \
         UNION SELECT asked.mail FROM (SELECT order_names FROM stripe_events event \
                 WHERE {payment} AND order_names && ({orders}::text[] || {references}) OFFSET 0) event \
             JOIN unnest({about}, {orders}, {references}) AS asked (mail, order_id, reference) \
               ON order_names && ARRAY[order_id::text, reference] \
         UNION {sessions} CROSS JOIN LATERAL (SELECT FROM stripe_events event \
             WHERE {payment} AND event.session_row = part.session_id LIMIT 1) event \
         UNION {sessions} \
             CROSS JOIN LATERAL (SELECT stripe_id FROM checkout_sessions WHERE id = part.session_id LIMIT 1) ours \
             CROSS JOIN LATERAL (SELECT FROM stripe_events event \
                 WHERE {payment} AND event.session_id = ours.stripe_id LIMIT 1) event",
        anybody = Named::Anybody,
    )
}

/// Binds what [`held`] asks for.
pub fn bind_held<'v>(
    statement: PreparedSql<'v>,
    mails: &[MailToPayer],
    now: DateTime<Utc>,
) -> PreparedSql<'v> {
    let asked = Asked::of(mails);
    // What the body is not read for has no type either.
    let types_of_anybody: Vec<&str> = dispatch::PAYMENTS.into_iter().chain([""]).collect();
    statement
        .bind::<Array<SqlUuid>, _>(asked.mails)
        .bind::<Array<SqlUuid>, _>(asked.addressed)
        .bind::<Array<Bytea>, _>(asked.addresses)
        .bind::<Array<SqlUuid>, _>(asked.about)
        .bind::<Array<SqlUuid>, _>(asked.orders)
        .bind::<Array<Text>, _>(asked.references)
        .bind::<Array<Text>, _>(dispatch::PAYMENTS.as_slice())
        .bind::<Timestamptz, _>(now - HOLDS)
        .bind::<Array<Text>, _>(types_of_anybody)
        .bind::<Timestamptz, _>(pending_since(now))
}
