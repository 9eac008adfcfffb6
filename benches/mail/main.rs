//! `cargo bench --bench mail`: what a mail costs on its way through the outbox, beside lettre alone.
//!
//! It starts its own PostgreSQL (durable: commits are what an outbox pays for) and a sink that is as
//! strict as a mail server, sends with 1, 4 and 16 connections in one run, prints one table, and
//! asserts no time. `--quick` takes seconds, to see that it still runs; its figures mean little.

#[path = "../../src/bin/demo/mailbox/mod.rs"]
mod mailbox;
mod pending;
#[path = "../../src/bin/demo/postgres/mod.rs"]
#[allow(
    clippy::disallowed_methods,
    reason = "it looks for PostgreSQL's programs in the environment"
)]
mod postgres;
mod ways;
mod world;

use std::time::Duration;

use self::{
    ways::Way,
    world::{Sent, World},
};

/// Connections to the mail server.
const CONNECTIONS: [usize; 3] = [1, 4, 16];

/// How much is measured.
struct Size {
    /// Mails of one measurement.
    mails: usize,
    /// It ends then, however few were sent.
    at_most: Duration,
}

const FULL: Size = Size {
    mails: 6_000,
    at_most: Duration::from_secs(5),
};
const QUICK: Size = Size {
    mails: 200,
    at_most: Duration::from_secs(1),
};

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("off")).init();
    let size = if quick { QUICK } else { FULL };
    let runtime = tokio::runtime::Runtime::new().expect("threads");

    println!("\nMails a second into a local sink; the database is durable.");
    if quick {
        println!("QUICK: to see that it runs; the figures mean little.");
    }
    println!(
        "\n{:<44}{:>6}{:>12}{:>18}  ratio",
        "", "conns", "mails/s", "statements/mail"
    );
    for connections in CONNECTIONS {
        let mut alone = None;
        for way in Way::ALL {
            let world = World::start(connections, size.mails);
            let sent = runtime.block_on(way.send(&world, size.at_most));
            assert_eq!(
                world.mailbox.received(),
                sent.mails,
                "the sink has got what was sent, once"
            );
            println!("{}", line(way, connections, &sent, alone));
            if way == Way::Bare {
                alone = Some(sent.per_second());
            }
        }
    }
    runtime.block_on(pending::compare(quick, size.mails, size.at_most));
}

fn line(way: Way, connections: usize, sent: &Sent, alone: Option<f64>) -> String {
    let statements = match way {
        Way::Outbox => format!("{:.2}", sent.statements as f64 / sent.mails as f64),
        Way::Pool | Way::Bare => "none".to_owned(),
    };
    let ratio = alone.map_or(String::new(), |alone| {
        format!("{:.2} of our connections alone", sent.per_second() / alone)
    });
    format!(
        "{:<44}{connections:>6}{:>12.0}{statements:>18}  {ratio}",
        way.name(),
        sent.per_second()
    )
}
