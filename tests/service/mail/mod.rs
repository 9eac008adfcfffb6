//! The mail: what arrives, when, and how often.

pub mod accident;
mod alert;
pub mod arriving;
mod faults;
mod garbled;
mod given_up;
mod impossible;
mod newer;
pub mod refused;
mod reminder;
mod safe_connection;
mod stopped;
mod waits;
mod wake;
