//! Carts and all that came of them, unless money did: the order that restores one, its checkouts,
//! its decisions, its mails, its history.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not, sql},
    prelude::*,
    sql_types::{Array, BigInt, Bool, Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{Pruned, batch};

use crate::{
    db::AdvisoryLock,
    mail::State,
    order, recovery,
    schema::{
        activity, carts, checkout_sessions, orders, outbox, outbox_orders, purchases,
        reminder_decisions, session_orders,
    },
    session::{SessionOrigin, SessionState},
    suppression::AddressHash,
};

/// Carts of one batch.
const BATCH: i64 = 200;

/// Which carts are looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Which<'a> {
    /// Those whose checkout ended before this.
    pub before: Option<DateTime<Utc>>,
    /// Those of this address, hashed and in lower case.
    pub of: Option<(AddressHash, &'a str)>,
    /// These alone.
    pub among: Option<Vec<Uuid>>,
    /// Their checkouts stay as bare ids for a while, so that nobody decides about them again.
    pub leave_ids: bool,
}

/// A cart, and the order that restores it, if there is one.
#[derive(Debug, Clone, Copy, QueryableByName)]
struct Cart {
    #[diesel(sql_type = SqlUuid)]
    session_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    order_id: Option<Uuid>,
}

/// Prunes some carts whose checkout ended before `until`, oldest first.
pub(super) fn prune(connection: &mut PgConnection, until: DateTime<Utc>) -> QueryResult<Pruned> {
    let before = Some(until);
    some(
        connection,
        &Which {
            before,
            ..Which::default()
        },
    )
}

/// Prunes some of these carts, in the caller's transaction; their figures stay.
pub(super) fn some(connection: &mut PgConnection, which: &Which) -> QueryResult<Pruned> {
    AdvisoryLock::PruneCarts.take(connection)?;
    let found = free(connection, which, BATCH)?;
    order::lock(connection, &orders_of(&found))?;
    let in_use = in_use(connection, &orders_of(&found))?;
    let found = found
        .iter()
        .filter(|cart| cart.order_id.is_none_or(|order| !in_use.contains(&order)));
    // Looked at once more under the locks: somebody may have clicked or paid meanwhile.
    let among = Some(found.map(|cart| cart.session_id).collect());
    let goes = free(
        connection,
        &Which {
            among,
            ..which.clone()
        },
        BATCH,
    )?;
    let sessions: Vec<Uuid> = goes.iter().map(|cart| cart.session_id).collect();
    recovery::remain(connection, &sessions)?;
    delete(connection, sessions, &orders_of(&goes), which.leave_ids)
}

/// How many carts whose checkout ended before `until` would go, and orders with them; `most` are looked at.
pub(super) fn count(
    connection: &mut PgConnection,
    until: DateTime<Utc>,
    most: i64,
) -> QueryResult<(usize, usize)> {
    let before = Some(until);
    let which = Which {
        before,
        ..Which::default()
    };
    let goes = free(connection, &which, most)?;
    let orders: HashSet<Uuid> = orders_of(&goes).into_iter().collect();
    Ok((goes.len(), orders.len()))
}

fn orders_of(carts: &[Cart]) -> Vec<Uuid> {
    carts.iter().filter_map(|cart| cart.order_id).collect()
}

/// Some carts that led to no money and of which nothing is in hand.
fn free(connection: &mut PgConnection, which: &Which, most: i64) -> QueryResult<Vec<Cart>> {
    diesel::sql_query(format!(
        "SELECT cart.session_id, link.order_id \
         FROM carts cart JOIN checkout_sessions session ON session.id = cart.session_id \
             LEFT JOIN session_orders link ON link.session_id = cart.session_id \
             LEFT JOIN orders ON orders.id = link.order_id \
         WHERE ($1 IS NULL OR cart.expired_at < $1) \
           AND NOT EXISTS (SELECT FROM reminder_decisions by_hand \
                           WHERE by_hand.session_id = cart.session_id \
                             AND by_hand.good_until IS NOT NULL AND by_hand.decided_at >= $1) \
           AND ($2 IS NULL OR cart.address_hash = $2 OR lower(orders.email) = $3) \
           AND ($4 IS NULL OR cart.session_id = ANY ($4)) \
           AND NOT EXISTS (SELECT FROM payments WHERE payments.session_id = cart.session_id) \
           AND NOT EXISTS (SELECT FROM payments WHERE stripe_session_id = session.stripe_id) \
           AND (link.order_id IS NULL OR orders.kind = '{recovered}' AND orders.status IN ('{open}', '{cancelled}') \
             AND NOT EXISTS (SELECT FROM payment_allocations paid WHERE paid.order_id = orders.id) \
             AND NOT EXISTS (SELECT FROM cases WHERE orders.id IN (cases.order_id, cases.moved_to)) \
             AND NOT EXISTS (SELECT FROM outbox_orders about JOIN outbox ON outbox.id = about.mail_id \
                             WHERE about.order_id = orders.id AND outbox.state = '{sending}') \
             AND NOT EXISTS ( \
               SELECT FROM session_orders own JOIN checkout_sessions theirs ON theirs.id = own.session_id \
               WHERE own.order_id = orders.id \
                 AND (theirs.live OR theirs.state = '{complete}' AND theirs.payment_failed_at IS NULL \
                   OR EXISTS (SELECT FROM payments WHERE payments.session_id = theirs.id) \
                   OR EXISTS (SELECT FROM session_orders other \
                              WHERE other.session_id = theirs.id AND other.order_id <> orders.id)))) \
         ORDER BY cart.expired_at, cart.session_id LIMIT $5",
        recovered = order::Kind::Recovered,
        open = order::Status::Open,
        cancelled = order::Status::Cancelled,
        sending = State::Sending,
        complete = SessionState::Complete,
    ))
    .bind::<Nullable<Timestamptz>, _>(which.before)
    .bind::<Nullable<Bytea>, _>(which.of.map(|(hash, _)| hash.0.to_vec()))
    .bind::<Nullable<Text>, _>(which.of.map(|(_, address)| address))
    .bind::<Nullable<Array<SqlUuid>>, _>(which.among.as_ref())
    .bind::<BigInt, _>(most)
    .load(connection)
}

/// Those orders of which a courier holds a mail at this moment; the others' mails are locked.
fn in_use(connection: &mut PgConnection, of: &[Uuid]) -> QueryResult<HashSet<Uuid>> {
    let mails: Vec<(Uuid, Uuid)> = outbox_orders::table
        .filter(outbox_orders::order_id.eq_any(of))
        .select((outbox_orders::mail_id, outbox_orders::order_id))
        .load(connection)?;
    // Not waited for: a courier that holds one may wait for the order that we hold.
    let ours: Vec<Uuid> = outbox::table
        .filter(outbox::id.eq_any(mails.iter().map(|(mail, _)| *mail)))
        .order(outbox::id)
        .select(outbox::id)
        .for_update()
        .skip_locked()
        .load(connection)?;
    let ours: HashSet<Uuid> = ours.into_iter().collect();
    let others = mails.iter().filter(|(mail, _)| !ours.contains(mail));
    Ok(others.map(|(_, order)| *order).collect())
}

/// Deletes carts by their sessions, and all of these orders, from the leaves to the root.
fn delete(
    connection: &mut PgConnection,
    carts: Vec<Uuid>,
    of: &[Uuid],
    leave_ids: bool,
) -> QueryResult<Pruned> {
    let links = session_orders::table.filter(session_orders::order_id.eq_any(of));
    let own: Vec<Uuid> = diesel::delete(links)
        .returning(session_orders::session_id)
        .get_results(connection)?;
    let about = outbox_orders::table.filter(outbox_orders::order_id.eq_any(of));
    let mails: Vec<Uuid> = diesel::delete(about)
        .returning(outbox_orders::mail_id)
        .get_results(connection)?;
    diesel::delete(activity::table.filter(activity::order_id.eq_any(of))).execute(connection)?;
    let gone = carts::table.filter(carts::session_id.eq_any(&carts));
    let how_many = diesel::delete(gone).execute(connection)?;
    let all: Vec<Uuid> = carts.iter().chain(&own).copied().collect();
    let decisions = reminder_decisions::table.filter(
        reminder_decisions::session_id
            .eq_any(&all)
            .or(reminder_decisions::order_id.eq_any(of).assume_not_null()),
    );
    diesel::delete(decisions).execute(connection)?;
    // One that is about other orders, too, is theirs.
    let shared = outbox_orders::table.filter(outbox_orders::mail_id.eq(outbox::id));
    let mails = outbox::table
        .filter(outbox::id.eq_any(mails))
        .filter(not(exists(shared)));
    let mails = diesel::delete(mails).execute(connection)?;
    let mut sessions = all;
    if leave_ids {
        sessions.retain(|session| !carts.contains(session));
    }
    diesel::delete(checkout_sessions::table.filter(checkout_sessions::id.eq_any(&sessions)))
        .execute(connection)?;
    let orders = diesel::delete(orders::table.filter(orders::id.eq_any(of))).execute(connection)?;
    Ok(Pruned {
        carts: how_many,
        orders,
        mails,
        ..Pruned::default()
    })
}

/// Prunes some bare ids of erased carts whose checkout ended before `until`; tells how many.
pub(super) fn ids(connection: &mut PgConnection, until: DateTime<Utc>) -> QueryResult<usize> {
    // As a literal, for the partial index: with a parameter PostgreSQL goes through all checkouts.
    let is_foreign = format!("checkout_sessions.origin = '{}'", SessionOrigin::Foreign);
    let bare = checkout_sessions::table
        .filter(sql::<Bool>(&is_foreign))
        .filter(checkout_sessions::ended_at.lt(until))
        .filter(not(exists(carts::table.find(checkout_sessions::id))))
        .limit(BATCH)
        .select(checkout_sessions::id);
    batch::delete(connection, bare, |ids: Vec<Uuid>| {
        diesel::delete(checkout_sessions::table.filter(checkout_sessions::id.eq_any(ids)))
    })
}

/// Prunes some purchases from before `until` that no cart's figures need any more; tells how many.
pub(super) fn purchases(connection: &mut PgConnection, until: DateTime<Utc>) -> QueryResult<usize> {
    let old = purchases::table
        .filter(purchases::bought_at.lt(until))
        .filter(not(exists(
            carts::table
                .filter(carts::address_hash.eq(purchases::address_hash.nullable()))
                .filter(carts::expired_at.le(purchases::bought_at))
                .filter((carts::expired_at + recovery::COMES_BACK).ge(purchases::bought_at)),
        )))
        .limit(BATCH)
        .select(purchases::stripe_session_id);
    batch::delete(connection, old, |ids: Vec<String>| {
        diesel::delete(purchases::table.filter(purchases::stripe_session_id.eq_any(ids)))
    })
}
