//! The mails of a mailing, held against what was approved.

use super::{material::Material, plan::Plan, preview::write, state::State};
use crate::{
    app::App,
    mail::Text,
    order::Order,
    reminder::rule::{Reason, not_owed},
};

/// The mails, or why they are not what was approved.
pub(super) type Ready = Result<Vec<Mail>, String>;

/// A mail that is ready to be queued.
#[derive(Debug)]
pub(super) struct Mail {
    /// Of which order, by its place in the material.
    pub order: usize,
    pub text: Text,
    /// It is not what was approved, but not owed either: it ends at once.
    pub ends: Option<Reason>,
}

/// Writes the mails of a mailing that is about to be started.
pub(super) fn prepare(app: &App, material: &Material) -> Ready {
    // Only of what could be started: it takes its time.
    if material.stored.state != State::Approved {
        return Ok(Vec::new());
    }
    let known = material.known(&app.shop);
    let plan = Plan::of(&known);
    let blocked = plan.objection().filter(|_| !plan.recipients.is_empty());
    if let Some(why) = blocked {
        return Err(why);
    }
    let changed = plan.changed(&known);
    if !changed.is_empty() {
        let more = changed.len().saturating_sub(20);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let named = changed[..changed.len().min(20)].join(", ");
        return Err(format!(
            "the mails for {named}{more} are not what was approved"
        ));
    }
    let orders = material.orders.iter().enumerate();
    let approved = orders.filter(|(_, order)| material.approved.contains_key(&order.id));
    let mails = approved.filter_map(|(at, order)| {
        let hash = *material.hashes.get(&order.id)?;
        let mail = |text| Mail {
            order: at,
            text,
            ends: ends_at_once(&plan, material, order),
        };
        Some(write(app, material, order, hash).map(mail))
    });
    let mails: Result<Vec<Mail>, _> = mails.collect();
    mails.map_err(|why| why.to_string())
}

/// What is not owed is for the outbox to cancel: a bank debit may still fail. But if it is not what
/// was approved either, it must not go whatever happens.
fn ends_at_once(plan: &Plan, material: &Material, order: &Order) -> Option<Reason> {
    let as_approved = plan.not_owed.get(&order.id) == material.approved.get(&order.id);
    not_owed(order.state).filter(|_| !as_approved)
}
