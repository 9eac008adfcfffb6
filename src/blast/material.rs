//! What there is to know about a mailing when somebody looks at it, and whether it still holds when
//! somebody acts on it.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use diesel::{pg::Pg, prelude::*};
use uuid::Uuid;

use super::{
    Asked,
    fits::selected,
    plan::{Digest, PlanFacts},
    row::{self, Stored, ValidApproval},
};
use crate::{
    app::App,
    config::Shop,
    db::DbError,
    order::{Kind, Order, OrderRow, Status},
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
    /// Those of them that are selected, as the database says.
    pub selected: HashSet<Uuid>,
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

/// The same without the orders, of which `work` reads what it needs.
pub async fn on_a_thread<T: Send + 'static>(
    app: &App,
    time: Duration,
    work: impl FnOnce(&App, &Rendering) -> Result<T, Stopped> + Send + 'static,
) -> Result<T, Stopped> {
    let turn = app.renderings.turn().await?;
    let app = app.clone();
    turn.run(time, move |rendering: &Rendering| work(&app, rendering))
        .await
}

impl Material {
    /// Reads it, in the caller's transaction.
    pub fn load(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Self>> {
        let Some(stored) = row::read(connection, id)? else {
            return Ok(None);
        };
        let rows: Vec<(OrderRow, bool)> = chosen(&stored)
            .select((OrderRow::as_select(), selected(&stored)))
            .order(orders::id)
            .load(connection)?;
        let approved = approved(connection, id)?;
        Self::of(connection, stored, rows, approved)
    }

    /// The same of a part of it: the first so many orders behind one (by id) that are selected, open or not.
    pub fn load_part(
        connection: &mut PgConnection,
        id: Uuid,
        after: Option<Uuid>,
        limit: i64,
    ) -> QueryResult<Option<Self>> {
        let Some(stored) = row::read(connection, id)? else {
            return Ok(None);
        };
        let rows: Vec<OrderRow> = orders::table
            .filter(orders::kind.eq(Kind::Billed))
            .filter(selected(&stored))
            .filter(orders::id.gt(after.unwrap_or_default()))
            .select(OrderRow::as_select())
            .order(orders::id)
            .limit(limit)
            .load(connection)?;
        let rows = rows.into_iter().map(|row| (row, true)).collect();
        // Only a start compares.
        Self::of(connection, stored, rows, HashMap::new())
    }

    fn of(
        connection: &mut PgConnection,
        stored: Stored,
        rows: Vec<(OrderRow, bool)>,
        approved: HashMap<Uuid, Digest>,
    ) -> QueryResult<Option<Self>> {
        let id = stored.id;
        let mut selected = HashSet::new();
        let mut orders: Vec<Order> = Vec::with_capacity(rows.len());
        for (row, is_selected) in rows {
            let order = row.decode()?;
            if is_selected {
                selected.insert(order.id);
            }
            orders.push(order);
        }
        let key = AddressKey::load(connection)?;
        let hash = |order: &Order| Some((order.id, key.hash(order.email.as_ref()?.as_str())));
        let hashes: HashMap<Uuid, AddressHash> = orders.iter().filter_map(hash).collect();
        let listed = suppression::among(connection, hashes.values().copied())?;
        let suppressed = hashes.iter().filter(|(_, hash)| listed.contains(hash));
        Ok(Some(Self {
            approval: row::approvals(connection, &[id])?.pop(),
            approved,
            suppressed: suppressed.map(|(id, _)| *id).collect(),
            selected,
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
            selected: &self.selected,
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
        let today: Vec<(Uuid, i32, i32, Status, bool)> = chosen(locked)
            .select((
                orders::id,
                orders::version,
                orders::link_version,
                orders::status,
                selected(locked),
            ))
            .order(orders::id)
            .load(connection)?;
        let then = self.orders.iter().map(|order| {
            (
                order.id,
                order.version,
                order.link_version,
                order.state.status(),
                self.selected.contains(&order.id),
            )
        });
        Ok(today.into_iter().eq(then))
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
    orders::table
        .filter(selected(stored).or(approved))
        .filter(orders::kind.eq(Kind::Billed))
        .into_boxed()
}

fn approved(connection: &mut PgConnection, id: Uuid) -> QueryResult<HashMap<Uuid, Digest>> {
    let rows: Vec<(Uuid, Vec<u8>)> = blast_recipients::table
        .filter(blast_recipients::blast_id.eq(id))
        .select((blast_recipients::order_id, blast_recipients::digest))
        .load(connection)?;
    let decoded = |(id, bytes): (Uuid, Vec<u8>)| Some((id, Digest::from_column(&bytes)?));
    Ok(rows.into_iter().filter_map(decoded).collect())
}
