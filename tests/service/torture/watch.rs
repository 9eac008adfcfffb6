//! A look at what is open, apart from the service: again and again, in plain words of rows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, connection::SimpleConnection,
    sql_query, sql_types::Text,
};

use super::{Ground, judge::kind_of};

const LOOK: Duration = Duration::from_millis(300);

/// What docs/alerts.md says is a cause, by the kind and the key that is told, as far as rows say it. Of the
/// others, that the database is away is known to whoever stops it. Each is asked for alone: a table that is
/// locked hides what its own rows say, and nothing else.
const OPEN: [(&str, &str); 8] = [
    (
        "pause",
        "SELECT 'pause' AS key WHERE EXISTS (SELECT FROM outbox_pause)",
    ),
    (
        "unknown_mail",
        "SELECT 'unknown_mail:' || id AS key FROM outbox WHERE state = 'unknown'",
    ),
    (
        "failed_mail",
        "SELECT 'failed_mail:' || id AS key FROM outbox WHERE state = 'failed'",
    ),
    (
        "bounces",
        "SELECT DISTINCT 'bounces:' || kind AS key FROM outbox WHERE state = 'bounced'",
    ),
    (
        "failed_event",
        "SELECT 'failed_event:' || left(md5(id), 16) AS key FROM stripe_events WHERE state = 'failed'",
    ),
    (
        "silent_webhook",
        "SELECT 'silent_webhook' AS key FROM sweeps WHERE silent_since IS NOT NULL",
    ),
    (
        "case",
        "SELECT 'case:' || id AS key FROM cases WHERE resolved_at IS NULL",
    ),
    (
        "debit",
        "SELECT 'debit:' || id AS key FROM orders WHERE debit_failed_at IS NOT NULL AND status = 'open'",
    ),
];

/// What of each kind was open at a moment; a kind is missing where the database did not say.
type Seen = (Instant, BTreeMap<&'static str, BTreeSet<String>>);

#[derive(Default)]
pub struct Watch {
    seen: Mutex<Vec<Seen>>,
    stopped: AtomicBool,
}

/// A time in which something was so, or still is.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub began: Instant,
    pub ended: Option<Instant>,
}

#[derive(QueryableByName)]
struct Open {
    #[diesel(sql_type = Text)]
    key: String,
}

impl Watch {
    /// Looks until it is stopped.
    pub fn look(&self, ground: &Ground) {
        let mut connection = None;
        while !self.stopped.load(Ordering::SeqCst) {
            let at = Instant::now();
            let seen = open(ground, &mut connection);
            self.seen.lock().expect("no panic").push((at, seen));
            std::thread::sleep(LOOK);
        }
    }

    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// The times in which each key was open: from the first look that saw it to the first that did not.
    pub fn spans(&self) -> BTreeMap<String, Vec<Span>> {
        spans(&self.seen.lock().expect("no panic"))
    }
}

fn spans(seen: &[Seen]) -> BTreeMap<String, Vec<Span>> {
    let mut all: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    let looks = seen
        .iter()
        .flat_map(|(at, kinds)| kinds.iter().map(move |(kind, keys)| (*at, *kind, keys)));
    for (at, kind, keys) in looks {
        for (key, spans) in &mut all {
            if let Some(last) = spans.last_mut()
                && kind_of(key) == kind
                && !keys.contains(key)
            {
                last.ended.get_or_insert(at);
            }
        }
        for key in keys {
            let spans = all.entry(key.clone()).or_default();
            if spans.last().is_none_or(|last| last.ended.is_some()) {
                spans.push(Span {
                    began: at,
                    ended: None,
                });
            }
        }
    }
    all
}

fn open(
    ground: &Ground,
    connection: &mut Option<PgConnection>,
) -> BTreeMap<&'static str, BTreeSet<String>> {
    if connection.is_none() {
        *connection = connect(ground);
    }
    let Some(connected) = connection else {
        return BTreeMap::new();
    };
    let said = OPEN.into_iter().filter_map(|(kind, query)| {
        let open: Vec<Open> = sql_query(query).load(connected).ok()?;
        Some((kind, open.into_iter().map(|open| open.key).collect()))
    });
    let said: BTreeMap<_, _> = said.collect();
    // One that is dead says nothing at all.
    if said.is_empty() {
        *connection = None;
    }
    said
}

fn connect(ground: &Ground) -> Option<PgConnection> {
    let mut new = PgConnection::establish(&ground.world.database.url).ok()?;
    let deadlines = "SET statement_timeout = '1s'; SET lock_timeout = '50ms'";
    new.batch_execute(deadlines).ok()?;
    Some(new)
}

#[test]
fn what_the_database_does_not_say_ends_nothing() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let keys =
        |keys: &[&str]| -> BTreeSet<String> { keys.iter().map(|key| (*key).to_owned()).collect() };
    let said = |pause: &[&str], mails: &[&str]| {
        BTreeMap::from([("pause", keys(pause)), ("unknown_mail", keys(mails))])
    };
    let seen = [
        (at(0), said(&[], &[])),
        (at(1), said(&["pause"], &[])),
        (at(2), BTreeMap::new()),
        (at(3), said(&["pause"], &["unknown_mail:1"])),
        // Its mails are locked, and that there is no pause any more is seen all the same.
        (at(4), BTreeMap::from([("pause", keys(&[]))])),
        (at(5), said(&["pause"], &["unknown_mail:1"])),
    ];
    let spans = spans(&seen);
    let times = |key: &str| -> Vec<_> {
        let spans = spans[key].iter();
        let after = |at: Instant| (at - start).as_secs();
        spans
            .map(|span| (after(span.began), span.ended.map(after)))
            .collect()
    };
    assert_eq!(times("pause"), [(1, Some(4)), (5, None)]);
    assert_eq!(times("unknown_mail:1"), [(3, None)]);
}
