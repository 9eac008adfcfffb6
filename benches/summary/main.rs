//! What the benches found that have run since, beside the last run in `docs/performance.md`; with
//! `--record` it takes the last run's place there.

use std::fs;

use freshmint_benches::{
    bench::{beside_the_last, left, performance},
    document,
};

fn main() {
    let sections = sections();
    println!("\n{}", beside_the_last(&sections.concat()));
    if std::env::args().any(|argument| argument == "--record") {
        record(&sections);
    }
}

/// One of each bench, by name.
fn sections() -> Vec<String> {
    let folder = left();
    let entries = fs::read_dir(&folder);
    let entries = entries.unwrap_or_else(|error| panic!("no bench has run: {error}"));
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    files.sort();
    let read = |path| fs::read_to_string(path).expect("a section");
    files.into_iter().map(read).collect()
}

fn record(sections: &[String]) {
    let path = performance();
    let before = fs::read_to_string(&path).expect("the document");
    let after = sections.iter().fold(before, |document, section| {
        document::with_section(&document, section)
    });
    fs::write(&path, after).expect("it is written");
    println!("\nWritten into {}.", path.display());
}
