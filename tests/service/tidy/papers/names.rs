//! Settings, switches, alerts and causes that papers name.

use std::collections::BTreeSet;

use clap::Args;
use freshmint::config;

use super::{source, words};

/// Names of others that look like settings of ours.
const OF_OTHERS: [&str; 0] = [];

fn settings() -> BTreeSet<String> {
    let command = config::Service::augment_args(clap::Command::new("freshmint"));
    let names = command.get_arguments().filter_map(|argument| {
        let name = argument.get_env()?;
        Some(name.to_string_lossy().into_owned())
    });
    let mut names: BTreeSet<String> = names.collect();
    // Read before the settings are, by the log.
    names.extend(["RUST_LOG", "LOG_FORMAT"].map(str::to_owned));
    names
}

fn is_upper(word: &str) -> bool {
    word.contains('_')
        && word
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[test]
fn every_setting_that_a_paper_names_exists() {
    let settings = settings();
    let first = |name: &str| name.split('_').next().unwrap_or_default().to_owned();
    let families: BTreeSet<String> = settings.iter().map(|name| first(name)).collect();
    let mut wrong = Vec::new();
    for (paper, word) in words() {
        let name = word.split('=').next().unwrap_or_default();
        let is_ours = is_upper(name) && families.contains(&first(name));
        if is_ours && !settings.contains(name) && !OF_OTHERS.contains(&name) {
            wrong.push(format!("{paper} names {name}, which is no setting"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Names after `alert:` in the rules.
fn alerts() -> BTreeSet<String> {
    let rules = source("deploy/alerts.yml");
    let names = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    names.map(str::to_owned).collect()
}

/// Kinds of causes, as the code declares them; two are told from memory.
pub fn causes() -> BTreeSet<String> {
    let code = source("src/alert/kind.rs");
    let kinds = code.split("pub enum Kind {").nth(1).expect("the enum");
    let kinds = kinds.split("\n}").next().unwrap_or_default();
    let words = kinds.split('"').skip(1).step_by(2);
    let words = words.chain(["database", "worker"]);
    words.map(str::to_owned).collect()
}

#[test]
fn every_alert_and_metric_that_a_paper_names_exists() {
    let alerts = alerts();
    let metrics = source("src/metrics/mod.rs") + &source("src/metrics/figures.rs");
    let mut wrong = Vec::new();
    for (paper, word) in words() {
        let capital = word
            .strip_prefix("Freshmint")
            .and_then(|rest| rest.chars().next());
        if capital.is_some_and(char::is_uppercase) && !alerts.contains(&word) {
            wrong.push(format!("{paper} names the alert {word}"));
        }
        let metric = word.split(['{', ' ', '[']).next().unwrap_or_default();
        let is_metric = metric.starts_with("freshmint_") && metric.matches('_').count() > 1;
        if is_metric && !metrics.contains(&format!("\"{metric}\"")) {
            wrong.push(format!("{paper} names the metric {metric}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_of_causes_is_the_codes_and_each_leads_to_the_runbook() {
    let text = source("docs/alerts.md");
    let section = text.split("## Causes").nth(1).expect("the section");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let mut documented = BTreeSet::new();
    for row in rows {
        let cause = row.split('`').nth(1).unwrap_or_default();
        documented.insert(cause.to_owned());
        assert!(
            row.contains("](tournament-billing-runbook.md#"),
            "{cause} does not lead to the runbook"
        );
    }
    assert_eq!(documented, causes());
}

/// A page of the runbook says by what it is told.
#[test]
fn what_tells_of_a_page_of_the_runbook_is_an_alert_or_a_cause() {
    let (alerts, causes) = (alerts(), causes());
    let text = source("docs/tournament-billing-runbook.md");
    let lines = text.lines().filter(|line| line.starts_with("**Told by**"));
    let mut told = BTreeSet::new();
    for line in lines {
        for name in line.split('`').skip(1).step_by(2) {
            assert!(
                alerts.contains(name) || causes.contains(name),
                "{name}: {line}"
            );
            told.insert(name.to_owned());
        }
    }
    let untold: Vec<_> = alerts
        .union(&causes)
        .filter(|name| !told.contains(*name))
        .collect();
    assert!(untold.is_empty(), "the runbook has no page for {untold:?}");
}
