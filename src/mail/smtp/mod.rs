//! Handing a mail to the mail server: the only user of SMTP.
//!
//! A [`Connection`] is opened before a mail is claimed, so that a server that cannot be reached or
//! refuses our log-in touches no mail. [`Connection::hand_over`] then tells what became of one, in
//! words that name the next step.
//!
//! What a server says is somebody else's bytes: the library reads it through a filter (`filtered.rs`,
//! `incoming.rs`), and what of it goes further is a [`ForeignText`](crate::foreign_text::ForeignText).
//!
//! The library's own pool is not used: it writes a message and its final dot in two packets without
//! TCP_NODELAY, which costs some 40 ms a mail (measured, see docs/ARCHITECTURE.md).

mod answer;
mod certificate;
mod connection;
mod filtered;
mod gate;
mod handed;
mod incoming;
mod server;
mod starttls;
mod tls;

pub use self::{
    connection::{Connection, WouldTake},
    gate::Lease,
    handed::{HandOver, Written},
    server::{Refused, SmtpServer, WrongServer},
};
