//! The service as people meet it: against a real PostgreSQL, a simulator as strict as Stripe, over
//! real HTTP.

mod support;

mod alerts;
mod api;
mod blast;
mod bounces;
mod callers;
mod cases;
mod catalogue;
mod click;
mod commands;
mod database;
mod doctor;
mod growth;
mod import;
mod import_update;
mod letters;
mod mail;
mod migrations;
mod ops;
mod payers;
mod postfix;
mod printing;
mod prior_system;
mod property;
mod recovery;
mod refunds;
mod retention;
mod rolling;
mod settlement;
mod stranded;
mod stripe_requests;
mod stripe_types;
mod suppressions;
mod sweep;
mod tidy;
mod timeline;
mod torture;
mod unsubscribe;
mod visits;
mod watch;
mod watchdog;
mod webhook;
mod worker_log;

use freshmint_fakes::{mailbox, postgres, simulator};
