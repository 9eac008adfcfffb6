//! Taste that is tested: arrows between modules, tables in the docs, migrations with rows in them.

use std::{collections::BTreeMap, fs, path::Path};

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

fn source(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file of the library with its text, test modules cut off.
fn library() -> BTreeMap<String, String> {
    fn collect(folder: &Path, files: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder)
            .expect("src")
            .map(|entry| entry.expect("an entry").path())
        {
            if entry.is_dir() && !entry.ends_with("bin") {
                collect(&entry, files);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&entry).expect("a file");
                let code = text
                    .split("#[cfg(test)]\nmod tests {")
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                let name = entry
                    .strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))
                    .expect("in src");
                files.insert(name.display().to_string(), code);
            }
        }
    }
    let mut files = BTreeMap::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    files
}

/// The modules of this crate that a file names in its `use crate::…` lines or by path.
fn arrows(code: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for after in code.split("crate::").skip(1) {
        let names = match after.strip_prefix('{') {
            Some(list) => top_level_names(list),
            None => vec![
                after
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect(),
            ],
        };
        targets.extend(names);
    }
    targets
}

/// `a::{b, c}, d::e}` names `a` and `d`.
fn top_level_names(list: &str) -> Vec<String> {
    let (mut depth, mut name, mut names) = (0, String::new(), Vec::new());
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(std::mem::take(&mut name)),
            c if depth == 0 => name.push(c),
            _ => {}
        }
    }
    names.push(name);
    names
        .iter()
        .filter_map(|name| name.trim().split("::").next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn module_of(file: &str) -> &str {
    file.split('/')
        .next()
        .unwrap_or_default()
        .trim_end_matches(".rs")
}

#[test]
fn the_domain_never_knows_the_edges() {
    const EDGES: [&str; 4] = ["web", "worker", "serve", "doctor"];
    for (file, code) in library() {
        let module = module_of(&file);
        if EDGES.contains(&module) || module == "lib" {
            continue;
        }
        for target in arrows(&code) {
            assert!(!EDGES.contains(&target.as_str()), "{file} knows {target}");
        }
    }
}

#[test]
fn what_comes_first_does_not_know_what_follows() {
    let downstream = [
        ("language", ["order", "mail", "web"]),
        ("order", ["checkout", "settlement", "inbox"]),
        ("case", ["settlement", "checkout", "resolution"]),
        ("settlement", ["checkout", "inbox", "blast"]),
        ("checkout", ["resolution", "inbox", "blast"]),
        ("app", ["checkout", "settlement", "case"]),
        ("mail", ["outbox", "reminder", "blast"]),
        ("reminder", ["outbox", "settlement", "blast"]),
        ("outbox", ["settlement", "blast", "checkout"]),
        ("suppression", ["outbox", "reminder", "mail"]),
        ("retention", ["checkout", "settlement", "outbox"]),
    ];
    for (file, code) in library() {
        for (module, never) in &downstream {
            if module_of(&file) == *module {
                for target in arrows(&code) {
                    assert!(!never.contains(&target.as_str()), "{file} knows {target}");
                }
            }
        }
    }
}

#[test]
fn decisions_know_neither_database_nor_web_nor_network() {
    let pure = [
        "order/state.rs",
        "order/money.rs",
        "order/draft.rs",
        "import/prior_system.rs",
        "import/file/mod.rs",
        "import/rule.rs",
        "checkout/session.rs",
        "settlement/verdict.rs",
        "case/action.rs",
        "case/suggest.rs",
        "timeline/next.rs",
        "gateway/retry.rs",
        "link/token.rs",
        "visitor.rs",
        "inbox/dispatch.rs",
        "blast/state.rs",
        "blast/draft.rs",
        "blast/plan.rs",
        "blast/trouble.rs",
        "reminder/rule.rs",
        "outbox/gate.rs",
        "outbox/retry.rs",
        "mail/smtp/reply.rs",
        "mail/layout.rs",
        "mail/template.rs",
    ];
    let files = library();
    for file in pure {
        let code = files
            .get(file)
            .unwrap_or_else(|| panic!("{file} is gone: correct this list"));
        for effect in [
            "diesel",
            "actix",
            "reqwest",
            "tokio",
            "crate::db",
            "crate::app",
            "crate::clock",
            "crate::random",
        ] {
            assert!(!code.contains(effect), "{file} knows {effect}");
        }
    }
}

#[test]
fn each_library_at_the_edge_has_one_user() {
    let only = [
        ("stripe_checkout", "gateway"),
        ("stripe_client_core", "gateway"),
        ("reqwest", "gateway"),
        ("jsonwebtoken::", "link"),
        ("lettre::transport", "mail"),
        ("tokio_rustls", "mail"),
    ];
    for (file, code) in library() {
        for (library, module) in only {
            assert!(
                !code.contains(library) || module_of(&file) == module,
                "{file} uses {library}"
            );
        }
    }
}

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
fn cells(line: &str) -> Vec<&str> {
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
