//! Freshmint: payment links that never go stale.
//!
//! A mail carries our link, bound to one order and good for as long as the debt. Three flows make
//! it work, and the modules stand in their order:
//!
//! * **click**: a [`link`] is followed by a [`visitor`] to an [`order`], which [`checkout`] leads to
//!   a Checkout Session that can be paid, minting one through the [`gateway`] if needed;
//! * **webhook**: an event goes into the [`inbox`], and [`settlement`] brings orders, sessions and
//!   payments in line with what Stripe says; the way back from the checkout ends there too, and the
//!   [`sweep`] brings what no webhook brought; money that does not add up becomes a [`case`], until a
//!   person's [`resolution`]; money that was owed goes back by a [`refund`];
//! * **mail**: an expired session leads to one decision about the one [`reminder`], a mailing
//!   (`blast`) to a mail for each of its orders; each is a row of the [`outbox`] first, held against
//!   the [`suppression`] list, and handed over to the mail server by [`mail`];
//! * **[`import`]**: a spreadsheet of orders, with what a prior system did about them, is taken in as a whole;
//! * **night**: what is not needed any more goes by [`retention`], and figures without a person stay.
//!
//! [`web`] and [`worker`] drive them; [`app`] puts everything together; [`language`] has the words that
//! payers read. `docs/ARCHITECTURE.md`
//! walks one click, one webhook and one mail, with each place where a crash may fall.
#![warn(missing_docs)]

pub mod account_link;
pub mod activity;
pub mod alert;
pub mod app;
pub mod batch;
mod batches;
pub mod blast;
pub mod bounce_mailbox;
pub mod caller_address;
pub mod case;
pub mod checkout;
pub mod chore;
pub mod clock;
mod column;
pub mod config;
pub mod consumer;
mod credential;
pub mod db;
pub mod doctor;
pub mod figures;
pub mod foreign_text;
pub mod gateway;
pub mod heartbeat;
pub mod import;
pub mod inbox;
pub mod language;
pub mod legible;
pub mod link;
pub mod link_looks;
pub mod listing;
pub mod looks;
pub mod loops;
pub mod mail;
pub mod metrics;
pub mod news;
pub mod one_at_a_time;
pub mod order;
pub mod outbox;
pub mod outside;
pub mod overview;
pub mod pace;
pub mod password;
pub mod people;
pub mod performance;
pub mod random;
pub mod recent;
pub mod recovery;
pub mod refund;
pub mod reminder;
pub mod renderings;
pub mod resolution;
pub mod retention;
pub mod rounds;
#[allow(missing_docs)]
pub mod schema;
pub mod serve;
pub mod session;
pub mod settings;
pub mod settlement;
pub mod spreadsheet;
pub mod suppression;
pub mod sweep;
pub mod switches;
pub mod timeline;
pub mod together;
pub mod token;
pub mod upstream;
pub mod visitor;
pub mod visits;
pub mod watchdog;
pub mod web;
pub mod worker;
pub mod zone;
