//! What the commands print, and to whom.

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
