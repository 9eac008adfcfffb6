//! The plans that PostgreSQL's `auto_explain` has written into the server's log.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// Tables that grow with the shop.
const LARGE: [&str; 13] = [
    "activity",
    "blast_recipients",
    "checkout_sessions",
    "order_news",
    "orders",
    "outbox",
    "outbox_orders",
    "payment_allocations",
    "payments",
    "purchases",
    "reminder_decisions",
    "session_orders",
    "stripe_events",
];
/// Rows that a plan may look at in vain. A page has two hundred.
const IN_VAIN: u64 = 400;
/// Rows that one step of a plan may read. The largest mailings here have five hundred, of twenty thousand orders.
const READ: u64 = 2_000;

/// Pages that one look at an index may touch besides those of the rows that it gives: each level of it, and where
/// an order is looked for, a few more.
const PAGES: u64 = 40;

/// The log, as far as it has been read.
pub struct Plans {
    log: PathBuf,
    read: u64,
}

/// One statement with its plan.
#[derive(Debug)]
struct Plan {
    statement: String,
    /// Its nodes and what belongs to them, a line each.
    lines: Vec<String>,
}

impl Plans {
    /// Those of the server that lives in this folder.
    pub fn of(folder: &str) -> Self {
        Self {
            log: Path::new(folder).join("log"),
            read: 0,
        }
    }

    /// Passes over what was planned so far.
    pub fn skip(&mut self) {
        self.new_lines();
    }

    /// What is wrong with those since the last look, a text for each statement; and how many were looked at.
    pub fn wrong(&mut self) -> (BTreeSet<String>, usize) {
        self.told(|_| None)
    }

    /// The same of what a payer waits for: nor does that read much of an index.
    pub fn wrong_for_payers(&mut self) -> (BTreeSet<String>, usize) {
        self.told(Plan::takes_long_for_a_look_up)
    }

    fn told(&mut self, besides: fn(&Plan) -> Option<String>) -> (BTreeSet<String>, usize) {
        let text = self.new_lines();
        let plans = plans(&text);
        let wrong = plans.iter().filter_map(|plan| {
            let by_itself = plan.lines.iter().find_map(|line| why_wrong(line));
            let why = by_itself.or_else(|| besides(plan))?;
            Some(format!(
                "{why}\n  {}\n{}",
                plan.statement,
                plan.lines.join("\n")
            ))
        });
        (wrong.collect(), plans.len())
    }

