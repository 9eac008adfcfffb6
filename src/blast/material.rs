//! What there is to know about a mailing when somebody looks at it, and whether it still holds when
//! somebody acts on it.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use diesel::{
    dsl::sql,
    pg::Pg,
    prelude::*,
    sql_types::{Bool, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    Asked,
    draft::{BlastFilter, Selection},
    plan::{Digest, PlanFacts},
    recall,
    row::{self, Stored, ValidApproval},
};
use crate::{
    app::App,
    config::Shop,
    db::DbError,
    order::{Kind, Order, OrderRow},
    renderings::{Rendering, Stopped},
    schema::{blast_recipients, orders},
    suppression::{self, AddressHash, AddressKey},
};

/// A mailing with its orders, read at one time.
#[derive(Debug)]
pub struct Material {
    pub stored: Stored,
    /// The approval that is valid.
    pub approval: Option<ValidApproval>,
    /// Whom it was given for, with their mails.
    pub approved: HashMap<Uuid, Digest>,
    /// The orders that are selected, and those that were approved, by id.
    pub orders: Vec<Order>,
    /// Their addresses, hashed.
    pub hashes: HashMap<Uuid, AddressHash>,
    /// Those of them whose address is not written to.
    pub suppressed: HashSet<Uuid>,
}

/// How long a person waits for a preview, a test mail, a list or an approval: that of twenty thousand
/// mails must fit.
pub const LOOK: Duration = Duration::from_secs(30);

/// Why nothing was worked out.
#[derive(Debug)]
pub enum NotWorkedOut {
    /// There is no such mailing.
    NoBlast,
    /// It was not waited for, or took too long.
    Stopped(Stopped),
}

impl<T> From<NotWorkedOut> for Asked<T> {
    fn from(why: NotWorkedOut) -> Self {
        match why {
            NotWorkedOut::NoBlast => Self::NoBlast,
            NotWorkedOut::Stopped(why) => Self::Busy(why.to_string()),
        }
    }
}

/// Reads a mailing and works something out of it in `time`, on a thread of its own: thousands of mails
/// take longer than anybody should hold a connection.
pub async fn worked_out<T: Send + 'static>(
    app: &App,
    id: Uuid,
    time: Duration,
    work: impl FnOnce(&App, &Material, &Rendering) -> Result<T, Stopped> + Send + 'static,
) -> Result<Result<(Material, T), NotWorkedOut>, DbError> {
    // The turn before the orders are read: those who wait need no memory.
    let turn = match app.renderings.turn().await {
        Ok(turn) => turn,
        Err(busy) => return Ok(Err(NotWorkedOut::Stopped(busy))),
    };
    let read = (app.db).transaction(move |connection| Material::load(connection, id));
    let Some(material) = read.await? else {
        return Ok(Err(NotWorkedOut::NoBlast));
    };
    let app = app.clone();
    let work = move |rendering: &Rendering| {
        let made = work(&app, &material, rendering)?;
        Ok((material, made))
    };
    Ok(turn.run(time, work).await.map_err(NotWorkedOut::Stopped))
}

