//! What stands around Freshmint where it is tried and tested: a Stripe simulator, a mailbox, a DNS server, and
//! a PostgreSQL server of its own.
//!
//! Each stands behind the wire, as the real one does: the product knows an address of it. Nothing
//! here knows the product.
#![warn(missing_docs)]

mod clock;
pub mod dns;
pub mod mailbox;
pub mod postgres;
pub mod simulator;

pub use self::clock::Clock;
