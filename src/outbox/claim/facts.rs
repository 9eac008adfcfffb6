//! What the gates look at, read once for all candidates.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::{prelude::*, result::Error as QueryError};
use uuid::Uuid;

use super::candidate::Candidate;
use crate::{
    app::App,
    inbox::{Held, MailToPayer, payment_pending_in_inbox},
    order::{self, Order, OrderRow},
    outbox::{
        Kind,
        gate::{Facts, Flaw, OrderFacts},
    },
    reminder::{
        Decision, purchases,
        rule::{self, Circumstances, LastWeek, OrderHistory},
    },
    schema::{orders, outbox_orders, reminder_decisions, session_orders},
    settings::{self, Settings},
    suppression::{self, AddressHash, AddressKey},
};

/// What the gates look at, for all candidates.
pub(super) struct ClaimFacts {
    orders: HashMap<Uuid, Vec<(Order, bool)>>,
    moved: HashMap<Uuid, (AddressHash, bool)>,
    /// Of reminders that are scheduled, or were sent and are asked for again.
    expiries: HashMap<Uuid, Expiry>,
    with_live_session: HashSet<Uuid>,
    last_week: HashMap<Uuid, LastWeek>,
    /// Mails whose orders or decision cannot be read, and why.
    unreadable: Unreadable,
    /// What Stripe has told of a payer, and is still to be worked on, holds mail back.
    inbox: Held,
    /// What was asked about that.
    to_payers: HashMap<Uuid, MailToPayer>,
    settings: Option<Settings>,
}

/// When the session of a reminder expired, and until when it may be sent if not as long as usual.
#[derive(Clone, Copy, Queryable)]
struct Expiry {
    expired_at: DateTime<Utc>,
    good_until: Option<DateTime<Utc>>,
}

impl ClaimFacts {
    pub fn load(
        connection: &mut PgConnection,
        candidates: &[Candidate],
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        let mails: Vec<Uuid> = candidates.iter().map(|mail| mail.id).collect();
        let (orders, unreadable) = orders_of(connection, &mails)?;
        let mut facts = Self {
            moved: moved(connection, candidates, &orders)?,
            inbox: Held::default(),
            to_payers: HashMap::new(),
            orders,
            unreadable,
            expiries: HashMap::new(),
            with_live_session: HashSet::new(),
            last_week: HashMap::new(),
            settings: None,
        };
        let to_payers = facts.to_payers(candidates);
        facts.inbox = payment_pending_in_inbox(connection, &to_payers, now)?;
        facts.to_payers = to_payers.into_iter().map(|mail| (mail.id, mail)).collect();
        if candidates.iter().any(|mail| mail.kind == Kind::Reminder) {
            facts.load_reminders(connection, &mails)?;
            facts.load_last_week(connection, candidates, now)?;
        }
        Ok(facts)
    }

    /// The hash of the address that the mail goes to.
    pub fn hash_of(&self, mail: &Candidate) -> AddressHash {
        let moved = self.moved.get(&mail.id);
        moved.map_or(mail.address_hash, |(hash, _)| *hash)
    }

    /// Why a mail cannot be, in a sentence.
    pub fn why(&self, mail: &Candidate, flaw: Flaw) -> String {
        match self.unreadable.get(&mail.id) {
            Some(why) => format!("{}: {why}", flaw.why()),
            None => flaw.why().to_owned(),
        }
    }

    /// Whether anything lies in the inbox that mail to payers may wait for.
    pub fn is_anything_pending(&self) -> bool {
        self.inbox.is_anything_pending
    }

    /// What the inbox was asked about a mail to a payer.
    pub fn to_payer(&self, mail: Uuid) -> Option<MailToPayer> {
        self.to_payers.get(&mail).cloned()
    }

