//! What the commands print, and to whom.

use freshmint::token::Role;
use reqwest::Method;

use crate::support::World;

#[test]
fn whoever_stops_reading_ends_a_command_without_a_word() {
    let world = World::new();
    world.order("CUP-1");
    world.command(&["suppressions", "add", "ann@example.org"]);
    for command in [
        ["orders", "list"].as_slice(),
        &["orders", "show", "CUP-1"],
        &["orders", "list", "--format", "json"],
        &["suppressions", "list", "--format", "json"],
        &["suppressions", "export"],
        &["blast", "list", "--format", "json"],
        &["keys", "new"],
        &["--help"],
    ] {
        assert_eq!(world.command_unread(command), Some(0), "{command:?}");
    }
    let unheard = ["orders", "show", "CUP-9"];
    assert_eq!(world.command_unread(&unheard), Some(1));
}

#[test]
fn an_order_is_shown_as_people_write_it() {
    let world = World::new();
    let order = world.order_with(
        "SHOP-1",
        serde_json::json!({ "lines": [
            { "description": "Scarf", "unit_amount": 2500, "quantity": 2 },
            { "description": "Postage", "unit_amount": 450 },
        ]}),
    );
    world
        .stripe
        .pay(&world.click_through(&order))
        .expect("paid");
    world.deliver();
    let (code, told, _) = world.command(&["orders", "show", "SHOP-1"]);
    assert_eq!(code, 0);
    let (order, _) = told.split_once("\nlink ").expect("a link");
    let tokyo = [("TIME_ZONE", "Asia/Tokyo")];
    let (_, there, _) = world.command_with(&tokyo, &["orders", "show", "SHOP-1"]);
    let times = |zone: &str| there.matches(zone).count();
    assert_eq!(
        (times("+09:00"), times("Z\n")),
        (told.matches("Z\n").count() + told.matches("Z  ").count(), 0)
    );
    let time = (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[time]");
    insta::with_settings!({ filters => vec![time] }, { insta::assert_snapshot!(order); });
}

#[test]
fn help_shows_a_commands_own_options_and_that_of_the_service_lists_the_settings() {
    let world = World::new();
    for (command, own) in [
        (["doctor"].as_slice(), "--session <cs_…>"),
        (&["recovery", "simulate"], "--since <DATE>"),
        (&["recovery", "backfill"], "--max-age <AGE>"),
        (&["blast", "create"], "--subject <SUBJECT>"),
        (&["orders", "list"], "--kind <KIND>"),
        (&["orders", "export"], "--blast <NAME|ID>"),
        (&["link"], "<REFERENCE>"),
        (&["migrate"], "Usage: freshmint migrate\n"),
    ] {
        for flag in ["-h", "--help"] {
            let (code, help, _) = world.command(&[command, &[flag]].concat());
            assert_eq!(code, 0);
            assert!(help.contains(own), "{help}");
            assert!(!help.contains("--database-url"), "{help}");
            assert!(help.contains("freshmint serve --help"), "{help}");
        }
    }
    let (_, help, _) = world.command(&["serve", "--help"]);
    let (own, settings) = help.split_once("\nSettings ").expect("a heading");
    assert!(own.contains("--no-worker") && !own.contains("--database-url"));
    for name in world.settings().keys() {
        assert!(settings.contains(&format!("[env: {name}]")), "{name}");
    }
}

#[test]
fn settings_that_are_missing_are_named_with_where_to_write_them() {
    let world = World::new();
    let without = [("DATABASE_URL", ""), ("LINK_KEYS", "")];
    let (code, out, said) = world.command_with(&without, &["link", "CUP-1"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert_eq!(
        said,
        "These settings are missing: DATABASE_URL, LINK_KEYS. Write them into the file .env in this \
         folder once, or into the environment; README.md says what to write.\n"
    );
    let (code, _, said) = world.command_with(&without, &["orders", "settle", "CUP-1"]);
    assert!(code == 2 && said.contains("--how"), "{said}");
    assert!(!said.to_uppercase().contains("DATABASE"), "{said}");
}

#[test]
fn one_is_one_and_nothing_is_said_to_be_nothing() {
    let world = World::new();
    let erase = ["erase", "nobody@example.org"];
    let nothing = "Nothing was found under this address.\n";
    assert_eq!(world.command(&erase).1, nothing);
    let mut as_json = erase.to_vec();
    as_json.extend(["--format", "json"]);
    assert!(world.command(&as_json).1.starts_with("{\"carts\":0,"));

    world.order("CUP-1");
    let (_, told, _) = world.command(&["erase", "parent@example.org"]);
    assert_eq!(
        told,
        "Erased: 0 carts pruned, the address taken out of 1 order, 0 mails, 0 cases and 0 events.\n"
    );
    let since = |day| world.command(&["recovery", "simulate", "--since", day]);
    assert_eq!(since("2026-11-01").1, "no carts\n");
    let (code, _, said) = since("yesterday");
    assert!(
        code == 2 && said.contains("write it as 2026-11-01"),
        "{said}"
    );
}

/// A sequence that clears the screen, in both of its forms, and one that turns what follows.
const SEQUENCE: &str = "\u{1b}[2J\u{9b}2J\u{202e}";

#[track_caller]
fn is_harmless(said: &str) {
    let harms = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
    assert!(!said.contains(harms), "{said:?}");
}

#[test]
fn values_of_an_older_version_reach_no_terminal_as_commands() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    let paid = world.order("CUP-2");
    world
        .stripe
        .pay_amount(&world.click_through(&paid), 4000)
        .unwrap();
    world.deliver();
    world.command(&["suppressions", "add", "ann@example.org"]);
    let mailing = serde_json::json!({
        "name": "Cup", "subject": "Fee", "body": "{{ pay_url }}\n{{ name }}", "filter": { "status": "open" },
    });
    world.api(Role::Operator, Method::POST, "/blasts", Some(mailing));
    let sequence = format!("E'x\\nforged: line{SEQUENCE}'");
    for (table, columns) in [
        ("orders", "reference, name"),
        ("suppressions", "reason, note, address"),
        ("activity", "what, actor"),
        ("blasts", "name, author"),
    ] {
        for column in columns.split(", ") {
            world.execute(&format!(
                "UPDATE {table} SET {column} = {column} || {sequence}"
            ));
        }
    }
    let listed = |arguments: &[&str]| {
        let (code, out, said) = world.command(arguments);
        assert_eq!(code, 0, "{said}");
        is_harmless(&out);
        is_harmless(&said);
        assert!(!out.contains("\nforged"), "{out}");
        out
    };
    for command in [
        ["orders", "list"],
        ["suppressions", "list"],
        ["cases", "list"],
        ["blast", "list"],
    ] {
        assert!(listed(&command).lines().count() > 0);
        let as_json = listed(&[command[0], command[1], "--format", "json"]);
        serde_json::from_str::<serde_json::Value>(&as_json).unwrap();
    }
    let reference =
        world.text("SELECT reference AS text FROM orders WHERE reference LIKE 'CUP-1%'");
    let shown = listed(&["orders", "show", &reference]);
    assert!(
        shown.contains("CUP-1x\\u000aforged: line\\u001b[2J\\u009b2J\\u202e"),
        "{shown}"
    );
    let as_json = listed(&["orders", "show", &reference, "--format", "json"]);
    let as_json: serde_json::Value = serde_json::from_str(&as_json).unwrap();
    assert_eq!(as_json["reference"], reference);
    assert_eq!(as_json["id"], order.id.to_string());
    // A file for a program: no control characters, but the letters that stand there.
    let (_, file, _) = world.command(&["suppressions", "export"]);
    assert!(
        !file.contains(|c: char| c != '\n' && c.is_control()),
        "{file:?}"
    );
    let blast = world.text("SELECT id::text AS text FROM blasts");
    listed(&["blast", "status", &blast]);
    let (_, out, _) = world.command(&["blast", "preview", &blast]);
    is_harmless(&out);
}

#[test]
fn the_log_says_what_it_is_told_in_one_line_without_commands() {
    let world = World::new();
    let database = format!("postgres://x{SEQUENCE}@localhost:1/none");
    for format in ["text", "json"] {
        let (_, _, said) = world.command_with(
            &[("DATABASE_URL", &database), ("LOG_FORMAT", format)],
            &["orders", "list"],
        );
        is_harmless(&said);
    }
}

#[test]
fn what_a_command_is_given_is_not_repeated_as_a_command() {
    let world = World::new();
    let reference = format!("CUP-9{SEQUENCE}");
    for command in [["orders", "show"], ["blast", "status"]] {
        let (code, _, said) = world.command(&[command[0], command[1], &reference]);
        assert_eq!(code, 1, "{said}");
        is_harmless(&said);
    }
    let (code, _, said) = world.command(&["orders", "cancel", "CUP-9", "--note", SEQUENCE]);
    assert!(code == 2 && said.contains("control character"), "{said}");
    is_harmless(&said);
    let note = "x".repeat(2_001);
    let (code, _, said) = world.command(&[
        "orders", "settle", "CUP-9", "--how", "cash", "--note", &note,
    ]);
    assert!(
        code == 2 && said.contains("2001 characters") && said.len() < 2_000,
        "{said}"
    );
    for since in ["-262143-01-01", "0000-01-01", "1969-12-31", "+262142-12-31"] {
        let (code, _, said) = world.command(&["recovery", "simulate", &format!("--since={since}")]);
        assert_eq!(code, 2, "{since}: {said}");
    }
}
