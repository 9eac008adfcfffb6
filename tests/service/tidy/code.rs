//! Habits of the code that no compiler holds.

use std::collections::BTreeSet;

use super::{code_in, library, root};

/// Files that may keep code that nobody uses: what a macro makes is not all used everywhere.
const UNUSED: &[&str] = &["src/column.rs"];

/// Only these files may have it, and all of them do: whoever mends one takes it off the list.
fn assert_only(listed: &[&str], found: Vec<String>, what: &str) {
    let listed: BTreeSet<&str> = listed.iter().copied().collect();
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    let new: Vec<_> = found.difference(&listed).collect();
    let mended: Vec<_> = listed.difference(&found).collect();
    assert!(
        new.is_empty() && mended.is_empty(),
        "{what}: {new:#?}\nto be taken off the list in tests/service/tidy/code.rs: {mended:#?}"
    );
}

/// The files of the repository whose code is like that.
fn files_with(is_so: impl Fn(&str) -> bool) -> Vec<String> {
    let files = code_in(root()).into_iter();
    let found = files.filter(|(name, code)| !name.ends_with("tidy/code.rs") && is_so(code));
    found.map(|(name, _)| name).collect()
}

/// Whether a condition of a query, or of Rust, names a literal: `.eq("open")`, `.eq_any(["open"])`.
fn compares_with_a_text(code: &str) -> bool {
    [".eq(", ".ne(", ".eq_any(", ".ne_all("]
        .iter()
        .flat_map(|method| code.split(method).skip(1))
        .any(|argument| {
            let argument = argument.trim_start().trim_start_matches(['&', '[']);
            argument.trim_start().starts_with('"')
        })
}

#[test]
fn a_search_for_literals_finds_them_however_they_are_written() {
    for code in [
        "state.eq(\"open\")",
        "state.eq_any([\"open\", \"closing\"])",
        "state.ne_all(&[\n    \"open\"])",
    ] {
        assert!(compares_with_a_text(code), "{code}");
    }
    assert!(!compares_with_a_text(
        "state.eq(State::Open).or(name.eq(name))"
    ));
}

#[test]
fn no_column_is_compared_with_a_text() {
    let found = files_with(compares_with_a_text);
    let found = found.into_iter().filter(|file| file.starts_with("src/"));
    assert_only(
        &[],
        found.collect(),
        "these compare a column with a literal; declare its words with column_enum!",
    );
}

#[test]
fn no_code_is_borrowed_by_its_path() {
    let found = files_with(|code| code.contains("#[path"));
    assert_only(
        &[],
        found,
        "these borrow code by its path; use a crate or a module",
    );
}

#[test]
fn no_code_is_kept_that_nobody_uses() {
    let found = files_with(|code| code.contains("dead_code"));
    assert_only(UNUSED, found, "these keep code that nobody uses");
}

#[test]
fn no_file_is_long() {
    for (file, code) in library() {
        // The words of a language stand in one file, so that another one is one more.
        if file != "schema.rs" && !file.starts_with("language/") {
            assert!(
                code.lines().count() <= 350,
                "{file} has {} lines",
                code.lines().count()
            );
        }
    }
}