    fn to_payers(&self, candidates: &[Candidate]) -> Vec<MailToPayer> {
        let to_payers = candidates.iter().filter(|mail| mail.kind.is_to_a_payer());
        let asked = to_payers.map(|mail| MailToPayer {
            id: mail.id,
            address: Some(self.hash_of(mail)),
            orders: about(&self.orders, mail.id)
                .map(|order| (order.id, order.reference.clone()))
                .collect(),
        });
        asked.collect()
    }

    fn load_reminders(&mut self, connection: &mut PgConnection, mails: &[Uuid]) -> QueryResult<()> {
        let (expiries, unreadable) = each_readable(connection, mails, load_expiries)?;
        self.expiries = expiries.into_iter().collect();
        self.unreadable.extend(unreadable);
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
            let hash = self.hash_of(mail);
            if let Some(email) = email {
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
            kind: mail.kind,
            readable: !self.unreadable.contains_key(&mail.id),
            suppressed,
            written: mail.text.is_some(),
            orders: rows
                .iter()
                .map(|(order, changed)| OrderFacts {
                    state: order.state,
                    changed: *changed,
                    has_email: order.email.is_some(),
                })
                .collect(),
            reminder: self.reminder(mail, &orders, suppressed, app, now),
            unheard: self.inbox.mails.contains(&mail.id),
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

type Orders = HashMap<Uuid, Vec<(Order, bool)>>;
/// What was read, each with its mail.
type Rows<T> = Vec<(Uuid, T)>;
/// Mails whose rows cannot be read, and why.
type Unreadable = HashMap<Uuid, String>;

/// The orders that mails are about, each with whether it has changed since; and the mails of which one
/// cannot be read, and why.
fn orders_of(connection: &mut PgConnection, mails: &[Uuid]) -> QueryResult<(Orders, Unreadable)> {
    let (rows, unreadable) = each_readable(connection, mails, load_orders)?;
    let mut orders = Orders::new();
    for (mail, order) in rows {
        orders.entry(mail).or_default().push(order);
    }
    Ok((orders, unreadable))
}

fn load_orders(connection: &mut PgConnection, mails: &[Uuid]) -> QueryResult<Rows<(Order, bool)>> {
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
    let orders = rows.into_iter().map(|(mail, version, link_version, row)| {
        let order = row.decode()?;
        let changed = (order.version, order.link_version) != (version, link_version);
        Ok((mail, (order, changed)))
    });
    orders.collect()
}

/// Of decisions that stand: one that was skipped is no reason to send anything. Nearly all of them stand: said as
/// a list, PostgreSQL without statistics would read the numbers of all of those beside the mails'.
fn load_expiries(connection: &mut PgConnection, mails: &[Uuid]) -> QueryResult<Rows<Expiry>> {
    reminder_decisions::table
        .filter(reminder_decisions::mail_id.eq_any(mails))
        .filter(reminder_decisions::decision.ne(Decision::Skipped))
        .select((
            reminder_decisions::mail_id.assume_not_null(),
            (
                reminder_decisions::expired_at,
                reminder_decisions::good_until,
            ),
        ))
        .load(connection)
}

/// Loads rows of all mails at once; where one does not decode, mail by mail, so that it is no other mail's
/// trouble. Tells the mails whose rows cannot be read, too.
fn each_readable<T>(
    connection: &mut PgConnection,
    mails: &[Uuid],
    load: fn(&mut PgConnection, &[Uuid]) -> QueryResult<Rows<T>>,
) -> QueryResult<(Rows<T>, Unreadable)> {
    match load(connection, mails) {
        Err(QueryError::DeserializationError(_)) => {}
        all => return all.map(|rows| (rows, HashMap::new())),
    }
    let (mut rows, mut unreadable) = (Vec::new(), HashMap::new());
    for mail in mails {
        match load(connection, &[*mail]) {
            Ok(some) => rows.extend(some),
            Err(QueryError::DeserializationError(why)) => {
                unreadable.insert(*mail, why.to_string());
            }
            Err(error) => return Err(error),
        }
    }
    Ok((rows, unreadable))
}
