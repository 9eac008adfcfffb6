//! How long PostgreSQL works for somebody, and how long they wait for it.

use std::time::Duration;

/// How long a caller waits for the database before it is told that it is away: a payer is answered
/// within five seconds, and the page has to be written, too.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// So long is a connection tried for, which leaves a caller time to be told why there is none.
pub(super) const CONNECTING: Duration = Duration::from_millis(3500);

/// The deadlines of one piece of work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The caller's.
    pub patience: Duration,
    /// After so long work that failed is not begun again.
    pub repeats: Duration,
    /// PostgreSQL's, for one statement. It is shorter than the caller's patience, so that whoever gave
    /// up also gives back connection and thread.
    statement: Duration,
    /// PostgreSQL's, for one lock. It is the shortest: what waits for a lock is told so.
    lock: Duration,
    /// PostgreSQL's, for a transaction in which nothing happens.
    idle: Duration,
}

impl Limits {
    /// For whatever somebody waits for.
    pub const USUAL: Self = Self {
        patience: PATIENCE,
        repeats: Duration::from_millis(2500),
        statement: Duration::from_millis(3500),
        lock: Duration::from_millis(3000),
        idle: Duration::from_secs(10),
    };

    /// For what is long by nature: an import, a batch of a prune. No longer than a chore's lease.
    pub const LONG: Self = Self {
        patience: Duration::from_secs(600),
        repeats: Duration::from_secs(60),
        statement: Duration::from_secs(590),
        // Not longer: a payer may wait for the rows that it has locked already.
        lock: Duration::from_secs(10),
        idle: Duration::from_secs(600),
    };

    /// For migrations, which rewrite tables and wait for those of another replica.
    pub const MIGRATING: Self = Self {
        patience: Duration::from_secs(7200),
        repeats: Duration::from_secs(60),
        statement: Duration::from_secs(3600),
        lock: Duration::from_secs(600),
        idle: Duration::from_secs(600),
    };

    /// What takes so long and fails has met one of PostgreSQL's deadlines. The driver hides its code
    /// for that (57014, 55P03), and its words are in the server's language.
    pub fn are_met_after(self, time: Duration) -> bool {
        time >= self.lock
    }

    /// As PostgreSQL's settings, in milliseconds.
    pub fn settings(self) -> [(&'static str, u32); 3] {
        let milliseconds = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        [
            ("statement_timeout", milliseconds(self.statement)),
            ("lock_timeout", milliseconds(self.lock)),
            (
                "idle_in_transaction_session_timeout",
                milliseconds(self.idle),
            ),
        ]
    }

    /// For libpq's `options`, as they stand in a URL.
    pub fn options(self) -> String {
        let options = self
            .settings()
            .map(|(name, value)| format!("-c%20{name}%3D{value}"));
        options.join("%20")
    }

    /// For the transaction in hand.
    pub fn set_local(self) -> String {
        let statements = self
            .settings()
            .map(|(name, value)| format!("SET LOCAL {name} = {value}"));
        statements.join("; ")
    }
}
