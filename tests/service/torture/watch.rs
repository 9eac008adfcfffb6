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

use super::Ground;

const LOOK: Duration = Duration::from_millis(300);

/// What docs/alerts.md says is a cause, by the key that is told, as far as rows say it. Of the others, that
/// the database is away is known to whoever stops it.
const OPEN: &str = "\
    SELECT 'pause' AS key WHERE EXISTS (SELECT FROM outbox_pause) \
    UNION ALL SELECT 'unknown_mail:' || id FROM outbox WHERE state = 'unknown' \
    UNION ALL SELECT 'failed_mail:' || id FROM outbox WHERE state = 'failed' \
    UNION ALL SELECT DISTINCT 'bounces:' || kind FROM outbox WHERE state = 'bounced' \
    UNION ALL SELECT 'failed_event:' || left(md5(id), 16) FROM stripe_events WHERE state = 'failed' \
    UNION ALL SELECT 'silent_webhook' FROM sweeps WHERE silent_since IS NOT NULL \
    UNION ALL SELECT 'case:' || id FROM cases WHERE resolved_at IS NULL \
    UNION ALL SELECT 'debit:' || id FROM orders WHERE debit_failed_at IS NOT NULL AND status = 'open'";

/// The keys that were open at a moment, or nothing, since the database did not say.
type Seen = (Instant, Option<BTreeSet<String>>);

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
            if seen.is_none() {
                connection = None;
            }
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
    let said = seen
        .iter()
        .filter_map(|(at, keys)| Some((*at, keys.as_ref()?)));
    for (at, keys) in said {
        for (key, spans) in &mut all {
            if let Some(last) = spans.last_mut()
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

fn open(ground: &Ground, connection: &mut Option<PgConnection>) -> Option<BTreeSet<String>> {
    if connection.is_none() {
        let mut new = PgConnection::establish(&ground.world.database.url).ok()?;
        let deadline = "SET statement_timeout = '1s'";
        new.batch_execute(deadline).ok()?;
        *connection = Some(new);
    }
    let open: Vec<Open> = sql_query(OPEN).load(connection.as_mut()?).ok()?;
    Some(open.into_iter().map(|open| open.key).collect())
}

#[test]
fn what_the_database_does_not_say_ends_nothing() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let keys = |keys: &[&str]| Some(keys.iter().map(|key| (*key).to_owned()).collect());
    let seen = [
        (at(0), keys(&[])),
        (at(1), keys(&["pause"])),
        (at(2), None),
        (at(3), keys(&["pause", "unknown_mail:1"])),
        (at(4), keys(&["unknown_mail:1"])),
        (at(5), keys(&["unknown_mail:1", "pause"])),
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
