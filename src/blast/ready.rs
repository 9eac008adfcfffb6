//! What a start compares before it queues anything: whether each mail is what was approved.

use super::{batch::ReadyMail, material::Material, plan::Plan, state::State, trouble::NAMED};
use crate::{
    app::App,
    order::Order,
    reminder::rule::{Reason, not_owed},
    renderings::{Rendering, Stopped},
};

/// The mails, or why they are not what was approved.
pub(super) type Ready = Result<Vec<ReadyMail>, String>;

/// Compares the mails of a mailing that is about to be started with those that were approved.
pub(super) fn prepare(
    app: &App,
    material: &Material,
    rendering: &Rendering,
) -> Result<Ready, Stopped> {
    // Only of what could be started: it takes its time.
    if material.stored.state != State::Approved {
        return Ok(Ok(Vec::new()));
    }
    let facts = material.facts(&app.shop);
    let plan = Plan::new(&facts, || rendering.go_on())?;
    let blocked = plan.objection().filter(|_| !plan.recipients.is_empty());
    if let Some(why) = blocked {
        return Ok(Err(why));
    }
    let changed = plan.changed(&facts);
    if !changed.is_empty() {
        return Ok(Err(not_as_approved(&changed)));
    }
    let orders = material.orders.iter().enumerate();
    let approved = orders.filter(|(_, order)| material.approved.contains_key(&order.id));
    let mails = approved.map(|(at, order)| ReadyMail {
        order: at,
        ends: ends_at_once(&plan, material, order),
    });
    Ok(Ok(mails.collect()))
}

fn not_as_approved(references: &[String]) -> String {
    let named = &references[..references.len().min(NAMED)];
    let more = match references.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = named.join(", ");
    format!("the mails for {named}{more} are not what was approved")
}

/// What is not owed is for the outbox to cancel: a bank debit may still fail. But if it is not what
/// was approved either, it must not go whatever happens.
fn ends_at_once(plan: &Plan, material: &Material, order: &Order) -> Option<Reason> {
    let as_approved = plan.not_owed.get(&order.id) == material.approved.get(&order.id);
    not_owed(order.state).filter(|_| !as_approved)
}