    fn new_lines(&mut self) -> String {
        let mut log = File::open(&self.log).expect("the server's log");
        log.seek(SeekFrom::Start(self.read)).expect("a place in it");
        let mut bytes = Vec::new();
        log.read_to_end(&mut bytes).expect("the rest of it");
        self.read += bytes.len() as u64;
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// An entry's first line ends with `plan:`, its others begin with a tab; the statement may have several.
fn plans(log: &str) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    let mut inside = false;
    for line in log.lines() {
        match line.strip_prefix('\t') {
            None => inside = line.ends_with("  plan:"),
            Some(_) if !inside => {}
            Some(rest) => match rest.strip_prefix("Query Text: ") {
                Some(statement) => plans.push(Plan {
                    statement: statement.to_owned(),
                    lines: Vec::new(),
                }),
                None => plans
                    .last_mut()
                    .expect("a statement")
                    .lines
                    .push(rest.to_owned()),
            },
        }
    }
    plans
}

impl Plan {
    /// Entries that a bitmap is made of, or pages that are passed until a row comes.
    fn takes_long_for_a_look_up(&self) -> Option<String> {
        let mut scan = None;
        self.lines.iter().find_map(|line| {
            if line.contains("(actual ") {
                scan = line.contains("Index").then_some(line);
            }
            // Each of several keys is looked up by itself.
            if line.contains(" = ANY (") {
                scan = None;
            }
            let scan = scan?;
            reads_for_a_bitmap(line).or_else(|| walks_through(scan, line))
        })
    }
}

fn why_wrong(line: &str) -> Option<String> {
    let line = line.trim_start();
    if line == "JIT:" {
        // It takes longer than what it is for.
        return Some("is compiled before it is run".to_owned());
    }
    reads_too_much(line).or_else(|| looks_in_vain(line))
}

fn reads_for_a_bitmap(line: &str) -> Option<String> {
    let (_, scanned) = line.split_once("Bitmap Index Scan on ")?;
    let read = rows_of(scanned)?;
    (read > READ / 2).then(|| format!("reads {read} entries of an index"))
}

/// An index of which a step has touched far more pages (in `buffers`, the line below it) than it gave rows.
fn walks_through(scan: &str, buffers: &str) -> Option<String> {
    let touched = buffers.trim_start().strip_prefix("Buffers: shared ")?;
    let of = |kind: &str| {
        let mut counts = touched.split(' ');
        counts.find_map(|it| it.strip_prefix(kind)?.parse::<u64>().ok())
    };
    let pages = of("hit=").unwrap_or(0) + of("read=").unwrap_or(0);
    let (_, turns) = scan.split_once("loops=")?;
    let turns: u64 = turns.trim_end_matches(')').parse().ok()?;
    let may = PAGES + 10 * turns + 5 * rows_of(scan)?;
    (pages > may).then(|| format!("walks through {pages} pages of an index"))
}

/// Of tables that grow: all of one, or too many rows by an index. Joins without statistics do that, too.
fn reads_too_much(line: &str) -> Option<String> {
    let (how, scanned) = line.split_once("Scan ")?;
    let (_, scanned) = scanned.split_once("on ")?;
    let table = scanned.split([' ', '(']).next().unwrap_or_default();
    if !LARGE.contains(&table) {
        return None;
    }
    if how.ends_with("Seq ") {
        return Some(format!("reads all of {table}"));
    }
    let read = rows_of(scanned)?;
    (read > READ).then(|| format!("reads {read} rows of {table}"))
}

/// What a step gave, in all its turns.
fn rows_of(line: &str) -> Option<u64> {
    let (_, actual) = line.split_once("(actual rows=")?;
    let (rows, loops) = actual.trim_end_matches(')').split_once(" loops=")?;
    Some(rows.parse::<u64>().ok()? * loops.parse::<u64>().ok()?)
}

fn looks_in_vain(line: &str) -> Option<String> {
    let (_, removed) = line
        .strip_prefix("Rows Removed by ")
        .and_then(|rest| rest.split_once(": "))?;
    let removed: u64 = removed.parse().ok()?;
    (removed > IN_VAIN).then(|| format!("looks at {removed} rows in vain"))
}

#[test]
fn a_plan_is_found_in_the_log_with_what_is_wrong_with_it() {
    let log = "2026-11-27 10:00:00 UTC [1] LOG:  duration: 0.1 ms  plan:\n\
        \tQuery Text: SELECT 1\n\
        \tFROM orders\n\
        \tSeq Scan on orders  (cost=0.00..1.00 rows=1 width=4) (actual rows=1 loops=1)\n\
        2026-11-27 10:00:00 UTC [1] LOG:  other\n\
        \tQuery Text: no plan\n\
        2026-11-27 10:00:00 UTC [1] LOG:  duration: 0.1 ms  plan:\n\
        \tQuery Text: SELECT 2\n\
        \tIndex Scan using orders_pkey on orders  (cost=0.00..1.00 rows=1 width=4)\n\
        \t  Rows Removed by Filter: 401\n";
    let found = plans(log);
    let why = |plan: &Plan| plan.lines.iter().find_map(|line| why_wrong(line));
    let told: Vec<_> = found
        .iter()
        .map(|plan| (plan.statement.as_str(), why(plan)))
        .collect();
    assert_eq!(
        told,
        [
            ("SELECT 1", Some("reads all of orders".to_owned())),
            ("SELECT 2", Some("looks at 401 rows in vain".to_owned()))
        ]
    );
    assert_eq!(why_wrong("Seq Scan on settings  (cost"), None);
    assert_eq!(why_wrong("  Rows Removed by Filter: 400"), None);
    let read = |rows| {
        why_wrong(&format!(
            "->  Index Only Scan using a on orders o  (cost=0.00..1.00 rows=1 width=4) (actual rows={rows} loops=20)"
        ))
    };
    assert_eq!(read(100), None);
    assert_eq!(read(101), Some("reads 2020 rows of orders".to_owned()));
    assert!(why_wrong("JIT:").is_some());
}

#[test]
fn what_is_read_of_an_index_is_told() {
    let why = |lines: &[&str]| {
        let lines = lines.iter().map(|&line| line.to_owned()).collect();
        let statement = String::new();
        Plan { statement, lines }.takes_long_for_a_look_up()
    };
    let scan =
        "->  Index Only Scan Backward using a on orders  (cost=0.29..8.31) (actual rows=1 loops=1)";
    let pages = |read| format!("  Buffers: shared hit=5 read={read}");
    assert_eq!(why(&[scan, "Index Cond: (id = $1)", &pages(50)]), None);
    assert_eq!(
        why(&[scan, "Index Cond: (id = $1)", &pages(51)]),
        Some("walks through 56 pages of an index".to_owned())
    );
    assert_eq!(
        why(&[scan, "Index Cond: (id = ANY ($1))", &pages(51)]),
        None
    );
    let bitmap =
        "->  Bitmap Index Scan on a  (cost=0.00..4.70 rows=54 width=0) (actual rows=1001 loops=1)";
    assert_eq!(
        why(&[bitmap]),
        Some("reads 1001 entries of an index".to_owned())
    );
}
