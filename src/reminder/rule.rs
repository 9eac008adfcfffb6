//! Whether an expired session leads to a reminder: pure.
//!
//! Asked twice: when the session expires, and when the mail is claimed after the delay.

use chrono::Duration;

use crate::{
    column::column_enum,
    order::{Kind, Order, state::State},
};

column_enum! {
    /// Why there is no reminder. The words are the API's and the database's.
    pub enum Reason {
        /// We replaced or closed the session ourselves, or a newer one is live.
        Superseded = "superseded",
        /// Paid, also if refunded since.
        Paid = "paid",
        /// Settled without Stripe.
        SettledOffline = "settled_offline",
        /// No longer owed.
        Cancelled = "cancelled",
        /// Money is on its way, or came and is being looked at.
        Processing = "processing",
        /// The order has had its one reminder, or will have it.
        AlreadyReminded = "already_reminded",
        /// Reminders are off, for this order or altogether.
        ReminderDisabled = "reminder_disabled",
        /// Nobody to write to.
        NoEmail = "no_email",
        /// The address is not written to.
        Suppressed = "suppressed",
        /// The session expired too long ago.
        TooOld = "too_old",
        /// Unfinished checkouts of other systems are not followed up.
        RecoveryDisabled = "recovery_disabled",
        /// Whoever left the cart has bought something within a week.
        RecentPurchase = "recent_purchase",
        /// Whoever left the cart has been reminded of something within a week.
        RecentlyReminded = "recently_reminded",
        /// The session is of the other mode than our key.
        TestMode = "test_mode",
        /// No expired session is known of the address.
        NoSession = "no_session",
        /// Nothing was to be paid in the cart, or what is paid is not in it.
        NotRestorable = "not_restorable",
    }
}

/// What the rule looks at. There are two ways to it: [`Facts::of_order`] and [`Facts::of_cart`].
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// The session is of the other mode than our key.
    pub test_mode: bool,
    /// We replaced or closed the session ourselves, or a newer one is live.
    pub superseded: bool,
    /// Where the order stands.
    pub state: State,
    /// Another reminder of the order is scheduled or sent.
    pub already_reminded: bool,
    /// Whether somebody was billed, or left a cart.
    pub kind: Kind,
    /// Reminders of that kind are on, for this order and altogether.
    pub wanted: bool,
    /// There is an address.
    pub has_email: bool,
    /// It is not written to.
    pub suppressed: bool,
    /// How long ago the session expired.
    pub age: Duration,
    /// How long that may be.
    pub max_age: Duration,
    /// What happened with the address within a week; only asked about a cart.
    pub last_week: LastWeek,
}

/// What is asked of an order as of a cart.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    /// Reminders of that kind are on.
    pub enabled: bool,
    /// The address is not written to.
    pub suppressed: bool,
    /// How long ago the session expired.
    pub age: Duration,
    /// How long that may be.
    pub max_age: Duration,
    /// What happened with the address within a week; only asked about a cart.
    pub last_week: LastWeek,
}

/// What has come of an order's sessions.
#[derive(Debug, Clone, Copy)]
pub struct OrderHistory {
    /// We replaced or closed the session ourselves, or a newer one is live.
    pub superseded: bool,
    /// Another reminder of the order is scheduled or sent.
    pub already_reminded: bool,
}

/// A cart that has led to no order yet.
#[derive(Debug, Clone, Copy)]
pub struct CartSession {
    /// It is of the other mode than our key.
    pub test_mode: bool,
    /// Whoever left it gave an address.
    pub has_email: bool,
}

/// What happened with an address within a week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LastWeek {
    /// It bought something, here or with another system (`purchases`).
    pub bought: bool,
    /// Another reminder is scheduled or was sent.
    pub reminded: bool,
}

impl Facts {
    /// Of an order: a bill, or one that restores a cart and has its mail waiting.
    pub fn of_order(order: &Order, history: OrderHistory, around: Circumstances) -> Self {
        Self {
            // A session of ours is opened with our key.
            test_mode: false,
            superseded: history.superseded,
            state: order.state,
            already_reminded: history.already_reminded,
            kind: order.kind,
            wanted: around.enabled && order.remind,
            has_email: order.email.is_some(),
            suppressed: around.suppressed,
            age: around.age,
            max_age: around.max_age,
            last_week: around.last_week,
        }
    }

    /// Of a cart, when its checkout has expired. There is no order, so nothing of it was paid or reminded
    /// of.
    pub fn of_cart(cart: CartSession, around: Circumstances) -> Self {
        Self {
            test_mode: cart.test_mode,
            superseded: false,
            state: State::Open,
            already_reminded: false,
            kind: Kind::Recovered,
            wanted: around.enabled,
            has_email: cart.has_email,
            suppressed: around.suppressed,
            age: around.age,
            max_age: around.max_age,
            last_week: around.last_week,
        }
    }
}

