//! Taking a file's orders in, with what an older system has done about them: [`take_in`] some orders at a
//! time, then [`take_up_events`] of all.
//!
//! Sessions that the older system sent out become rows as if we had replaced them: an event about one
//! finds its order, and a click closes the newest at Stripe before it mints. A payment that it took
//! settles its order, and nobody is asked again.

pub mod file;
mod name;
pub mod prior_system;
mod rule;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::json;

pub use self::name::ImportName;
use self::{
    file::Entry,
    prior_system::PriorSystem,
    rule::{OrderHere, Plan, plan},
};
use crate::{
    activity::{self, Category, Doing},
    checkout::imported::{self, KnownSession, Standing},
    gateway::SessionId,
    inbox,
    order::{
        self, Created, HandedIn, Order,
        draft::NewOrder,
        state::{Fact, Verdict},
    },
    settlement,
};

const TAKEN: &str = "another order stands under this reference, with other content; change it there, or choose another reference";
const CHANGED: &str =
    "the order was changed since it was imported; bring this line in line with it, or take it out";

/// What became of an order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is new.
    New(Brought),
    /// It stands, and the file brought more of what an older system did.
    Updated(Brought),
    /// It stands as the file says.
    Unchanged,
    /// It cannot be taken, and why; nothing was written.
    Refused(String),
}

/// What of an older system is new here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brought {
    /// The order is paid.
    pub paid: bool,
    /// So many of its sessions are known.
    pub sessions: usize,
}

/// So many orders of a file are taken in at once.
pub const AT_ONCE: usize = order::AT_ONCE;

/// Takes at most [`AT_ONCE`] orders of a file in, inside the caller's transaction; tells what became of each,
/// in their order. Those that no older system has done anything about, which is nearly all, take three
/// statements together.
pub fn take_in(
    connection: &mut PgConnection,
    entries: &[Entry],
    name: &ImportName,
    doing: &Doing,
) -> QueryResult<Vec<Taken>> {
    let plain = entries.iter().filter(|entry| entry.prior.is_empty());
    let plain: Vec<&NewOrder> = plain.map(|entry| &entry.order).collect();
    let mut handed_in =
        order::create_all(connection, &plain, Some(name.as_str()), doing)?.into_iter();
    let mut all = Vec::with_capacity(entries.len());
    for entry in entries {
        let plain = entry.prior.is_empty().then(|| handed_in.next()).flatten();
        all.push(match plain {
            Some(handed_in) => taken_plain(handed_in),
            None => take_in_with_prior(connection, entry, name, doing)?,
        });
    }
    Ok(all)
}

fn taken_plain(handed_in: HandedIn) -> Taken {
    match handed_in {
        HandedIn::New => taken(true, &Plan::default()),
        HandedIn::Stands { as_today: true, .. } => taken(false, &Plan::default()),
        HandedIn::Stands { as_given, .. } => refused(as_given),
    }
}

fn refused(as_given: bool) -> Taken {
    let reason = if as_given { CHANGED } else { TAKEN };
    Taken::Refused(reason.to_owned())
}

/// Takes one in with what an older system has done about it; its order is locked.
fn take_in_with_prior(
    connection: &mut PgConnection,
    entry: &Entry,
    name: &ImportName,
    doing: &Doing,
) -> QueryResult<Taken> {
    let told = &entry.prior;
    let known = match known_sessions(connection, entry)? {
        Ok(known) => known,
        Err(reason) => return Ok(Taken::Refused(reason)),
    };
    let name = Some(name.as_str());
    let created = order::create_from(connection, &entry.order, name, doing)?;
    let (order, is_new) = match created {
        Created::New(order) => (order, true),
        Created::Stands {
            order,
            as_today: true,
            ..
        } => (order, false),
        Created::Stands { as_given, .. } => return Ok(refused(as_given)),
    };
    let here = OrderHere {
        state: order.state,
        live: imported::live(connection, &order)?,
        known: known
            .into_iter()
            .map(|known| (known.stripe_id, known.origin))
            .collect(),
        payment_known: settlement::payment_known(connection, &order)?,
    };
    match plan(&here, told) {
        Ok(plan) => {
            write(connection, &order, &plan, told, doing)?;
            Ok(taken(is_new, &plan))
        }
        Err(reason) => Ok(Taken::Refused(reason.to_owned())),
    }
}

