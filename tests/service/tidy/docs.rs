//! Tables in the docs are what the code does.

use std::collections::BTreeMap;

use clap::Args;
use freshmint::{
    config,
    inbox::dispatch,
    order::{
        currency::Currency,
        money::Money,
        state::{Fact, How, Move, State, Verdict},
    },
    retention,
    settlement::{FoundBy, verdict::verdict},
};

use super::{library, root, source};

#[test]
fn the_settings_table_is_the_settings() {
    let readme = source("README.md");
    let rows = readme
        .lines()
        .filter(|line| line.starts_with("| `") && line.matches('|').count() == 4);
    let mut documented: BTreeMap<String, String> = rows
        .map(|row| {
            row.split('|')
                .map(|cell| cell.trim().trim_matches('`').to_owned())
                .collect::<Vec<_>>()
        })
        .map(|cells| (cells[1].clone(), cells[2].clone()))
        .filter(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect();
    // Read before the settings are, by the log.
    assert_eq!(documented.remove("RUST_LOG").as_deref(), Some("info"));
    assert_eq!(documented.remove("LOG_FORMAT").as_deref(), Some("text"));

    let command = config::Service::augment_args(clap::Command::new("freshmint"));
    let real = command.get_arguments().map(|argument| {
        let name = argument
            .get_env()
            .expect("every setting has a variable")
            .to_string_lossy()
            .into_owned();
        let default = match argument.get_default_values() {
            [] if argument.is_required_set() => "required".to_owned(),
            [] => "none".to_owned(),
            values => values
                .iter()
                .map(|value| value.to_string_lossy())
                .collect::<Vec<_>>()
                .join(","),
        };
        (name, default)
    });
    assert_eq!(documented, real.collect());
}

#[test]
fn the_table_of_events_in_the_docs_is_the_one_in_the_code() {
    let docs = source("docs/ARCHITECTURE.md");
    for (kind, handling) in dispatch::TABLE {
        let row = docs
            .lines()
            .find(|line| line.starts_with(&format!("| `{kind}` |")));
        let row = row.unwrap_or_else(|| panic!("docs/ARCHITECTURE.md does not tell of {kind}"));
        let kept = row.contains("| kept |");
        assert_eq!(
            kept,
            matches!(handling, dispatch::Handling::Keep(_)),
            "{row}"
        );
    }
    let readme = source("README.md");
    for (kind, _) in dispatch::TABLE {
        assert!(
            readme.contains(&format!("`{kind}`")),
            "README.md does not name {kind}"
        );
    }
}

/// The cells of a table row in a document.
pub fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn the_table_of_payments_in_the_docs_is_what_the_code_does() {
    let docs = source("docs/payments.md");
    let at = chrono::DateTime::UNIX_EPOCH;
    let euros = |minor| Money::new(minor, Currency::parse("eur").expect("a currency"));
    let outcome = |state: State, paid: i64| {
        let judged = verdict(state, Some(euros(4500)), Some(euros(paid)));
        let moved = match state.after(Fact::Payment(judged), at) {
            Move::To(next) => Some(next.name()),
            Move::Stay | Move::Refuse(_) => None,
        };
        let case = (judged != Verdict::Settles).then_some("a case");
        let follows: Vec<&str> = moved.into_iter().chain(case).collect();
        format!("{}: {}", judged.name(), follows.join(", "))
    };
    for state in [
        State::Open,
        State::Processing { since: at },
        State::InReview { since: at },
        State::Paid { at },
        State::PartiallyRefunded { at, refunded: 1 },
        State::Refunded { at, refunded: 4500 },
        State::SettledOffline { at, how: How::Cash },
        State::Cancelled { at },
    ] {
        let name = format!("`{}`", state.name());
        let row = docs.lines().map(cells).find(|row| row[0] == name);
        let row = row.unwrap_or_else(|| panic!("docs/payments.md has no row for {name}"));
        assert_eq!(row, [name, outcome(state, 4500), outcome(state, 4501)]);
    }
    let ways = docs
        .split("## What a payment is")
        .next()
        .unwrap_or_default();
    let ways = ways.lines().map(cells).map(|row| row[0].to_owned());
    let ways: Vec<String> = ways.filter(|first| first.starts_with('`')).collect();
    assert_eq!(ways, FoundBy::ALL.map(|way| format!("`{}`", way.name())));
}

#[test]
fn the_table_of_retention_in_the_docs_is_the_one_in_the_code() {
    let docs = source("docs/privacy.md");
    let section = docs.split("## Retention").nth(1).expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| "));
    let documented: Vec<[String; 3]> = rows
        .skip(2)
        .map(|row| {
            let cells = cells(row);
            assert!(cells.len() == 5 && cells.iter().all(|cell| !cell.is_empty()));
            [cells[0], cells[1].trim_matches('`'), cells[2]].map(str::to_owned)
        })
        .collect();
    let real = retention::TABLE.map(|kept| {
        let days = kept.days.to_string();
        [kept.what.to_owned(), kept.setting.to_owned(), days]
    });
    assert_eq!(documented, real);
}

/// Every file that the map names is there, so that whoever reads it finds what it speaks of.
#[test]
fn every_file_that_the_architecture_names_exists() {
    let docs = source("docs/ARCHITECTURE.md");
    let named = docs.split('`').skip(1).step_by(2);
    let files: Vec<&str> = named
        .filter(|word| word.ends_with(".rs") && !word.contains([' ', '*', '{']))
        .collect();
    assert!(files.len() > 30, "{files:?}");
    for file in files {
        let there = ["src", ""].map(|folder| root().join(folder).join(file));
        let in_a_folder = library()
            .keys()
            .any(|name| name.ends_with(&format!("/{file}")));
        assert!(
            there.iter().any(|path| path.exists()) || in_a_folder,
            "docs/ARCHITECTURE.md names {file}, which is not there"
        );
    }
}
