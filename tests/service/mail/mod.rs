//! The mail: what arrives, when, and how often.

mod accident;
mod alert;
pub mod arriving;
mod given_up;
mod refused;
mod reminder;
mod safe_connection;
mod stopped;
mod wake;
