//! `deploy/alerts.yml`, by Prometheus' own program.

use std::{collections::BTreeSet, process::Command};

use crate::tidy::{root, source};

/// Runs promtool; fails with what it says.
#[track_caller]
fn promtool(arguments: &[&str]) {
    let output = Command::new("promtool")
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("promtool is missing: deploy/setup.sh tests installs it");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// The names after a key, in the order of the lines.
fn values<'t>(text: &'t str, key: &str) -> Vec<&'t str> {
    let found = text.lines().filter_map(|line| line.split_once(key));
    let words = found.map(|(_, rest)| rest.trim().trim_end_matches(['}', ' ']));
    words.collect()
}

#[test]
fn the_rules_are_rules_and_do_what_their_tests_say() {
    promtool(&["check", "rules", "deploy/alerts.yml"]);
    promtool(&["test", "rules", "deploy/alerts.test.yml"]);
}

#[test]
fn each_alert_is_silent_in_a_quiet_night_and_fires_in_some_test() {
    let (rules, tests) = (
        source("deploy/alerts.yml"),
        source("deploy/alerts.test.yml"),
    );
    let alerts = values(&rules, "- alert: ");
    assert!(alerts.len() > 15, "{alerts:?}");
    let mut nights = tests.split("  - name: ").skip(1);
    let quiet = nights
        .find(|test| test.starts_with("a quiet night"))
        .expect("the night");
    let silent: BTreeSet<&str> = values(quiet, "alertname: ").into_iter().collect();
    let flat = tests.replace('\n', " ");
    for alert in alerts {
        assert!(
            silent.contains(alert),
            "{alert} is not asked in a quiet night"
        );
        let name = format!("alertname: {alert} ");
        let fires = flat.split(&name).skip(1);
        let fires = fires.filter(|rest| rest.trim_start().starts_with("exp_alerts:"));
        assert!(fires.count() > 0, "no test has {alert} fire");
    }
}

#[test]
fn each_alert_has_a_summary_and_a_section_of_the_runbook() {
    let rules = source("deploy/alerts.yml");
    for rule in rules.split("- alert: ").skip(1) {
        assert!(rule.contains("summary: \""), "{rule}");
        let runbook = values(rule, "runbook: ");
        let [place] = runbook[..] else {
            panic!("no runbook: {rule}");
        };
        assert!(
            crate::tidy::exists(place).is_ok(),
            "{place} is nowhere: {rule}"
        );
    }
}

#[test]
fn each_metric_that_an_alert_or_its_test_names_is_told() {
    let code = source("src/metrics/mod.rs") + &source("src/metrics/figures.rs");
    let mut named = BTreeSet::new();
    for file in ["deploy/alerts.yml", "deploy/alerts.test.yml"] {
        let text = source(file);
        for (start, _) in text.match_indices("freshmint_") {
            let name: String = text[start..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            named.insert(name.trim_end_matches("_bucket").to_owned());
        }
    }
    assert!(named.len() > 15, "{named:?}");
    for name in named {
        assert!(code.contains(&format!("\"{name}\"")), "nobody tells {name}");
    }
}
