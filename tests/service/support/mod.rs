//! What every test stands on: a [`World`] of its own, with a database, a simulator of Stripe and the
//! real service, and the words to act in it.

pub mod browser;
pub mod chromium;
pub mod clock;
pub mod cluster;
pub mod cutter;
pub mod dovecot;
pub mod gate;
pub mod monitor;
pub mod pooler;
pub mod postfix;
pub mod process;
pub mod proxy;
pub mod receiver;
pub mod replica;
pub mod sasl;
pub mod scripted;
pub mod visitor;
pub mod world;

pub use self::{
    browser::{Answer, PERSON, runtime},
    postfix::Postfix,
    process::Process,
    receiver::Receiver,
    visitor::{PASSWORD, Visitor},
    world::{Order, World},
};
