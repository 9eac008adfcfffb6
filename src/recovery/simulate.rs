//! What the rule would have said of the carts that are kept, had recovery been on: nobody is written
//! to, and nothing is written down.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::bought::Bought;
use crate::{
    app::App,
    db::DbError,
    order::{Kind, state::State},
    reminder::{
        A_WEEK,
        rule::{Facts, Lately, Reason, rule},
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
    let (terms, livemode, now) = (app.reminders, app.livemode, app.clock.now());
    app.db
        .run(move |connection| {
            let carts: Vec<Cart> = carts::table
                .inner_join(checkout_sessions::table)
                .filter(carts::expired_at.ge(since))
                .order((carts::expired_at, carts::session_id))
                .select(Cart::as_select())
                .load(connection)?;
            let suppressed: Vec<Vec<u8>> = suppressions::table
                .select(suppressions::address_hash)
                .load(connection)?;
            let known = Known {
                bought: Bought::between(connection, since - A_WEEK, now)?,
                suppressed: suppressed
                    .iter()
                    .filter_map(|hash| AddressHash::from_column(hash))
                    .collect(),
                not_restorable: reminder_decisions::table
                    .filter(reminder_decisions::reason.eq(Reason::NotRestorable.name()))
                    .select(reminder_decisions::session_id)
                    .load(connection)?
                    .into_iter()
                    .collect(),
                delay: terms.delay,
                livemode,
            };
            Ok(run(carts, &known))
        })
        .await
}

struct Known {
    bought: Bought,
    suppressed: HashSet<AddressHash>,
    /// What was in them has been looked at.
    not_restorable: HashSet<Uuid>,
    delay: Duration,
    livemode: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = carts)]
struct Cart {
    session_id: Uuid,
    #[diesel(select_expression = checkout_sessions::stripe_id)]
    stripe_id: Option<String>,
    #[diesel(select_expression = checkout_sessions::livemode)]
    livemode: Option<bool>,
    address_hash: Option<Vec<u8>>,
    amount: Option<i64>,
    expired_at: DateTime<Utc>,
}

impl Cart {
    fn hash(&self) -> Option<AddressHash> {
        AddressHash::from_column(self.address_hash.as_deref()?)
    }
}

fn run(carts: Vec<Cart>, known: &Known) -> Vec<Simulated> {
    let mut reminded: HashMap<AddressHash, DateTime<Utc>> = HashMap::new();
    let simulated = carts.into_iter().map(|cart| {
        let free = cart.amount.unwrap_or(0) == 0 || known.not_restorable.contains(&cart.session_id);
        let reason =
            rule(&facts(&cart, known, &reminded)).or_else(|| free.then_some(Reason::NotRestorable));
        if let (None, Some(hash)) = (reason, cart.hash()) {
            reminded.insert(hash, cart.expired_at);
        }
        Simulated {
            session_id: cart.stripe_id.unwrap_or_default(),
            expired_at: cart.expired_at,
            reason,
        }
    });
    simulated.collect()
}

fn facts(cart: &Cart, known: &Known, reminded: &HashMap<AddressHash, DateTime<Utc>>) -> Facts {
    let hash = cart.hash();
    let due_at = cart.expired_at + known.delay;
    let lately = |at: &DateTime<Utc>| *at > due_at - A_WEEK && *at <= due_at;
    Facts {
        test_mode: cart.livemode.is_some_and(|mode| mode != known.livemode),
        superseded: false,
        state: State::Open,
        already_reminded: false,
        kind: Kind::Recovered,
        wanted: true,
        has_email: hash.is_some(),
        suppressed: hash.is_some_and(|hash| known.suppressed.contains(&hash)),
        age: known.delay,
        max_age: known.delay,
        lately: Lately {
            bought: known.bought.of(hash).iter().any(lately),
            reminded: hash.is_some_and(|hash| reminded.get(&hash).is_some_and(lately)),
        },
    }
}
