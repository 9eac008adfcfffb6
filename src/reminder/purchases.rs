//! Who has bought, and when: **the** definition, for the rule, the simulation and the figures.
//!
//! Somebody has bought who has paid, whose bank debit is on its way, whose money a person looks at, or
//! who settled with the shop without Stripe (`order_bought_at`); and whoever paid with another system,
//! or with an address that they typed ([`learn`] keeps those by the hash of the address). Money that went
//! back was a purchase all the same. A bank debit that did not arrive was none.
//!
//! Which events may tell of a purchase, so that mails wait for them, stands in `inbox/dispatch.rs`.

use std::{
    collections::{HashMap, HashSet},
    ops::RangeInclusive,
};

use chrono::{DateTime, Duration, Utc};
use diesel::{
    dsl::{auto_type, exists},
    pg::PgRowByRowLoadingMode,
    prelude::*,
    select,
    sql_types::{Array, Bytea, Nullable, Timestamptz},
};
use uuid::Uuid;

use super::rule::LastWeek;
use crate::{
    db::{AdvisoryLock, lower},
    gateway::{Session, session::Status},
    mail::{Kind, State},
    schema::{orders, outbox, purchases},
    suppression::{AddressHash, AddressKey},
};

/// So long after a purchase, or after a reminder, nobody is reminded of a cart.
pub const A_WEEK: Duration = Duration::days(7);

/// The address of an order, and when its payer bought.
type Bought = (Option<String>, Option<DateTime<Utc>>);

/// When the payer of an order bought: in whatever way it was settled, also where nothing is asked any
/// more; with a bank debit on its way; or with money that a person looks at. An order has at most one of
/// these times.
#[auto_type(no_type_alias)]
fn order_bought_at() -> _ {
    greatest(
        orders::paid_at,
        orders::settled_at,
        orders::in_review_at,
        orders::processing_at,
    )
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// PostgreSQL's `greatest`, which passes over what is null.
    fn greatest(
        paid: Nullable<Timestamptz>,
        settled: Nullable<Timestamptz>,
        in_review: Nullable<Timestamptz>,
        processing: Nullable<Timestamptz>,
    ) -> Nullable<Timestamptz>;
}

/// What happened with an address within a week before `now`, the mail `except` not counted.
pub fn last_week(
    connection: &mut PgConnection,
    address: &str,
    hash: AddressHash,
    except: Option<Uuid>,
    now: DateTime<Utc>,
) -> QueryResult<LastWeek> {
    let since = now - A_WEEK;
    let kept = purchases::table
        .filter(purchases::address_hash.eq(&hash.0[..]))
        .filter(purchases::bought_at.gt(since));
    let by_orders = orders::table
        .filter(lower(orders::email).eq(address.trim().to_lowercase()))
        .filter(order_bought_at().gt(since));
    let reminded = outbox::table
        .filter(outbox::kind.eq(Kind::Reminder))
        .filter(outbox::address_hash.eq(&hash.0[..]))
        .filter(outbox::state.ne_all([State::Cancelled, State::Suppressed, State::Failed]))
        .filter(outbox::created_at.gt(since))
        .filter(outbox::id.ne(except.unwrap_or_default()));
    Ok(LastWeek {
        bought: select(exists(kept).or(exists(by_orders))).get_result(connection)?,
        reminded: select(exists(reminded)).get_result(connection)?,
    })
}

/// Two workers that decide about carts of one address do so one after the other: else neither would see
/// the reminder that the other schedules. After orders' locks.
pub fn lock_address(connection: &mut PgConnection, hash: AddressHash) -> QueryResult<()> {
    AdvisoryLock::Address(&hash.0).take(connection)
}

/// When each address bought, hashed.
#[derive(Debug, Default)]
pub struct Purchases(HashMap<AddressHash, Vec<DateTime<Utc>>>);