/// Why there is no reminder, if there is none; of several reasons the first.
pub fn rule(facts: &Facts) -> Option<Reason> {
    let off = match facts.kind {
        Kind::Billed => Reason::ReminderDisabled,
        Kind::Recovered => Reason::RecoveryDisabled,
    };
    // Whoever paid for one child still owes for the other.
    let is_cart = facts.kind == Kind::Recovered;
    let reasons = [
        facts.test_mode.then_some(Reason::TestMode),
        facts.superseded.then_some(Reason::Superseded),
        not_owed(facts.state),
        facts.already_reminded.then_some(Reason::AlreadyReminded),
        (!facts.wanted).then_some(off),
        (!facts.has_email).then_some(Reason::NoEmail),
        facts.suppressed.then_some(Reason::Suppressed),
        (facts.age > facts.max_age).then_some(Reason::TooOld),
        (is_cart && facts.last_week.bought).then_some(Reason::RecentPurchase),
        (is_cart && facts.last_week.reminded).then_some(Reason::RecentlyReminded),
    ];
    reasons.into_iter().flatten().next()
}

/// Why nobody is asked to pay an order in this state.
pub fn not_owed(state: State) -> Option<Reason> {
    match state {
        State::Open => None,
        State::Processing { .. } | State::InReview { .. } => Some(Reason::Processing),
        State::Paid { .. } | State::PartiallyRefunded { .. } | State::Refunded { .. } => {
            Some(Reason::Paid)
        }
        State::SettledOffline { .. } => Some(Reason::SettledOffline),
        State::Cancelled { .. } => Some(Reason::Cancelled),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::order::state::How;

    const FINE: Facts = Facts {
        test_mode: false,
        kind: Kind::Billed,
        last_week: LastWeek {
            bought: false,
            reminded: false,
        },
        superseded: false,
        state: State::Open,
        already_reminded: false,
        wanted: true,
        has_email: true,
        suppressed: false,
        age: Duration::hours(1),
        max_age: Duration::hours(48),
    };

    #[test]
    fn an_open_order_whose_checkout_expired_is_reminded() {
        assert_eq!(rule(&FINE), None);
        let just = Facts {
            age: FINE.max_age,
            ..FINE
        };
        assert_eq!(rule(&just), None);
    }

    /// Each fact alone, then together with every one that comes later: the first is told.
    #[test]
    fn of_several_reasons_the_first_is_told() {
        let at = DateTime::UNIX_EPOCH;
        let spoil: [fn(Facts) -> Facts; 10] = [
            |facts| Facts {
                test_mode: true,
                ..facts
            },
            |facts| Facts {
                superseded: true,
                ..facts
            },
            |facts| Facts {
                state: State::Paid {
                    at: DateTime::UNIX_EPOCH,
                },
                ..facts
            },
            |facts| Facts {
                already_reminded: true,
                ..facts
            },
            |facts| Facts {
                wanted: false,
                ..facts
            },
            |facts| Facts {
                has_email: false,
                ..facts
            },
            |facts| Facts {
                suppressed: true,
                ..facts
            },
            |facts| Facts {
                age: Duration::hours(49),
                ..facts
            },
            |facts| Facts {
                last_week: LastWeek {
                    bought: true,
                    ..facts.last_week
                },
                ..facts
            },
            |facts| Facts {
                last_week: LastWeek {
                    reminded: true,
                    ..facts.last_week
                },
                ..facts
            },
        ];
        let mut table = String::new();
        for kind in [Kind::Billed, Kind::Recovered] {
            let fine = Facts { kind, ..FINE };
            table += &format!("{kind:?}\n");
            for first in 0..spoil.len() {
                let alone = rule(&spoil[first](fine));
                let with_later = spoil[first..]
                    .iter()
                    .fold(fine, |facts, spoil| spoil(facts));
                assert_eq!(rule(&with_later), alone);
                table += &format!("  {}\n", alone.map_or("reminded", Reason::name));
            }
        }
        for state in [
            State::Open,
            State::Processing { since: at },
            State::InReview { since: at },
            State::Paid { at },
            State::PartiallyRefunded { at, refunded: 1 },
            State::Refunded { at, refunded: 1 },
            State::SettledOffline { at, how: How::Cash },
            State::Cancelled { at },
        ] {
            let reason = rule(&Facts { state, ..FINE });
            table += &format!(
                "{}: {}\n",
                state.name(),
                reason.map_or("reminded", Reason::name)
            );
        }
        insta::assert_snapshot!(table);
    }
}
