//! What the order's page shows beside its story.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::{
    facts,
    happened::{self, Happened, Mail, What},
    next::{Facts, Next, next},
    signs,
    sure::{Sure, sure},
};
use crate::{
    link_looks::{self, LastLooks},
    mail::Mailer,
    order::{self, Order, OrderFilter},
    schema::blasts,
    settlement::{
        Payment,
        order_refunds::{OrderRefund, RefundState, Refundable, refundable, refunds_of},
        payments_of,
    },
};

/// Other orders of an address at most: a family has a few.
const OTHERS: i64 = 10;

/// An order with all that is known of it.
#[derive(Debug, Clone)]
pub struct PageFacts {
    /// As it stands.
    pub order: Order,
    /// What happened, oldest first.
    pub happened: Vec<Happened>,
    /// What came, oldest first.
    pub payments: Vec<Payment>,
    /// What may be given back, or why nothing may.
    pub refundable: Result<Refundable, &'static str>,
    /// A refund that Stripe was asked for and whose answer is not known.
    pub asked_refund: Option<OrderRefund>,
    /// Who looked at its link last.
    pub looks: LastLooks,
    /// What decides of the next step.
    pub facts: Facts,
    /// What to do.
    pub next: Next,
    /// Whether they could have paid without our noticing.
    pub sure: Sure,
    /// Other orders of the address, newest first.
    pub others: Vec<Order>,
    /// The mailings that it was in, by name.
    pub mailings: Vec<(Uuid, String)>,
}

/// An order with all that is known of it; `None` if there is none. One look at all tables, so that no part of
/// the page says anything else than another.
pub fn page_facts(
    connection: &mut PgConnection,
    id: Uuid,
    mailer: &Mailer,
    now: DateTime<Utc>,
) -> QueryResult<Option<PageFacts>> {
    let Some(order) = order::find(connection, id)? else {
        return Ok(None);
    };
    let happened = happened::happened(connection, id)?;
    let facts = facts::next_step_facts(connection, &order, Some(mailer), now)?;
    Ok(Some(PageFacts {
        payments: payments_of(connection, &[id])?,
        refundable: refundable(connection, &order)?,
        asked_refund: refunds_of(connection, &[id])?
            .into_iter()
            .find(|refund| refund.state == RefundState::Asked),
        looks: link_looks::of_order(connection, id)?,
        next: next(&facts),
        facts,
        sure: sure(&signs::signs(connection, id)?, now),
        others: others(connection, &order)?,
        mailings: mailings(connection, &happened)?,
        happened,
        order,
    }))
}

impl PageFacts {
    /// Its mails, oldest first.
    pub fn mails(&self) -> impl Iterator<Item = &Mail> {
        self.happened
            .iter()
            .filter_map(|happened| match &happened.what {
                What::Queued(mail, _) => Some(mail),
                _ => None,
            })
    }
}

fn others(connection: &mut PgConnection, order: &Order) -> QueryResult<Vec<Order>> {
    let Some(email) = &order.email else {
        return Ok(Vec::new());
    };
    let filter = OrderFilter {
        email: Some(email.as_str().to_owned()),
        ..OrderFilter::default()
    };
    let mut found = order::list(connection, &filter, OTHERS + 1)?;
    found.retain(|other| other.id != order.id);
    Ok(found)
}

fn mailings(
    connection: &mut PgConnection,
    happened: &[Happened],
) -> QueryResult<Vec<(Uuid, String)>> {
    let ids = happened.iter().filter_map(|happened| match &happened.what {
        What::Queued(mail, _) => mail.blast_id,
        _ => None,
    });
    let ids: Vec<Uuid> = ids.collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    blasts::table
        .filter(blasts::id.eq_any(ids))
        .order(blasts::id)
        .select((blasts::id, blasts::name))
        .load(connection)
}
