//! Some orders of a file, inside the caller's transaction.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::{
    compare::{Said, Way, Why, compare},
    file::Entry,
    name::ImportName,
    prior_system::PriorSystem,
    rule::{OrderHere, Plan, plan},
    taken::{Brought, Taken},
};
use crate::{
    activity::{self, Category, Doing},
    checkout::imported::{self, KnownSession, Standing as SessionStanding},
    gateway::SessionId,
    inbox,
    order::{
        self, Act, Acted, Created, HandedIn, Order, Standing,
        change::Change,
        draft::NewOrder,
        state::{Fact, Verdict},
    },
    settlement,
};

/// How a file is taken in.
pub(super) struct TakingIn<'a> {
    /// What its new orders can be found by. `None`: nothing is kept.
    pub(super) name: Option<&'a ImportName>,
    pub(super) way: Way,
    pub(super) said: &'a Said,
    pub(super) doing: &'a Doing,
    /// The orders that may be changed: locked, and without a payable session. `None`: nothing is kept.
    pub(super) locked: Option<HashSet<Uuid>>,
    /// Those that are to be changed and are not among them: somebody changed them since it was looked.
    pub(super) moved: Vec<Uuid>,
}

impl TakingIn<'_> {
    /// Takes at most [`super::AT_ONCE`] orders of a file in; tells what became of each, in their order. Those that no
    /// older system has done anything about, which is nearly all, take three statements together.
    pub(super) fn some(
        &mut self,
        connection: &mut PgConnection,
        entries: &[Entry],
    ) -> QueryResult<Vec<Taken>> {
        let plain = entries.iter().filter(|entry| entry.prior.is_empty());
        let plain: Vec<&NewOrder> = plain.map(|entry| &entry.order).collect();
        let name = self.name.map(ImportName::as_str);
        let mut handed_in = order::create_all(connection, &plain, name, self.doing)?.into_iter();
        let mut all = Vec::with_capacity(entries.len());
        for entry in entries {
            let plain = entry.prior.is_empty().then(|| handed_in.next()).flatten();
            all.push(match plain {
                Some(HandedIn::New) => Taken::New(Brought::default()),
                Some(HandedIn::Stands(standing)) => {
                    self.beside(connection, &standing, &entry.order)?
                }
                None => self.with_prior(connection, entry)?,
            });
        }
        Ok(all)
    }

    /// An order that stands: changed, where that is wanted.
    fn beside(
        &mut self,
        connection: &mut PgConnection,
        standing: &Standing,
        given: &NewOrder,
    ) -> QueryResult<Taken> {
        let compared = compare(standing, given, self.said, self.way);
        let (taken, change) = Taken::beside(&standing.order, compared);
        match change {
            Some(change) => self.change(connection, &standing.order, change, taken),
            None => Ok(taken),
        }
    }

    /// The same as the order's own action; tells `changed` where it is. Its row is locked and has no payable session.
    fn change(
        &mut self,
        connection: &mut PgConnection,
        order: &Order,
        change: Change,
        changed: Taken,
    ) -> QueryResult<Taken> {
        let may = self
            .locked
            .as_ref()
            .is_none_or(|locked| locked.contains(&order.id));
        if !may {
            self.moved.push(order.id);
            return Ok(Taken::Unchanged);
        }
        let done = Act::Change(change).carry_out(connection, order, self.doing)?;
        Ok(match done {
            Ok(Acted::Done) => changed,
            Ok(Acted::WasSo) => Taken::Unchanged,
            Err(why) => Taken::Refused(Why::Prior(why)),
        })
    }

    /// Takes one in with what an older system has done about it; its order is locked.
    pub(super) fn with_prior(
        &mut self,
        connection: &mut PgConnection,
        entry: &Entry,
    ) -> QueryResult<Taken> {
        let told = &entry.prior;
        let known = match known_sessions(connection, entry)? {
            Ok(known) => known,
            Err(reason) => return Ok(Taken::Refused(Why::Prior(reason))),
        };
        let name = self.name.map(ImportName::as_str);
        let created = order::create_from(connection, &entry.order, name, self.doing)?;
        let (order, as_it_was) = match created {
            Created::New(order) => (order, Taken::New(Brought::default())),
            Created::Stands(standing) => {
                let taken = self.beside(connection, &standing, &entry.order)?;
                match &taken {
                    Taken::Unchanged => (standing.order, taken),
                    Taken::Changed(..) => match order::find(connection, standing.order.id)? {
                        Some(order) => (order, taken),
                        None => return Ok(taken),
                    },
                    _ => return Ok(taken),
                }
            }
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
                write(connection, &order, &plan, told, self.doing)?;
                Ok(taken(as_it_was, &plan))
            }
            Err(reason) => Ok(Taken::Refused(Why::Prior(reason.to_owned()))),
        }
    }
}

/// Takes up the events about these orders' sessions that were ignored because nobody knew them;
/// tells how many.
pub(super) fn take_up_events(
    connection: &mut PgConnection,
    entries: &[Entry],
) -> QueryResult<usize> {
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

fn sessions_line(
    order: &Order,
    new: &[(SessionId, SessionStanding)],
    doing: &Doing,
) -> activity::Line {
    let ids: Vec<&str> = new.iter().map(|(id, _)| id.as_str()).collect();
    let what = match ids.len() {
        1 => "a checkout of an older system is known".to_owned(),
        count => format!("{count} checkouts of an older system are known"),
    };
    activity::Line::about(Some(order.id), Category::Checkout, what, doing)
        .detail(json!({ "sessions": ids }))
}

/// With what of an older system is new here.
fn taken(as_it_was: Taken, plan: &Plan) -> Taken {
    let brought = Brought {
        paid: plan.pays,
        sessions: plan.new.len(),
    };
    match as_it_was {
        Taken::New(_) => Taken::New(brought),
        Taken::Changed(differs, _) => Taken::Changed(differs, brought),
        Taken::Unchanged if !plan.is_empty() => Taken::Updated(brought),
        as_it_was => as_it_was,
    }
}
