//! Whom a mailing is for, asked of the database.

use diesel::{
    dsl::{not, sql},
    prelude::*,
    sql_types::{Bool, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    recall,
    row::Stored,
    who::{BlastFilter, Selection, Who},
};
use crate::{
    order::{Condition, Status},
    outbox::never_mailed,
    schema::{blast_recipients, orders, outbox_orders},
};

/// That a mailing is for an order: it is one of those, and of a correction, one that has the wrong mail or may.
pub fn selected(stored: &Stored) -> Condition {
    chosen(&stored.content.who, stored.corrects)
}

/// The same of one that is still being written, and corrects that other one, if it does.
pub fn chosen(who: &Who, corrects: Option<Uuid>) -> Condition {
    let fits = fits(who);
    match corrects {
        Some(recalled) => Box::new(fits.and(has_the_mail_of(recalled))),
        None => fits,
    }
}

fn has_the_mail_of(recalled: Uuid) -> Condition {
    let has = sql::<Bool>(
        "EXISTS (SELECT FROM outbox_orders about JOIN outbox mail ON mail.id = about.mail_id \
         WHERE about.order_id = orders.id AND mail.kind = 'blast' AND about.blast_id = ",
    )
    .bind::<SqlUuid, _>(recalled)
    .sql(&format!(" AND ({}))", recall::may_have_it()));
    Box::new(has)
}

/// That an order is one of those. A cart that a shop's own checkout left behind is no bill, and is left out by
/// whoever asks.
fn fits(who: &Who) -> Condition {
    let chosen = match &who.selection {
        Selection::References(references) => {
            all([Box::new(orders::reference.eq_any(references.clone())) as Condition])
        }
        Selection::Filter(filter) => all(conditions(filter)),
    };
    if who.exclude.is_empty() {
        return chosen;
    }
    Box::new(chosen.and(orders::reference.ne_all(who.exclude.clone())))
}

fn conditions(filter: &BlastFilter) -> Vec<Condition> {
    let mut all: Vec<Condition> = Vec::new();
    if let Some(status) = filter.status.clone() {
        all.push(Box::new(orders::status.eq(status)));
    }
    if let Some(metadata) = filter.metadata.as_ref().filter(|pairs| !pairs.is_empty()) {
        all.push(Box::new(
            orders::metadata.contains(serde_json::json!(metadata)),
        ));
    }
    if filter.blast.is_some() {
        all.push(Box::new(orders::status.eq(Status::Open)));
        all.push(of_mailing(filter.blast_id.unwrap_or_default()));
    }
    if let Some(never) = filter.never_mailed {
        all.push(match never {
            true => never_mailed(),
            false => Box::new(not(never_mailed())),
        });
    }
    if let Some(import) = filter.import.clone() {
        all.push(Box::new(
            orders::import
                .is_not_null()
                .and(orders::import.assume_not_null().eq(import)),
        ));
    }
    all
}

fn all(conditions: impl IntoIterator<Item = Condition>) -> Condition {
    let mut conditions = conditions.into_iter();
    match conditions.next() {
        None => Box::new(true.into_sql::<Bool>()),
        Some(first) => conditions.fold(first, |one, other| Box::new(one.and(other))),
    }
}

/// Approved for that mailing, or mailed by it: the same orders as in the list of its orders.
fn of_mailing(blast: Uuid) -> Condition {
    let approved = blast_recipients::table
        .filter(blast_recipients::blast_id.eq(blast))
        .select(blast_recipients::order_id);
    let mailed = outbox_orders::table
        .filter(outbox_orders::blast_id.eq(blast))
        .select(outbox_orders::order_id);
    Box::new(orders::id.eq_any(approved).or(orders::id.eq_any(mailed)))
}
