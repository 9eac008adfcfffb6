//! What the gates look at, read once for all candidates.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::candidate::Candidate;
use crate::{
    app::App,
    order::{self, Order, OrderRow},
    outbox::{
        Kind,
        gate::{Facts, OrderFacts},
    },
    reminder::{
        purchases,
        rule::{self, Circumstances, LastWeek, OrderHistory},
    },
    schema::{orders, outbox_orders, reminder_decisions, session_orders},
    settings::{self, Settings},
    suppression::{self, AddressHash, AddressKey},
};

/// What the gates look at, for all candidates.
pub(super) struct Known {
    orders: HashMap<Uuid, Vec<(Order, bool)>>,
    moved: HashMap<Uuid, (AddressHash, bool)>,
    expiries: HashMap<Uuid, Expiry>,
    with_live_session: HashSet<Uuid>,
    last_week: HashMap<Uuid, LastWeek>,
    /// Mails to whose payers Stripe has told something that is still to be worked on.
    unheard: HashSet<Uuid>,
    settings: Option<Settings>,
}

/// When the session of a reminder expired, and until when it may be sent if not as long as usual.
#[derive(Clone, Copy, Queryable)]
struct Expiry {
    expired_at: DateTime<Utc>,
    good_until: Option<DateTime<Utc>>,
}

impl Known {
    pub fn load(
        connection: &mut PgConnection,
        candidates: &[Candidate],
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        let mails: Vec<Uuid> = candidates.iter().map(|mail| mail.id).collect();
        let orders = orders_of(connection, &mails)?;
        let mut known = Self {
            moved: moved(connection, candidates, &orders)?,
            unheard: unheard(connection, candidates, &orders)?,
            orders,
            expiries: HashMap::new(),
            with_live_session: HashSet::new(),
            last_week: HashMap::new(),
            settings: None,
        };
        if candidates.iter().any(|mail| mail.kind() == Kind::Reminder) {
            known.load_reminders(connection, &mails)?;
            known.load_last_week(connection, candidates, now)?;
        }
        Ok(known)
    }

    /// The hash of the address that the mail goes to.
    pub fn hash_of(&self, mail: &Candidate) -> Option<AddressHash> {
        match self.moved.get(&mail.id) {
            Some((hash, _)) => Some(*hash),
            None => AddressHash::from_column(&mail.address_hash),
        }
    }

