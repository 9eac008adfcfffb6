//! What a mail costs on its way through the outbox, beside our connections alone and lettre alone.
//!
//! It starts its own PostgreSQL (durable: commits are what an outbox pays for) and a sink that is as
//! strict as a mail server, and sends with 1, 4 and 16 connections.

mod pending;
mod ways;
mod world;

use std::time::Duration;

use freshmint_benches::{Bench, Line};

use self::{
    ways::Way,
    world::{Sent, World},
};

/// Connections to the mail server.
const CONNECTIONS: [usize; 3] = [1, 4, 16];

/// What is to be reached: with one connection, and with sixteen.
const MAILS_OVER_ONE: f64 = 1_000.0;
const OF_CONNECTIONS_ALONE: f64 = 0.25;
const STATEMENTS: f64 = 0.3;

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    /// Mails of one measurement.
    mails: usize,
    /// It ends then, however few were sent.
    at_most: Duration,
}

const FULL: Size = Size {
    mails: 4_000,
    at_most: Duration::from_secs(3),
};
const QUICK: Size = Size {
    mails: 200,
    at_most: Duration::from_secs(1),
};

fn main() {
    let Some(mut bench) = Bench::begin("mail") else {
        return;
    };
    let size = bench.size(FULL, QUICK);
    let runtime = tokio::runtime::Runtime::new().expect("threads");
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
            for line in lines(way, connections, &sent, alone) {
                bench.add(line);
            }
            if way == Way::Bare {
                alone = Some(sent.per_second());
            }
        }
    }
    let pending = bench.size(pending::FULL, pending::QUICK);
    for line in runtime.block_on(pending::compare(pending, size.mails, size.at_most)) {
        bench.add(line);
    }
    bench.end("Into a local sink; the database is durable.");
}

fn lines(way: Way, connections: usize, sent: &Sent, alone: Option<f64>) -> Vec<Line> {
    let over = match connections {
        1 => "1 connection".to_owned(),
        many => format!("{many} connections"),
    };
    let mut line = Line::rate(format!("{}, {over}", way.name()), sent.per_second());
    if let Some(alone) = alone {
        let of = format!("{}, {over}", Way::Bare.name());
        line = line.of(of, sent.per_second() / alone);
    }
    if way != Way::Outbox {
        return vec![line];
    }
    let statements = sent.statements as f64 / sent.mails as f64;
    let statements = Line::count(format!("statements a mail, {over}"), statements);
    match connections {
        1 => vec![line.goal_at_least(MAILS_OVER_ONE), statements],
        16 => vec![
            line.goal_ratio(OF_CONNECTIONS_ALONE),
            statements.goal_at_most(STATEMENTS),
        ],
        _ => vec![line, statements],
    }
}
