//! The mail: what arrives, when, and how often.

mod accident;
mod alert;
mod arriving;
mod refused;
mod reminder;
mod safe_connection;
mod stopped;
mod wake;