impl Purchases {
    /// Those of these addresses from `first` to `last`, both included. An order has its address and no hash of it:
    /// every buyer of that time is looked at, one row after the other, and nobody else is kept.
    pub fn between(
        connection: &mut PgConnection,
        (first, last): (DateTime<Utc>, DateTime<Utc>),
        of: &HashSet<AddressHash>,
    ) -> QueryResult<Self> {
        let mut times: HashMap<_, Vec<_>> = HashMap::new();
        if of.is_empty() {
            return Ok(Self(times));
        }
        for Kept { hash, at } in kept(connection, (first, last), of)? {
            if let Some(hash) = AddressHash::from_column(&hash) {
                times.entry(hash).or_default().push(at);
            }
        }
        let key = AddressKey::load(connection)?;
        let by_orders = orders::table
            .filter(order_bought_at().between(first, last))
            .filter(orders::email.is_not_null())
            .select((orders::email, order_bought_at()));
        for row in by_orders.load_iter::<Bought, PgRowByRowLoadingMode>(connection)? {
            let (Some(email), Some(at)) = row? else {
                continue;
            };
            let hash = key.hash(&email);
            if of.contains(&hash) {
                times.entry(hash).or_default().push(at);
            }
        }
        Ok(Self(times))
    }

    /// Whether this address bought within a week before `at`; nobody did, if there is none.
    pub fn in_the_week_before(&self, address: Option<AddressHash>, at: DateTime<Utc>) -> bool {
        let times = self.of(address);
        times.iter().any(|time| *time > at - A_WEEK && *time <= at)
    }

    /// Whether this address bought in this time.
    pub fn within(
        &self,
        address: Option<AddressHash>,
        time: &RangeInclusive<DateTime<Utc>>,
    ) -> bool {
        self.of(address).iter().any(|at| time.contains(at))
    }

    fn of(&self, address: Option<AddressHash>) -> &[DateTime<Utc>] {
        let times = address.and_then(|address| self.0.get(&address));
        times.map_or(&[], Vec::as_slice)
    }
}

#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = Bytea)]
    hash: Vec<u8>,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

/// What is kept of purchases of these addresses. Behind the OFFSET PostgreSQL begins with the addresses: as a
/// condition beside the time, it reads whoever bought in that time.
fn kept(
    connection: &mut PgConnection,
    (first, last): (DateTime<Utc>, DateTime<Utc>),
    of: &HashSet<AddressHash>,
) -> QueryResult<Vec<Kept>> {
    let hashes: Vec<&[u8]> = of.iter().map(|hash| &hash.0[..]).collect();
    diesel::sql_query(
        "SELECT wanted.hash, bought.at FROM unnest($1) AS wanted (hash) CROSS JOIN LATERAL \
         (SELECT bought_at AS at FROM purchases \
          WHERE address_hash = wanted.hash AND bought_at BETWEEN $2 AND $3 OFFSET 0) bought",
    )
    .bind::<Array<Bytea>, _>(hashes)
    .bind::<Timestamptz, _>(first)
    .bind::<Timestamptz, _>(last)
    .load(connection)
}

/// Keeps what a checkout tells of its payer, whoever opened it: they have bought, or a bank debit did
/// not arrive after all. When it was told first counts, so a debit counts from its beginning.
pub fn learn(
    connection: &mut PgConnection,
    session: &Session,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let has_bought = match session.status {
        Status::Paid | Status::PaymentPending => true,
        Status::PaymentFailed => false,
        Status::Open | Status::Expired => return Ok(()),
    };
    // Without an address it is nobody's; without an amount it sets up a card.
    let (Some(address), Some(amount)) = (&session.email, session.amount_total) else {
        return Ok(());
    };
    let hash = AddressKey::load(connection)?.hash(address);
    diesel::insert_into(purchases::table)
        .values((
            purchases::stripe_session_id.eq(session.id.as_str()),
            purchases::address_hash.eq(&hash.0[..]),
            purchases::amount.eq(amount),
            purchases::currency.eq(session.currency.as_deref().unwrap_or_default()),
            purchases::bought_at.eq(session.told_at.unwrap_or(now)),
        ))
        .on_conflict_do_nothing()
        .execute(connection)?;
    if has_bought {
        return Ok(());
    }
    // The row stays, also if it is told only later that the debit was on its way: nothing was bought.
    diesel::update(purchases::table.find(session.id.as_str()))
        .set(purchases::bought_at.eq(DateTime::UNIX_EPOCH))
        .execute(connection)
        .map(drop)
}
