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
mod first_wave;
mod flow;
pub mod gate;
mod history;
mod ledger;
pub mod link;
pub mod listen;
mod never_mailed;
mod of_address;
mod outage;
mod outcome;
mod overdue;
mod pacing;
mod pause;
pub mod people;
pub mod reminder;
pub mod reported;
mod resume;
mod retry;
mod speed;
mod switch;
mod turn;
mod untold;
pub mod view;
mod waiting;
mod written;
pub mod wrongly_suppressed;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

pub use self::written::rename_mail;
use self::written::{Row, Taken};
pub use self::{
    claim::LET_GO,
    courier::{Courier, Round},
    first_wave::{OfFirstWave, first_wave},
    flow::Cause,
    history::{NOBODY_KNOWS, SENT},
    never_mailed::never_mailed,
    of_address::{Concerns, concerns},
    outcome::domain_of,
    overdue::{give_up_overdue, oldest_due},
    resume::resume,
    switch::{change_settings, change_settings_as_seen},
    waiting::{Waiting, Why, cause_in_words, legible, waiting},
};
pub use crate::mail::{Kind, State};
use crate::{
    mail::{Text, Wave},
    order::Order,
    random,
    schema::outbox_orders,
    suppression::{self, AddressHash},
};

/// What PostgreSQL calls out when a mail was queued.
pub const CHANNEL: &str = "freshmint_outbox";
/// Rows of one statement: it has a copy of them.
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
    queue_in_waves(connection, domain, (letters, &[]), now)
}

/// The same, of a mailing that sends some first: `waves` says of each letter which wave it is of. Those of the
/// rest are held.
pub fn queue_in_waves(
    connection: &mut PgConnection,
    domain: &str,
    (letters, waves): (&[Letter], &[Option<Wave>]),
    now: DateTime<Utc>,
) -> QueryResult<Vec<Option<Uuid>>> {
    let suppressed = suppression::among(connection, letters.iter().map(|letter| letter.to_hash))?;
    let mut queued = Vec::with_capacity(letters.len());
    for (chunk, letters) in letters.chunks(ROWS).enumerate() {
        let wave = |place| waves.get(chunk * ROWS + place).copied().flatten();
        let ids: Vec<Uuid> = letters.iter().map(|_| random::row_id(now)).collect();
        let stands = claim_orders(connection, letters, &ids)?;
        let rows = letters.iter().zip(ids.iter().copied()).enumerate();
        let rows = rows.map(|(place, (letter, id))| (letter, id, wave(place)));
        let rows: Vec<Row> = rows.filter(|(_, id, _)| !stands.contains(id)).collect();
        written::mails(connection, &rows, domain, &suppressed, now)?;
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
    let taken = written::about(connection, letters, ids)?;
    let refused = letters.iter().zip(ids).filter(|(letter, id)| {
        letter.orders.iter().any(|order| {
            !taken.contains(&Taken {
                mail_id: **id,
                order_id: order.id,
            })
        })
    });
    let refused: HashSet<Uuid> = refused.map(|(_, id)| *id).collect();
    if !refused.is_empty() {
        diesel::delete(outbox_orders::table.filter(outbox_orders::mail_id.eq_any(&refused)))
            .execute(connection)?;
    }
    Ok(refused)
}
