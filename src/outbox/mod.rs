//! The outbox: every mail is a row before it is a mail, written in the transaction of its cause.
//!
//! [`queue`] is the only door. A [`Courier`] claims a few mails under a lease, asks every gate again,
//! hands them over, and writes what became of each. **A mail is never sent twice**: one whose outcome
//! nobody can know ends as `unknown`, and only a person sends it again ([`people::retry`]).

mod accepted;
mod carry;
mod claim;
mod connecting;
mod consequence;
mod courier;
mod duties;
mod every;
mod finish;
mod flow;
pub mod gate;
mod history;
mod ledger;
pub mod link;
pub mod listen;
mod outcome;
mod overdue;
mod pacing;
mod pause;
pub mod people;
pub mod reminder;
mod resume;
mod retry;
mod speed;
mod switch;
mod turn;
mod untold;
pub mod view;
mod waiting;
pub mod wrongly_suppressed;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

pub use self::{
    courier::{Courier, Round},
    flow::Cause,
    overdue::{give_up_overdue, oldest_due},
    resume::resume,
    switch::change_settings,
    waiting::{Waiting, Why, waiting},
};
pub use crate::mail::{Kind, State};
use crate::{
    mail::Text,
    order::Order,
    random,
    reminder::rule::Reason,
    schema::{outbox, outbox_orders},
    suppression::{self, AddressHash},
};

/// What PostgreSQL calls out when a mail was queued.
pub const CHANNEL: &str = "freshmint_outbox";
/// Rows of one statement: PostgreSQL takes 65,535 values in all.
const ROWS: usize = 2_000;

/// A mail to be queued.
#[derive(Debug)]
pub struct Letter<'a> {
    /// What it is.
    pub kind: Kind,
    /// Of which mailing.
    pub blast_id: Option<Uuid>,
    /// Whom it goes to.
    pub to: &'a str,
    /// The same, hashed.
    pub to_hash: AddressHash,
    /// What it says; a reminder is written when it is due.
    pub text: Option<Text>,
    /// What it is about.
    pub orders: &'a [&'a Order],
    /// When it is due; at once if nothing is said.
    pub due_at: Option<DateTime<Utc>>,
}

/// Queues mails inside the caller's transaction (outside of one a constraint refuses it), and tells the
/// ids of those that were. `None` for one that stands already: an order's second reminder, or its second
/// mail of one mailing.
///
/// A mail to somebody who is not written to is kept as `suppressed`.
pub fn queue(
    connection: &mut PgConnection,
    domain: &str,
    letters: &[Letter],
    now: DateTime<Utc>,
) -> QueryResult<Vec<Option<Uuid>>> {
    let suppressed = suppression::among(connection, letters.iter().map(|letter| letter.to_hash))?;
    let mut queued = Vec::with_capacity(letters.len());
    for letters in letters.chunks(ROWS) {
        let ids: Vec<Uuid> = letters.iter().map(|_| random::row_id(now)).collect();
        let stands = claim_orders(connection, letters, &ids)?;
        let rows: Vec<NewRow> = letters
            .iter()
            .zip(&ids)
            .filter(|(_, id)| !stands.contains(*id))
            .map(|(letter, id)| NewRow::of(letter, *id, domain, &suppressed, now))
            .collect();
        diesel::insert_into(outbox::table)
            .values(&rows)
            .execute(connection)?;
        queued.extend(
            ids.into_iter()
                .map(|id| (!stands.contains(&id)).then_some(id)),
        );
    }
    call_out(connection)?;
    Ok(queued)
}

/// Wakes the workers of all replicas once the caller's transaction is through: mails are due.
pub fn call_out(connection: &mut PgConnection) -> QueryResult<()> {
    diesel::sql_query("SELECT pg_notify($1, '')")
        .bind::<diesel::sql_types::Text, _>(CHANNEL)
        .execute(connection)
        .map(drop)
}

/// Takes the orders for the mails that are about them, and tells for which mails that was refused.
fn claim_orders(
    connection: &mut PgConnection,
    letters: &[Letter],
    ids: &[Uuid],
) -> QueryResult<HashSet<Uuid>> {
    let rows: Vec<_> = letters
        .iter()
        .zip(ids)
        .flat_map(|(letter, id)| {
            letter.orders.iter().map(move |order| {
                (
                    outbox_orders::mail_id.eq(*id),
                    outbox_orders::order_id.eq(order.id),
                    outbox_orders::kind.eq(letter.kind),
                    outbox_orders::blast_id.eq(letter.blast_id),
                    outbox_orders::version.eq(order.version),
                    outbox_orders::link_version.eq(order.link_version),
                )
            })
        })
        .collect();
    let taken: Vec<(Uuid, Uuid)> = diesel::insert_into(outbox_orders::table)
        .values(&rows)
        .on_conflict_do_nothing()
        .returning((outbox_orders::mail_id, outbox_orders::order_id))
        .get_results(connection)?;
    let taken: HashSet<_> = taken.into_iter().collect();
    let refused = letters.iter().zip(ids).filter(|(letter, id)| {
        letter
            .orders
            .iter()
            .any(|order| !taken.contains(&(**id, order.id)))
    });
    let refused: HashSet<Uuid> = refused.map(|(_, id)| *id).collect();
    if !refused.is_empty() {
        diesel::delete(outbox_orders::table.filter(outbox_orders::mail_id.eq_any(&refused)))
            .execute(connection)?;
    }
    Ok(refused)
}

#[derive(Insertable)]
#[diesel(table_name = outbox)]
struct NewRow<'a> {
    id: Uuid,
    kind: Kind,
    blast_id: Option<Uuid>,
    address: &'a str,
    address_hash: Vec<u8>,
    subject: Option<&'a str>,
    body: Option<&'a str>,
    message_id: String,
    state: State,
    skip_reason: Option<Reason>,
    created_at: DateTime<Utc>,
    /// An alert and what lets somebody in go before whatever waits: they are due since ever. `None`: from now on.
    not_before: Option<DateTime<Utc>>,
    due_at: Option<DateTime<Utc>>,
    /// Its tries begin when it is due. `None`: from now on.
    queued_at: Option<DateTime<Utc>>,
}

impl<'a> NewRow<'a> {
    fn of(
        letter: &'a Letter,
        id: Uuid,
        domain: &str,
        suppressed: &HashSet<AddressHash>,
        now: DateTime<Utc>,
    ) -> Self {
        let refused = !letter.kind.goes_before_all() && suppressed.contains(&letter.to_hash);
        Self {
            id,
            kind: letter.kind,
            blast_id: letter.blast_id,
            address: letter.to,
            address_hash: letter.to_hash.0.to_vec(),
            subject: letter.text.as_ref().map(|text| text.subject.as_str()),
            body: letter.text.as_ref().map(|text| text.body.as_str()),
            message_id: format!("<{id}@{domain}>"),
            state: if refused {
                State::Suppressed
            } else {
                State::Queued
            },
            skip_reason: refused.then_some(Reason::Suppressed),
            created_at: now,
            not_before: (letter.kind.goes_before_all()).then_some(DateTime::UNIX_EPOCH),
            due_at: letter.due_at,
            queued_at: letter.due_at,
        }
    }
}
