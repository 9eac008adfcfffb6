//! A bench that runs: how it was called, what it found, and where that goes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread::available_parallelism,
};

use freshmint::clock::Clock;

use crate::{
    builtin, compare,
    document::{self, Row},
    line::{HEADER, Line},
};

/// Commits touch these when they may change a figure.
const MEASURED: [&str; 6] = [
    "Cargo.lock",
    "Cargo.toml",
    "benches",
    "fakes",
    "migrations",
    "src",
];

/// The last run's ratio stands behind so many columns, beside today's.
const LAST_IS_AFTER: usize = 6;

/// A bench's name, how it was called, and its lines so far.
pub struct Bench {
    /// To see that it still runs: it takes seconds, its figures mean little, and nothing keeps them.
    pub quick: bool,
    name: &'static str,
    lines: Vec<Line>,
}

impl Bench {
    /// Begins; `None` if this process is the load of another one, which has ended then.
    pub fn begin(name: &'static str) -> Option<Self> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        if arguments
            .first()
            .is_some_and(|first| first == builtin::DRIVE)
        {
            builtin::drive(&arguments[1..]);
            return None;
        }
        env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("off")).init();
        Some(Self {
            quick: arguments.iter().any(|argument| argument == "--quick"),
            name,
            lines: Vec::new(),
        })
    }

    /// One of the two, as it was called.
    pub fn size<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Takes a line down, and says it to whoever waits.
    pub fn add(&mut self, line: Line) {
        let cells = line.cells();
        eprintln!("{}: {} {} {}", self.name, cells[0], cells[1], cells[5]);
        self.lines.push(line);
    }

    /// Prints all lines beside those of the last run. `how`: what they were measured with, a sentence.
    pub fn end(self, how: &str) {
        let section = document::section(self.name, &run(how), &self.lines);
        println!("\n{}", beside_the_last(&section));
        if self.quick {
            println!("QUICK: to see that it runs; the figures mean little.");
            return;
        }
        let left = left();
        fs::create_dir_all(&left).expect("a folder");
        fs::write(left.join(format!("{}.md", self.name)), section).expect("it is written");
    }
}

/// Where benches leave their sections.
pub fn left() -> PathBuf {
    root().join("target/bench")
}

/// The document of the last run.
pub fn performance() -> PathBuf {
    root().join("docs/performance.md")
}

/// These sections with the last run's ratio or count beside each, and what got worse.
pub fn beside_the_last(today: &str) -> String {
    let last = fs::read_to_string(performance()).unwrap_or_default();
    let (last, rows) = (document::rows(&last), document::rows(today));
    let cells = |row: &Row| {
        let before = compare::before(&last, row).map_or(String::new(), Row::compared);
        let mut cells = row.cells.clone();
        cells.insert(LAST_IS_AFTER, before);
        cells.insert(0, row.bench.clone());
        cells
    };
    let mut header = HEADER.to_vec();
    header.insert(LAST_IS_AFTER, "last");
    header.insert(0, "bench");
    let table = document::table(&header, &rows.iter().map(cells).collect::<Vec<_>>());
    format!("{table}\n{}", compare::sentence(&last, &rows))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// When, where and with what.
fn run(how: &str) -> String {
    let cores = available_parallelism().map_or(1, usize::from);
    let day = Clock::system().now().format("%Y-%m-%d");
    format!("{}, {day}, {cores} cores. {how}", commit())
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .current_dir(root())
            .args(arguments)
            .output();
        let output = output.ok().filter(|output| output.status.success());
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else {
        return "No commit".to_owned();
    };
    let changes = git(&[&["status", "--porcelain", "--"][..], &MEASURED].concat());
    match changes.is_some_and(|changes| changes.is_empty()) {
        true => format!("Commit `{commit}`"),
        false => format!("Commit `{commit}` with changes"),
    }
}
