//! Who gets a mailing and what became of each mail; before the start, who would get it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use super::{
    material::{self, Material},
    plan::writable,
    row,
};
use crate::{
    app::App,
    db::DbError,
    outbox::Kind,
    schema::{orders, outbox, outbox_orders},
};

/// One recipient.
#[derive(Debug, Clone, Serialize, Queryable)]
pub struct Recipient {
    /// The order that the mail is about.
    pub order_id: Uuid,
    /// The shop's name for it.
    pub reference: String,
    /// Whom it goes to, until that is erased.
    pub to: Option<String>,
    /// The mail's state in the outbox; `planned` before the start.
    pub state: String,
    /// Why it was not sent.
    pub reason: Option<String>,
    /// How often it was tried.
    pub attempts: i32,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When the mail server took it.
    pub sent_at: Option<DateTime<Utc>>,
}

/// A page of recipients by order id, one more than `limit` if there are more; `after` is where the
/// page before ended. `None` if there is no such mailing.
///
/// # Errors
/// The database's.
pub async fn recipients(
    app: &App,
    id: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Option<Vec<Recipient>>, DbError> {
    let read = move |connection: &mut PgConnection| row::read(connection, id);
    let Some(stored) = app.db.run(read).await? else {
        return Ok(None);
    };
    if stored.state.is_before_the_start() {
        let plan = move |app: &App, material: &Material| planned(app, material, after, limit);
        let planned = material::worked_out(app, id, plan).await?;
        return Ok(planned.map(|(_, planned)| planned));
    }
    let read = move |connection: &mut PgConnection| mailed(connection, id, after, limit);
    app.db.run(read).await.map(Some)
}

/// Writes no more mails than the page has.
fn planned(app: &App, material: &Material, after: Option<Uuid>, limit: i64) -> Vec<Recipient> {
    let mut known = material.known(&app.shop);
    if let Some(after) = after {
        let first = known.orders.partition_point(|order| order.id <= after);
        known.orders = &known.orders[first..];
    }
    let recipients = writable(&known).map(|order| Recipient {
        order_id: order.id,
        reference: order.reference.clone(),
        to: order.email.as_ref().map(|email| email.as_str().to_owned()),
        state: "planned".to_owned(),
        reason: material
            .suppressed
            .contains(&order.id)
            .then(|| "suppressed".to_owned()),
        attempts: 0,
        last_error: None,
        sent_at: None,
    });
    recipients
        .take(usize::try_from(limit).unwrap_or(0))
        .collect()
}

fn mailed(
    connection: &mut PgConnection,
    id: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> QueryResult<Vec<Recipient>> {
    outbox_orders::table
        .inner_join(outbox::table)
        .inner_join(orders::table)
        .filter(outbox_orders::blast_id.eq(id))
        .filter(outbox_orders::kind.eq(Kind::Blast.name()))
        .filter(outbox_orders::order_id.gt(after.unwrap_or_default()))
        .order(outbox_orders::order_id)
        .limit(limit)
        .select((
            outbox_orders::order_id,
            orders::reference,
            outbox::address,
            outbox::state,
            outbox::skip_reason,
            outbox::attempts,
            outbox::last_error,
            outbox::sent_at,
        ))
        .load(connection)
}
