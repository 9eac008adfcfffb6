//! What the rule would have said of the carts that are kept, had recovery been on: nobody is written
//! to, and nothing is written down.
//!
//! The rule is asked as it is of live carts, when the checkout expires and when the mail is due, as if
//! no mail had been sent and each expiry had been told at once. It is told what is known today: whoever
//! is not written to now counts as such then, and a bank debit that has failed since as no purchase.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    app::App,
    db::DbError,
    reminder::{
        purchases::{A_WEEK, Purchases},
        rule::{CartSession, Circumstances, Facts, LastWeek, Reason, rule},
    },
    schema::{carts, checkout_sessions, reminder_decisions, suppressions},
    suppression::AddressHash,
};

/// A cart, and what would have become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// `cs_…`
    pub session_id: String,
    /// When it expired.
    pub expired_at: DateTime<Utc>,
    /// `None`: a reminder would have been sent.
    pub reason: Option<Reason>,
}

/// Every kept cart since `since`, oldest first.
///
/// # Errors
/// The database's.
pub async fn simulate(app: &App, since: DateTime<Utc>) -> Result<Vec<Simulated>, DbError> {
    let (delay, livemode, now) = (app.reminders.delay, app.livemode, app.clock.now());
    app.db
        .run(move |connection| {
            let carts: Vec<KeptCart> = carts::table
                .inner_join(checkout_sessions::table)
                .filter(carts::expired_at.ge(since))
                .order((carts::expired_at, carts::session_id))
                .select(KeptCart::as_select())
                .load(connection)?;
            let of = carts.iter().filter_map(KeptCart::address).collect();
            let mut simulation = Simulation {
                purchases: Purchases::between(connection, (since - A_WEEK, now), &of)?,
                suppressed: suppressed(connection)?,
                not_restorable: not_restorable(connection)?,
                reminders: HashMap::new(),
                delay,
                livemode,
            };
            let simulated = carts.into_iter().map(|cart| simulation.run(cart));
            Ok(simulated.collect())
        })
        .await
}

fn suppressed(connection: &mut PgConnection) -> QueryResult<HashSet<AddressHash>> {
    let hashes: Vec<Vec<u8>> = suppressions::table
        .select(suppressions::address_hash)
        .load(connection)?;
    let hashes = hashes
        .iter()
        .filter_map(|hash| AddressHash::from_column(hash));
    Ok(hashes.collect())
}

/// Carts whose content has been looked at, and cannot be restored.
fn not_restorable(connection: &mut PgConnection) -> QueryResult<HashSet<Uuid>> {
    let sessions: Vec<Uuid> = reminder_decisions::table
        .filter(reminder_decisions::reason.eq(Reason::NotRestorable))
        .select(reminder_decisions::session_id)
        .load(connection)?;
    Ok(sessions.into_iter().collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = carts)]
struct KeptCart {
    session_id: Uuid,
    #[diesel(select_expression = checkout_sessions::stripe_id)]
    stripe_id: Option<String>,
    #[diesel(select_expression = checkout_sessions::livemode)]
    livemode: Option<bool>,
    address_hash: Option<Vec<u8>>,
    amount: Option<i64>,
    expired_at: DateTime<Utc>,
}

impl KeptCart {
    fn address(&self) -> Option<AddressHash> {
        AddressHash::from_column(self.address_hash.as_deref()?)
    }
}

/// What is known, and what the simulation has come to so far.
struct Simulation {
    purchases: Purchases,
    suppressed: HashSet<AddressHash>,
    not_restorable: HashSet<Uuid>,
    /// The last one of each address: an earlier one is more than a week older, or had been cancelled.
    reminders: HashMap<AddressHash, Scheduled>,
    delay: Duration,
    livemode: bool,
}

/// A reminder that would have been scheduled.
struct Scheduled {
    at: DateTime<Utc>,
    /// When it was due, and the rule was against it.
    cancelled_at: Option<DateTime<Utc>>,
}

impl Scheduled {
    /// Whether it keeps another one away at this time.
    fn counts(&self, at: DateTime<Utc>) -> bool {
        self.at > at - A_WEEK && self.cancelled_at.is_none_or(|cancelled| at < cancelled)
    }
}

impl Simulation {
    fn run(&mut self, cart: KeptCart) -> Simulated {
        Simulated {
            reason: self.reason(&cart),
            session_id: cart.stripe_id.unwrap_or_default(),
            expired_at: cart.expired_at,
        }
    }

    /// Callers go from the oldest cart to the newest.
    fn reason(&mut self, cart: &KeptCart) -> Option<Reason> {
        let (expired_at, due_at) = (cart.expired_at, cart.expired_at + self.delay);
        let address = cart.address();
        let earlier = address.and_then(|address| self.reminders.get(&address));
        let reminded = earlier.is_some_and(|earlier| earlier.counts(expired_at));
        let at_expiry = rule(&self.facts(cart, expired_at, reminded));
        if let Some(reason) = at_expiry.or_else(|| self.cannot_be_restored(cart)) {
            return Some(reason);
        }
        // The mail itself does not count, and no other one stands beside it.
        let when_due = rule(&self.facts(cart, due_at, false));
        if let Some(address) = address {
            let scheduled = Scheduled {
                at: expired_at,
                cancelled_at: when_due.map(|_| due_at),
            };
            self.reminders.insert(address, scheduled);
        }
        when_due
    }

    fn cannot_be_restored(&self, cart: &KeptCart) -> Option<Reason> {
        let nothing_to_pay = cart.amount.unwrap_or(0) == 0;
        (nothing_to_pay || self.not_restorable.contains(&cart.session_id))
            .then_some(Reason::NotRestorable)
    }

    fn facts(&self, cart: &KeptCart, at: DateTime<Utc>, reminded: bool) -> Facts {
        let address = cart.address();
        let session = CartSession {
            test_mode: cart.livemode.is_some_and(|mode| mode != self.livemode),
            has_email: address.is_some(),
        };
        let around = Circumstances {
            enabled: true,
            suppressed: address.is_some_and(|address| self.suppressed.contains(&address)),
            // Told at once: none is too old.
            age: Duration::zero(),
            max_age: Duration::zero(),
            last_week: LastWeek {
                bought: self.purchases.in_the_week_before(address, at),
                reminded,
            },
        };
        Facts::of_cart(session, around)
    }
}
