//! The mail: what arrives, when, and how often.

pub mod accident;
mod alert;
mod any_reply;
pub mod arriving;
mod faults;
mod garbled;
mod given_up;
mod hanging;
mod impossible;
mod newer;
mod poison;
pub mod refused;
mod reminder;
mod safe_connection;
mod stopped;
mod together;
mod waits;
mod wake;
