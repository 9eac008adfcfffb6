//! What the papers name is there: commands with their options, routes, settings, alerts, causes, and the
//! places that links lead to.
//!
//! Names are read where they are set as code. A paragraph, a row or a block that speaks of another system's
//! names is left out if it has the comment `<!-- another system -->`; in a block of code it stands in the line before.

mod commands;
mod links;
mod names;
mod pictures;
mod routes;
mod runbook;

use std::fs;

pub use self::links::exists;
use super::{root, source};

/// What marks names of another system.
const ANOTHER_SYSTEM: &str = "<!-- another system -->";

/// A paper with its path.
struct Paper {
    path: String,
    text: String,
}

/// The README and everything in `docs`.
fn papers() -> Vec<Paper> {
    let docs = fs::read_dir(root().join("docs")).expect("the docs");
    let names = docs.map(|entry| entry.expect("an entry").file_name());
    let names = names.filter_map(|name| name.into_string().ok());
    let mut paths: Vec<String> = names
        .filter(|name| name.ends_with(".md"))
        .map(|name| format!("docs/{name}"))
        .collect();
    paths.push("README.md".to_owned());
    paths.sort();
    let papers = paths.into_iter().map(|path| Paper {
        text: source(&path),
        path,
    });
    papers.collect()
}

/// A part of a paper.
enum Part {
    /// A block of code.
    Code(String),
    /// A paragraph, a list or a table.
    Text(String),
}

/// The parts that speak of us.
fn parts(text: &str) -> Vec<Part> {
    let (mut parts, mut lines, mut in_code) = (Vec::new(), Vec::<&str>::new(), false);
    let mut is_ours = true;
    for line in text.lines().chain(["", "```"]) {
        let fence = line.trim_start().starts_with("```");
        let is_row = line.trim_start().starts_with('|');
        if !fence && (in_code || !(line.trim().is_empty() || is_row)) {
            lines.push(line);
            continue;
        }
        if is_row {
            lines.push(line);
        }
        let part = lines.join("\n");
        lines.clear();
        if !part.is_empty() {
            let marked = part.contains(ANOTHER_SYSTEM);
            if !marked && (is_ours || !in_code) {
                parts.push(if in_code {
                    Part::Code(part)
                } else {
                    Part::Text(part)
                });
            }
            // A row speaks for itself, a paragraph for the block below it.
            is_ours = !marked || is_row;
        }
        if fence {
            in_code = !in_code;
        }
    }
    parts
}

/// What is set as code in a text, on one line each.
fn inline(text: &str) -> Vec<String> {
    let pieces = text.split('`').skip(1).step_by(2);
    let pieces = pieces.map(|piece| piece.split_whitespace().collect::<Vec<_>>().join(" "));
    pieces.filter(|piece| !piece.is_empty()).collect()
}

/// Everything that is set as code within texts, with its paper.
fn words() -> Vec<(String, String)> {
    let mut words = Vec::new();
    for paper in papers() {
        for part in parts(&paper.text) {
            if let Part::Text(text) = part {
                words.extend(
                    inline(&text)
                        .into_iter()
                        .map(|word| (paper.path.clone(), word)),
                );
            }
        }
    }
    words
}

#[test]
fn a_paper_is_read_in_parts_and_what_is_anothers_is_left_out() {
    let text = "One `a`\nand `b\nc`.\n\n| `d` | x |\n| `e` <!-- another system --> |\n\n```\nfreshmint x\n```\n\n\
                Theirs: <!-- another system -->\n\n```\nother y\n```\n\nOurs `f`\n";
    let read: Vec<String> = parts(text)
        .into_iter()
        .flat_map(|part| match part {
            Part::Code(code) => vec![format!("code {code}")],
            Part::Text(text) => inline(&text),
        })
        .collect();
    assert_eq!(read, ["a", "b c", "d", "code freshmint x", "f"]);
}