/// Takes up the events about these orders' sessions that were ignored because nobody knew them;
/// tells how many.
pub fn take_up_events(connection: &mut PgConnection, entries: &[Entry]) -> QueryResult<usize> {
    let ids: Vec<SessionId> = entries
        .iter()
        .flat_map(|entry| entry.prior.sessions.clone())
        .collect();
    if ids.is_empty() {
        return Ok(0);
    }
    inbox::take_up_foreign(connection, &ids)
}

/// Those of the entry's sessions that are known here; or why one of them cannot be this order's.
fn known_sessions(
    connection: &mut PgConnection,
    entry: &Entry,
) -> QueryResult<Result<Vec<KnownSession>, String>> {
    let ids = &entry.prior.sessions;
    if ids.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let known = imported::known_sessions(connection, ids)?;
    let reference = entry.order.reference.as_str();
    for KnownSession {
        stripe_id,
        references,
        ..
    } in &known
    {
        if !references.iter().any(|theirs| theirs == reference) {
            let whose = references.first().map_or("no order", String::as_str);
            return Ok(Err(format!(
                "stripe_session_id: {stripe_id} belongs to {whose} here; take it out of this line"
            )));
        }
    }
    if let Some(id) = settlement::unplaced(connection, ids)?.first() {
        return Ok(Err(format!(
            "stripe_session_id: the payment of {id} is here and waits as a case, or was accepted as one; take the id out of this line, and adopt the payment for the order afterwards, or settle the order with freshmint orders settle"
        )));
    }
    Ok(Ok(known))
}

fn write(
    connection: &mut PgConnection,
    order: &Order,
    plan: &Plan,
    told: &PriorSystem,
    doing: &Doing,
) -> QueryResult<()> {
    let now = doing.at;
    if plan.retires {
        imported::retire(connection, order, now)?;
    }
    imported::keep(connection, order, &plan.new, now)?;
    if !plan.new.is_empty() {
        activity::record(connection, sessions_line(order, &plan.new, doing))?;
    }
    if let Some(id) = &plan.paid_with {
        imported::complete(connection, id)?;
        settlement::record_imported(connection, order, id, now)?;
    }
    match told.paid_at.filter(|_| plan.pays) {
        Some(paid_at) => pay(connection, order, paid_at, doing),
        None => Ok(()),
    }
}

/// The order is paid since `paid_at`; its history says who told us, and when.
fn pay(
    connection: &mut PgConnection,
    order: &Order,
    paid_at: DateTime<Utc>,
    doing: &Doing,
) -> QueryResult<()> {
    let note = format!(
        "paid in an older system on {}, says the import",
        paid_at.format("%Y-%m-%d")
    );
    let doing = Doing {
        note: Some(note),
        ..doing.clone()
    };
    let fact = Fact::Payment(Verdict::Settles);
    order::advance_as_of(connection, order, fact, paid_at, &doing)?;
    let amount = order.amount_total;
    amount.map_or(Ok(()), |amount| {
        order::settled_with(connection, order, amount, order.currency.code())
    })
}

fn sessions_line(order: &Order, new: &[(SessionId, Standing)], doing: &Doing) -> activity::Line {
    let ids: Vec<&str> = new.iter().map(|(id, _)| id.as_str()).collect();
    let what = match ids.len() {
        1 => "a checkout of an older system is known".to_owned(),
        count => format!("{count} checkouts of an older system are known"),
    };
    activity::Line::about(Some(order.id), Category::Checkout, what, doing)
        .detail(json!({ "sessions": ids }))
}

fn taken(is_new: bool, plan: &Plan) -> Taken {
    let brought = Brought {
        paid: plan.pays,
        sessions: plan.new.len(),
    };
    match (is_new, plan.is_empty()) {
        (true, _) => Taken::New(brought),
        (false, false) => Taken::Updated(brought),
        (false, true) => Taken::Unchanged,
    }
}
