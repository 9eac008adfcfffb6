//! The service as people meet it: against a real PostgreSQL, a simulator as strict as Stripe, over
//! real HTTP.

#[path = "../../src/bin/demo/mailbox/mod.rs"]
mod mailbox;
#[path = "../../src/bin/demo/postgres/mod.rs"]
#[allow(
    clippy::disallowed_methods,
    reason = "it looks for PostgreSQL's programs in the environment"
)]
mod postgres;
#[path = "../../src/bin/demo/simulator/mod.rs"]
mod simulator;

mod support;

mod api;
mod blast;
mod cases;
mod catalogue;
mod click;
mod commands;
mod elsewhere;
mod import;
mod mail;
mod mailbox_tests;
mod migrations;
mod printing;
mod property;
mod recovery;
mod retention;
mod settlement;
mod stripe_requests;
mod stripe_types;
mod suppressions;
mod sweep;
mod tidy;
mod timeline;
mod unsubscribe;
mod webhook;