impl Material {
    /// Reads it, in the caller's transaction.
    pub fn load(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Self>> {
        let Some(stored) = row::read(connection, id)? else {
            return Ok(None);
        };
        let rows: Vec<OrderRow> = chosen(&stored)
            .select(OrderRow::as_select())
            .order(orders::id)
            .load(connection)?;
        let orders: QueryResult<Vec<Order>> = rows.into_iter().map(OrderRow::decode).collect();
        let orders = orders?;
        let key = AddressKey::load(connection)?;
        let hash = |order: &Order| Some((order.id, key.hash(order.email.as_ref()?.as_str())));
        let hashes: HashMap<Uuid, AddressHash> = orders.iter().filter_map(hash).collect();
        let listed = suppression::among(connection, hashes.values().copied())?;
        let suppressed = hashes.iter().filter(|(_, hash)| listed.contains(hash));
        Ok(Some(Self {
            approval: row::approvals(connection, &[id])?.pop(),
            approved: approved(connection, id)?,
            suppressed: suppressed.map(|(id, _)| *id).collect(),
            stored,
            orders,
            hashes,
        }))
    }

    /// What a plan is made from.
    pub fn facts<'a>(&'a self, shop: &'a Shop) -> PlanFacts<'a> {
        PlanFacts {
            content: &self.stored.content,
            shop,
            orders: &self.orders,
            approved: &self.approved,
            suppressed: &self.suppressed,
        }
    }

    /// Whether all of it is still so, of a mailing that is locked now.
    ///
    /// The orders are compared and not locked: a mailing may have thousands, and payers would wait for
    /// them. One that changes after this is found by the outbox, which asks again when it claims the mail.
    pub fn still_holds(&self, connection: &mut PgConnection, locked: &Stored) -> QueryResult<bool> {
        let approval = row::approvals(connection, &[locked.id])?.pop();
        if locked.content != self.stored.content || approval != self.approval {
            return Ok(false);
        }
        let today: Vec<(Uuid, i32, i32, String)> = chosen(locked)
            .select((
                orders::id,
                orders::version,
                orders::link_version,
                orders::status,
            ))
            .order(orders::id)
            .load(connection)?;
        let then = self.orders.iter().map(|order| {
            (
                order.id,
                order.version,
                order.link_version,
                order.state.name(),
            )
        });
        let today = today
            .iter()
            .map(|(id, version, link, status)| (*id, *version, *link, status.as_str()));
        Ok(today.eq(then))
    }
}

/// The orders that a mailing selects now, and those that were approved. A cart that a shop's own
/// checkout left behind is no bill: no mailing selects it.
fn chosen(stored: &Stored) -> orders::BoxedQuery<'_, Pg> {
    let approved = orders::id.eq_any(
        blast_recipients::table
            .filter(blast_recipients::blast_id.eq(stored.id))
            .select(blast_recipients::order_id),
    );
    let query = orders::table.into_boxed();
    let query = match &stored.content.selection {
        Selection::References(references) => {
            query.filter(orders::reference.eq_any(references).or(approved))
        }
        Selection::Filter(BlastFilter { status, metadata }) => {
            let pairs = serde_json::json!(metadata.clone().unwrap_or_default());
            let fits = orders::metadata.contains(pairs);
            match status {
                Some(status) => query.filter(fits.and(orders::status.eq(status)).or(approved)),
                None => query.filter(fits.or(approved)),
            }
        }
    };
    let query = query.filter(orders::kind.eq(Kind::Billed));
    match stored.corrects {
        Some(recalled) => query.filter(has_the_mail_of(recalled)),
        None => query,
    }
}

/// Whether somebody has the mail of a mailing that was recalled, or may have it.
fn has_the_mail_of(
    recalled: Uuid,
) -> Box<dyn BoxableExpression<orders::table, Pg, SqlType = Bool>> {
    let has = sql::<Bool>(
        "EXISTS (SELECT FROM outbox_orders about JOIN outbox mail ON mail.id = about.mail_id \
         WHERE about.order_id = orders.id AND mail.kind = 'blast' AND about.blast_id = ",
    )
    .bind::<SqlUuid, _>(recalled)
    .sql(&format!(" AND ({}))", recall::may_have_it()));
    Box::new(has)
}

fn approved(connection: &mut PgConnection, id: Uuid) -> QueryResult<HashMap<Uuid, Digest>> {
    let rows: Vec<(Uuid, Vec<u8>)> = blast_recipients::table
        .filter(blast_recipients::blast_id.eq(id))
        .select((blast_recipients::order_id, blast_recipients::digest))
        .load(connection)?;
    let decoded = |(id, bytes): (Uuid, Vec<u8>)| Some((id, Digest::from_column(&bytes)?));
    Ok(rows.into_iter().filter_map(decoded).collect())
}
