//! The words of a row of `checkout_sessions`, shared by all who read or write one.
//!
//! How a session stands as Stripe tells it is `gateway::session::Status`; what a click does about a
//! live one is decided in `checkout/session.rs`.

use chrono::{DateTime, Duration, Utc};
use diesel::{dsl::Desc, prelude::*};

use crate::{column::column_enum, schema::session_orders, visitor::Visitor};

column_enum! {
    /// How far a row is. It only moves forward.
    pub enum SessionState {
        /// Written down; whether Stripe has made the session is not known.
        Minting = "minting",
        /// It can be paid.
        Open = "open",
        /// We decided to close it; until Stripe confirms, it can be paid.
        Closing = "closing",
        /// The payer is through; the money is here, on its way, or did not arrive.
        Complete = "complete",
        /// Nobody finished it in time.
        Expired = "expired",
        /// We replaced or closed it.
        Superseded = "superseded",
        /// The mint led to nothing.
        Failed = "failed",
    }
}

/// The order in which the sessions of one order stand, the newest first: a version of the order has attempts,
/// each with a higher number. The index of the order has them so; asked for the highest ids PostgreSQL went through
/// the sessions of the whole shop, while it did not know yet that an order has few.
pub fn newest_first() -> (Desc<session_orders::version>, Desc<session_orders::attempt>) {
    (
        session_orders::version.desc(),
        session_orders::attempt.desc(),
    )
}

impl SessionState {
    /// Those in which Stripe has the session and may still take a payment.
    pub const PAYABLE: [Self; 2] = [Self::Open, Self::Closing];
}

column_enum! {
    /// How we came to know a session.
    pub enum SessionOrigin {
        /// A click minted it.
        Click = "click",
        /// An import told of it: an older system sent it out.
        Imported = "imported",
        /// It is another system's, and expired: a cart.
        Foreign = "foreign",
        /// It was made to try Stripe out.
        Preflight = "preflight",
    }
}

column_enum! {
    /// Who asked for a session.
    pub enum AskedBy {
        /// Somebody who wants to pay.
        Person = "person",
        /// A program, or an import.
        Machine = "machine",
    }
}

impl From<Visitor> for AskedBy {
    fn from(visitor: Visitor) -> Self {
        match visitor {
            Visitor::Person => Self::Person,
            Visitor::Machine(_) => Self::Machine,
        }
    }
}

/// Whether a session was asked for on today's basis, and so says what it should: in SQL, up to where the program's
/// build is to follow. The session and its order are rows of these names in the statement, and `reminded` is whether
/// the order's one reminder was sent. What a basis is stands in `checkout/basis.rs`.
pub fn on_todays_basis(session: &str, order: &str, reminded: &str) -> String {
    format!(
        "{session}.basis_order = {order}.params_version \
         AND {session}.basis_reminded = {reminded} \
         AND {session}.basis_settings = (SELECT version FROM settings WHERE only_row) \
         AND {session}.basis_build = "
    )
}

/// A session that is open, and says what it should today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// Where to send the payer.
    pub url: String,
    /// When Stripe ends it.
    pub expires_at: DateTime<Utc>,
    /// Of the order; an older link leads nowhere any more.
    pub link_version: i32,
}

impl OpenSession {
    /// Whether it can be paid for at least so long.
    pub fn lives_for(&self, time: Duration, now: DateTime<Utc>) -> bool {
        let left = self.expires_at - now;
        left > Duration::zero() && left >= time
    }
}
