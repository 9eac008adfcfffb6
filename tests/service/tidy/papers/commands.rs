//! Commands that papers name are asked of the real program: what comes before `--help` is read first.

use std::{collections::BTreeMap, thread};

use super::{Part, inline, papers, parts, source};
use crate::support::process;

/// Every command with the paper that names it.
fn named() -> BTreeMap<String, String> {
    let mut named = BTreeMap::new();
    for paper in papers() {
        let texts = parts(&paper.text).into_iter().flat_map(|part| match part {
            Part::Code(code) => lines_of(&code),
            Part::Text(text) => {
                let mut said = inline(&text);
                said.extend(guillemets(&text));
                said
            }
        });
        let commands = texts.filter_map(|text| ours(&text).map(str::to_owned));
        named.extend(commands.map(|command| (command, paper.path.clone())));
    }
    // What the service itself tells people to type.
    for file in ["src/alert/words.rs", "src/alert/text.rs"] {
        let said = guillemets(&source(file));
        let commands = said.iter().filter_map(|text| ours(text));
        named.extend(commands.map(|command| (command.to_owned(), file.to_owned())));
    }
    named
}

/// Lines of a shell; one that ends with a backslash goes on.
fn lines_of(code: &str) -> Vec<String> {
    let joined = code.replace("\\\n", " ");
    joined.lines().map(|line| line.trim().to_owned()).collect()
}

fn guillemets(text: &str) -> Vec<String> {
    let said = text
        .split('«')
        .skip(1)
        .filter_map(|rest| rest.split('»').next());
    said.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// What follows the program's name, as long as it is the program's.
fn ours(text: &str) -> Option<&str> {
    let text = text.strip_prefix("$ ").unwrap_or(text);
    let rest = text.strip_prefix("target/debug/").unwrap_or(text);
    let rest = rest.strip_prefix("freshmint ")?;
    let end = rest.find([';', '#', '$']).unwrap_or(rest.len());
    let end = [" < ", " > ", " | jq", " && "]
        .iter()
        .filter_map(|mark| rest.find(mark))
        .fold(end, usize::min);
    Some(rest[..end].trim())
}

/// A command's words, with quotes as a shell has them. Of `[--dry-run]` the brackets go, of `(A | B)` the
/// first stays.
fn arguments(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut is_word = false;
    for c in command.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (c, Some(_)) => word.push(c),
            ('"' | '\'', None) => (quote, is_word) = (Some(c), true),
            (' ', None) => {
                if is_word || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                is_word = false;
            }
            ('[' | ']' | '(' | ')', None) => {}
            (c, None) => word.push(c),
        }
    }
    if is_word || !word.is_empty() {
        words.push(word);
    }
    let mut kept: Vec<String> = Vec::new();
    let mut skip = false;
    for word in words {
        if word == "|" {
            skip = true;
        } else if !std::mem::take(&mut skip) && word != "…" && word != "..." {
            kept.push(word.split('|').next().unwrap_or_default().to_owned());
        }
    }
    kept
}

/// `REFERENCE`, `FILE.csv`, `cs_…`: what somebody puts their own in place of.
fn is_placeholder(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic());
    word.contains('…') || letters.clone().count() > 0 && letters.take(2).all(char::is_uppercase)
}

/// Nothing, or what the program has against a command.
fn refused(command: &str) -> Option<String> {
    let mut arguments = arguments(command);
    arguments.push("--help".to_owned());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = process::run(&BTreeMap::new(), &arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let wrong = said.split("invalid value '").nth(1);
    let wrong = wrong.and_then(|rest| rest.split('\'').next());
    // An option may be named without what follows it.
    let is_named = said.contains("a value is required for '");
    let is_fine = output.status.success() || is_named || wrong.is_some_and(is_placeholder);
    (!is_fine).then_some(said)
}

#[test]
fn every_command_that_a_paper_names_exists_with_its_options() {
    let named: Vec<(String, String)> = named().into_iter().collect();
    assert!(named.len() > 60, "{named:#?}");
    let refused: Vec<String> = thread::scope(|scope| {
        let parts = named.chunks(named.len().div_ceil(4)).map(|part| {
            scope.spawn(move || {
                let refused = part.iter().filter_map(|(command, paper)| {
                    refused(command).map(|why| format!("{paper}: freshmint {command}\n{why}"))
                });
                refused.collect::<Vec<_>>()
            })
        });
        let parts: Vec<_> = parts.collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().expect("a thread"))
            .collect()
    });
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn what_is_no_command_of_ours_is_refused() {
    for command in [
        "orders lists",
        "orders list --strandet",
        "orders settle CUP-1 --how gold",
        "order list",
        "link",
        "link A B",
    ] {
        // A missing word is seen in a usage alone, and `--help` asks for none.
        assert_eq!(refused(command).is_some(), command != "link", "{command}");
    }
    assert_eq!(
        arguments("blast create --name \"a b\" --x '' [--dry-run] (FILE.csv | --from-stripe) …"),
        [
            "blast",
            "create",
            "--name",
            "a b",
            "--x",
            "",
            "--dry-run",
            "FILE.csv"
        ]
    );
}
