//! The payments of an order: written down once, with what they are to it, and shown.

use chrono::{DateTime, Utc};
use diesel::{dsl::exists, prelude::*};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    FoundBy, Share, dispute, refund,
    verdict::{compared, verdict},
};
use crate::{
    activity::{self, Category, Doing, Level},
    case::{self, Kind, Opening},
    db::AdvisoryLock,
    gateway::Session,
    order::{
        self, Order,
        currency::Currency,
        money::Money,
        state::{Fact, Verdict},
    },
    random,
    schema::{payment_allocations, payments},
};

/// A payment as it is kept.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = payments)]
pub struct Received {
    /// Ours.
    pub id: Uuid,
    /// `cs_…`
    pub stripe_session_id: String,
    /// `pi_…`; a subscription's payment has none.
    pub payment_intent: Option<String>,
    /// In minor units.
    pub amount: i64,
    /// Lower-case ISO code.
    pub currency: String,
}

impl Received {
    /// What it is to an order, if `compared` of it is held against what is `owed`, in its currency.
    pub fn judge(&self, order: &Order, owed: Option<Money>, compared: Option<i64>) -> Verdict {
        let currency = Currency::parse(&self.currency).ok();
        let paid = compared
            .zip(currency)
            .map(|(minor, currency)| Money::new(minor, currency));
        verdict(order.state, owed, paid)
    }
}

/// Writes a payment down once, judges what it is to each order, and moves the orders. No orders:
/// money that a person must place.
pub(super) fn record(
    connection: &mut PgConnection,
    session: &Session,
    row: Option<Uuid>,
    owed: &[(&Share, &Order)],
    found_by: FoundBy,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let payment = Received {
        id: random::row_id(now),
        stripe_session_id: session.id.to_string(),
        payment_intent: session.payment_intent.clone(),
        amount: session.amount_total.unwrap_or(0),
        currency: session.currency.clone().unwrap_or_default(),
    };
    // Asked before the lock on the intent: Stripe's repeats are many, and need none.
    let known = payments::table.filter(payments::stripe_session_id.eq(session.id.as_str()));
    if diesel::select(exists(known)).get_result(connection)? {
        return told_again(connection, session, &found_by.doing(now));
    }
    if let Some(intent) = &payment.payment_intent {
        lock_intent(connection, intent)?;
    }
    let new = diesel::insert_into(payments::table)
        .values((
            &payment,
            payments::session_id.eq(row),
            payments::found_by.eq(found_by),
            payments::found_at.eq(now),
        ))
        // Two settlements of a session without a row hold no lock in common when they ask above.
        .on_conflict(payments::stripe_session_id)
        .do_nothing()
        .execute(connection)?;
    if new == 0 {
        return Ok(());
    }
    let doing = found_by.doing(now);
    if owed.is_empty() {
        orphan(connection, &payment, session.email.as_deref(), &doing)?;
    }
    let asked: Option<i64> = owed.iter().map(|(share, _)| share.amount).sum();
    for (share, order) in owed {
        // A payment of the whole session's amount is each order's own share of it.
        let part_of = |whole| {
            let whole_is_asked = asked == Some(whole);
            share.amount.filter(|_| whole_is_asked).unwrap_or(whole)
        };
        let compared = compared(session, order.is_adjusted_at_checkout()).map(part_of);
        let judged = payment.judge(order, share.owed(order), compared);
        let part = part_of(payment.amount);
        allocate(connection, &payment, order, part, judged, &doing)?;
    }
    // What was heard of before the payment.
    if let Some(intent) = &payment.payment_intent {
        refund::apply(connection, intent, &doing)?;
        dispute::apply(connection, intent, true, &doing)?;
    }
    Ok(())
}

/// A payment that is known. One that came by an import learns its intent here, and with it what was
/// heard of its refunds and disputes.
fn told_again(connection: &mut PgConnection, session: &Session, doing: &Doing) -> QueryResult<()> {
    let lacks_it = payments::table
        .filter(payments::stripe_session_id.eq(session.id.as_str()))
        .filter(payments::payment_intent.is_null());
    let Some(intent) = &session.payment_intent else {
        return Ok(());
    };
    if diesel::select(exists(lacks_it)).get_result(connection)? {
        lock_intent(connection, intent)?;
        diesel::update(lacks_it)
            .set(payments::payment_intent.eq(intent))
            .execute(connection)?;
        refund::apply(connection, intent, doing)?;
        dispute::apply(connection, intent, true, doing)?;
    }
    Ok(())
}

/// A payment and what is heard of its refunds and disputes meet here, so that neither overlooks the
/// other when both come at the same moment. An advisory lock, since there is no row to lock: either of
/// the two may be the first to be heard of. After orders' locks, before payments'; it ends with the
/// transaction.
pub(crate) fn lock_intent(connection: &mut PgConnection, intent: &str) -> QueryResult<()> {
    AdvisoryLock::PaymentIntent(intent).take(connection)
}