    fn load_reminders(&mut self, connection: &mut PgConnection, mails: &[Uuid]) -> QueryResult<()> {
        let expired: Vec<(Option<Uuid>, Expiry)> = reminder_decisions::table
            .filter(reminder_decisions::mail_id.eq_any(mails))
            .select((
                reminder_decisions::mail_id,
                (
                    reminder_decisions::expired_at,
                    reminder_decisions::good_until,
                ),
            ))
            .load(connection)?;
        self.expiries = expired
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

    /// Somebody who left a cart may have bought since.
    fn load_last_week(
        &mut self,
        connection: &mut PgConnection,
        candidates: &[Candidate],
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        for mail in candidates {
            let restored = self.orders.get(&mail.id).and_then(|orders| orders.first());
            let email = restored
                .filter(|(order, _)| order.kind == order::Kind::Recovered)
                .and_then(|(order, _)| order.email.clone());
            if let (Some(email), Some(hash)) = (email, self.hash_of(mail)) {
                purchases::lock_address(connection, hash)?;
                let address = email.as_str();
                let last_week =
                    purchases::last_week(connection, address, hash, Some(mail.id), now)?;
                self.last_week.insert(mail.id, last_week);
            }
        }
        Ok(())
    }

    pub fn of(&self, mail: &Candidate, app: &App, now: DateTime<Utc>) -> (Vec<&Order>, Facts) {
        let rows = self.orders.get(&mail.id).map_or(&[][..], Vec::as_slice);
        let orders: Vec<&Order> = rows.iter().map(|(order, _)| order).collect();
        let suppressed = match self.moved.get(&mail.id) {
            Some((_, suppressed)) => *suppressed,
            None => mail.suppressed,
        };
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
            unheard: self.unheard.contains(&mail.id),
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
        let (expiry, order) = (self.expiries.get(&mail.id)?, orders.first()?);
        let max_age = expiry.good_until.map(|until| until - expiry.expired_at);
        let enabled = self
            .settings
            .as_ref()
            .is_some_and(|settings| settings.reminds(order.kind));
        let history = OrderHistory {
            superseded: self.with_live_session.contains(&order.id),
            // The mail that is asked about is the one.
            already_reminded: false,
        };
        let around = Circumstances {
            enabled,
            suppressed,
            age: now - expiry.expired_at,
            max_age: max_age.unwrap_or(app.reminders.max_age),
            last_week: self.last_week.get(&mail.id).copied().unwrap_or_default(),
        };
        Some(rule::Facts::of_order(order, history, around))
    }
}

fn about(orders: &HashMap<Uuid, Vec<(Order, bool)>>, mail: Uuid) -> impl Iterator<Item = &Order> {
    let rows = orders.get(&mail).map_or(&[][..], Vec::as_slice);
    rows.iter().map(|(order, _)| order)
}

/// Mails that go to another address than when they were queued, with its hash and whether it is not
/// written to.
fn moved(
    connection: &mut PgConnection,
    candidates: &[Candidate],
    orders: &HashMap<Uuid, Vec<(Order, bool)>>,
) -> QueryResult<HashMap<Uuid, (AddressHash, bool)>> {
    let today = candidates.iter().filter_map(|mail| {
        let about: Vec<&Order> = about(orders, mail.id).collect();
        let address = mail.address(&about);
        (address != mail.address).then(|| (mail.id, address.to_owned()))
    });
    let today: Vec<(Uuid, String)> = today.collect();
    if today.is_empty() {
        return Ok(HashMap::new());
    }
    let key = AddressKey::load(connection)?;
    let hashes: HashMap<Uuid, AddressHash> = today
        .iter()
        .map(|(mail, address)| (*mail, key.hash(address)))
        .collect();
    let suppressed = suppression::among(connection, hashes.values().copied())?;
    let moved = hashes
        .into_iter()
        .map(|(mail, hash)| (mail, (hash, suppressed.contains(&hash))));
    Ok(moved.collect())
}

/// Mails whose address or order an event names that may be a payment, and is still to be worked on.
fn unheard(
    connection: &mut PgConnection,
    candidates: &[Candidate],
    orders: &HashMap<Uuid, Vec<(Order, bool)>>,
) -> QueryResult<HashSet<Uuid>> {
    #[derive(QueryableByName)]
    struct Named {
        #[diesel(sql_type = SqlUuid)]
        mail: Uuid,
    }
    let (mut mails, mut names) = (Vec::new(), Vec::new());
    for mail in candidates.iter().filter(|mail| mail.kind().is_to_a_payer()) {
        let about: Vec<&Order> = about(orders, mail.id).collect();
        let address = mail.address(&about).to_lowercase();
        for name in about
            .iter()
            .map(|order| order.id.to_string())
            .chain([address])
        {
            mails.push(mail.id);
            names.push(name);
        }
    }
    let named: Vec<Named> = diesel::sql_query(
        "WITH told AS MATERIALIZED ( \
             SELECT lower(encode(body, 'escape')) AS text FROM stripe_events \
             WHERE state = 'pending' AND received_at > clock_timestamp() - interval '1 day' \
               AND type IN ('checkout.session.completed', 'checkout.session.async_payment_succeeded')) \
         SELECT DISTINCT asked.mail FROM unnest($1, $2) AS asked (mail, name) \
         WHERE EXISTS (SELECT FROM told WHERE strpos(told.text, asked.name) > 0)",
    )
    .bind::<Array<SqlUuid>, _>(mails)
    .bind::<Array<Text>, _>(names)
    .load(connection)?;
    Ok(named.into_iter().map(|named| named.mail).collect())
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
