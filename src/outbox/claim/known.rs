//! What the gates look at, read once for all candidates.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::candidate::Candidate;
use crate::{
    app::App,
    order::{Order, OrderRow},
    outbox::{
        Kind,
        gate::{Facts, OrderFacts},
    },
    reminder::rule,
    schema::{orders, outbox_orders, reminder_decisions, session_orders},
    settings::{self, Settings},
    suppression::{self, AddressHash, AddressKey},
};

/// What the gates look at, for all candidates.
pub(super) struct Known {
    orders: HashMap<Uuid, Vec<(Order, bool)>>,
    suppressed: HashSet<AddressHash>,
    pub key: AddressKey,
    expired_at: HashMap<Uuid, DateTime<Utc>>,
    with_live_session: HashSet<Uuid>,
    settings: Option<Settings>,
}

impl Known {
    pub fn load(connection: &mut PgConnection, candidates: &[Candidate]) -> QueryResult<Self> {
        let mails: Vec<Uuid> = candidates.iter().map(|mail| mail.id).collect();
        let key = AddressKey::load(connection)?;
        let orders = orders_of(connection, &mails)?;
        let hashes = candidates.iter().map(|mail| {
            let about: Vec<&Order> = about(&orders, mail.id).collect();
            key.hash(mail.address(&about))
        });
        let suppressed = suppression::among(connection, hashes)?;
        let mut known = Self {
            orders,
            suppressed,
            key,
            expired_at: HashMap::new(),
            with_live_session: HashSet::new(),
            settings: None,
        };
        if candidates.iter().any(|mail| mail.kind() == Kind::Reminder) {
            known.load_reminders(connection, &mails)?;
        }
        Ok(known)
    }

    fn load_reminders(&mut self, connection: &mut PgConnection, mails: &[Uuid]) -> QueryResult<()> {
        let expired: Vec<(Option<Uuid>, DateTime<Utc>)> = reminder_decisions::table
            .filter(reminder_decisions::mail_id.eq_any(mails))
            .select((reminder_decisions::mail_id, reminder_decisions::expired_at))
            .load(connection)?;
        self.expired_at = expired
            .into_iter()
            .filter_map(|(mail, at)| Some((mail?, at)))
            .collect();
        let orders: Vec<Uuid> = self
            .orders
            .values()
            .flatten()
            .map(|(order, _)| order.id)
            .collect();
        let live: Vec<Uuid> = session_orders::table
            .filter(
                session_orders::order_id
                    .eq_any(orders)
                    .and(session_orders::live),
            )
            .select(session_orders::order_id)
            .load(connection)?;
        self.with_live_session = live.into_iter().collect();
        self.settings = Some(settings::read(connection)?);
        Ok(())
    }

    pub fn of(&self, mail: &Candidate, app: &App, now: DateTime<Utc>) -> (Vec<&Order>, Facts) {
        let rows = self.orders.get(&mail.id).map_or(&[][..], Vec::as_slice);
        let orders: Vec<&Order> = rows.iter().map(|(order, _)| order).collect();
        let suppressed = self
            .suppressed
            .contains(&self.key.hash(mail.address(&orders)));
        let facts = Facts {
            kind: mail.kind(),
            suppressed,
            written: mail.subject.is_some() && mail.body.is_some(),
            orders: rows
                .iter()
                .map(|(order, changed)| OrderFacts {
                    state: order.state,
                    changed: *changed,
                    has_email: order.email.is_some(),
                })
                .collect(),
            reminder: self.reminder(mail, &orders, suppressed, app, now),
        };
        (orders, facts)
    }

    fn reminder(
        &self,
        mail: &Candidate,
        orders: &[&Order],
        suppressed: bool,
        app: &App,
        now: DateTime<Utc>,
    ) -> Option<rule::Facts> {
        let (expired_at, order) = (self.expired_at.get(&mail.id)?, orders.first()?);
        let enabled = self
            .settings
            .as_ref()
            .is_some_and(|settings| settings.reminders_enabled);
        Some(rule::Facts {
            superseded: self.with_live_session.contains(&order.id),
            state: order.state,
            already_reminded: false,
            wanted: enabled && order.remind,
            has_email: order.email.is_some(),
            suppressed,
            age: now - *expired_at,
            max_age: app.reminders.max_age,
        })
    }
}

fn about(orders: &HashMap<Uuid, Vec<(Order, bool)>>, mail: Uuid) -> impl Iterator<Item = &Order> {
    let rows = orders.get(&mail).map_or(&[][..], Vec::as_slice);
    rows.iter().map(|(order, _)| order)
}

/// The orders that mails are about, each with whether it has changed since.
fn orders_of(
    connection: &mut PgConnection,
    mails: &[Uuid],
) -> QueryResult<HashMap<Uuid, Vec<(Order, bool)>>> {
    let rows: Vec<(Uuid, i32, i32, OrderRow)> = outbox_orders::table
        .inner_join(orders::table)
        .filter(outbox_orders::mail_id.eq_any(mails))
        .order((outbox_orders::mail_id, outbox_orders::order_id))
        .select((
            outbox_orders::mail_id,
            outbox_orders::version,
            outbox_orders::link_version,
            OrderRow::as_select(),
        ))
        .load(connection)?;
    let mut orders: HashMap<Uuid, Vec<(Order, bool)>> = HashMap::new();
    for (mail, version, link_version, row) in rows {
        let order = row.decode()?;
        let changed = (order.version, order.link_version) != (version, link_version);
        orders.entry(mail).or_default().push((order, changed));
    }
    Ok(orders)
}
