//! Statements that all connections of this process have sent.

use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

static STATEMENTS: AtomicUsize = AtomicUsize::new(0);

struct Count;

impl Instrumentation for Count {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        // What begins and ends a transaction is a query, too.
        if let InstrumentationEvent::StartQuery { .. } = event {
            STATEMENTS.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Counts from now on: connections that are open are not counted.
pub fn count() {
    set_default_instrumentation(|| Some(Box::new(Count))).expect("nobody counts yet");
}

/// How many so far, transactions' beginnings and ends among them.
pub fn so_far() -> usize {
    STATEMENTS.load(Ordering::Relaxed)
}