/// The same, for whoever holds no lock yet: the orders that the payment is counted for first. Whoever
/// moves a payment holds them, too.
pub(super) fn lock_orders_and_intent(
    connection: &mut PgConnection,
    intent: &str,
) -> QueryResult<()> {
    let orders: Vec<Uuid> = payment_allocations::table
        .inner_join(payments::table)
        .filter(payments::payment_intent.eq(intent))
        .select(payment_allocations::order_id)
        .load(connection)?;
    // Orders before the intent, as by everybody.
    order::lock(connection, &orders)?;
    lock_intent(connection, intent)
}

/// Counts `part` of a payment for a locked order, as what it was judged to be.
pub(crate) fn allocate(
    connection: &mut PgConnection,
    payment: &Received,
    order: &Order,
    part: i64,
    judged: Verdict,
    doing: &Doing,
) -> QueryResult<()> {
    diesel::insert_into(payment_allocations::table)
        .values((
            payment_allocations::payment_id.eq(payment.id),
            payment_allocations::order_id.eq(order.id),
            payment_allocations::amount.eq(part),
            payment_allocations::verdict.eq(judged),
        ))
        .execute(connection)?;
    let (level, what, kind) = match judged {
        Verdict::Settles => (Level::Info, "payment received", None),
        Verdict::SecondPayment => (
            Level::Attention,
            "a second payment came for an order that is settled",
            Some(Kind::SecondPayment),
        ),
        Verdict::Mismatch => (
            Level::Attention,
            "a payment came that is not what was owed",
            Some(Kind::Mismatch),
        ),
    };
    let line = payment_line(payment, Some(order.id), what, doing).level(level);
    activity::record(connection, line)?;
    order::advance(connection, order, Fact::Payment(judged), doing)?;
    match kind {
        None => order::settled_with(connection, order, part, &payment.currency),
        Some(kind) => {
            let opening = Opening {
                order_id: Some(order.id),
                amount: part,
                ..opening(payment, kind)
            };
            case::open(connection, &opening, doing).map(drop)
        }
    }
}

fn orphan(
    connection: &mut PgConnection,
    payment: &Received,
    email: Option<&str>,
    doing: &Doing,
) -> QueryResult<()> {
    let what = "a payment came that belongs to no order we know";
    let line = payment_line(payment, None, what, doing).attention();
    activity::record(connection, line)?;
    let opening = Opening {
        email,
        ..opening(payment, Kind::Orphan)
    };
    case::open(connection, &opening, doing).map(drop)
}

fn opening(payment: &Received, kind: Kind) -> Opening<'_> {
    Opening {
        kind,
        about: &payment.stripe_session_id,
        order_id: None,
        payment_id: Some(payment.id),
        payment_intent: payment.payment_intent.as_deref(),
        amount: payment.amount,
        currency: &payment.currency,
        email: None,
    }
}

fn payment_line(
    payment: &Received,
    order_id: Option<Uuid>,
    what: &str,
    doing: &Doing,
) -> activity::Line {
    activity::Line::about(order_id, Category::Payment, what, doing).detail(json!({
        "amount": payment.amount,
        "currency": payment.currency,
        "payment_intent": payment.payment_intent,
        "session": payment.stripe_session_id,
    }))
}

/// What of a payment went to an order.
#[derive(Debug, Clone, Serialize, Queryable)]
pub struct Payment {
    /// Whose it is counted for.
    #[serde(skip)]
    pub order_id: Uuid,
    /// `pi_…`; a subscription's payment has none.
    pub payment_intent: Option<String>,
    /// In minor units.
    pub amount: i64,
    /// Lower-case ISO code.
    pub currency: String,
    /// What it is to the order.
    pub verdict: Verdict,
    /// Who found it first.
    pub found_by: FoundBy,
    /// When it was found.
    pub at: DateTime<Utc>,
}

/// The payments of these orders, oldest first.
pub fn payments_of(connection: &mut PgConnection, orders: &[Uuid]) -> QueryResult<Vec<Payment>> {
    // By their keys on both sides: without statistics PostgreSQL would read all payments to join them.
    let paid: Vec<Uuid> = payment_allocations::table
        .filter(payment_allocations::order_id.eq_any(orders))
        .select(payment_allocations::payment_id)
        .load(connection)?;
    payment_allocations::table
        .inner_join(payments::table)
        .filter(payments::id.eq_any(paid))
        .filter(payment_allocations::order_id.eq_any(orders))
        .order(payments::id)
        .select((
            payment_allocations::order_id,
            payments::payment_intent,
            payment_allocations::amount,
            payments::currency,
            payment_allocations::verdict,
            payments::found_by,
            payments::found_at,
        ))
        .load(connection)
}
