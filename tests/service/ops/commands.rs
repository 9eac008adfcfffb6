//! `freshmint ops user …`.

use super::history;
use crate::support::{PASSWORD, Visitor, World};

#[test]
fn the_first_account_is_made_at_the_command_line_with_a_password_from_standard_input() {
    let world = World::new();
    let add = |email: &str, password: &str| {
        let arguments = [
            "ops",
            "user",
            "add",
            email,
            "--name",
            "Tom Keane",
            "--role",
            "admin",
        ];
        world.command_reading(password, &arguments)
    };
    let (code, said, _) = add("tom@rovers.example.org", &format!("{PASSWORD}\n"));
    assert_eq!(
        (code, said.as_str()),
        (0, "Tom Keane may sign in, with the role admin.\n")
    );
    assert_eq!(
        Visitor::at(&world)
            .sign_in("tom@rovers.example.org", PASSWORD)
            .status,
        303
    );
    let (code, _, why) = add("TOM@rovers.example.org", "another password\n");
    assert_eq!(code, 1);
    assert!(why.contains("Somebody has this address already"), "{why}");
    let (code, _, why) = add("other@rovers.example.org", "short\n");
    assert!(code == 1 && why.contains("at least 8 letters"), "{why}");
    let (code, _, why) = add("other@rovers.example.org", "");
    assert!(code == 1 && why.contains("--invite"), "{why}");
    let (code, ..) = world.command(&[
        "ops", "user", "add", "nonsense", "--name", "x", "--role", "admin",
    ]);
    assert_eq!(code, 2);
    assert_eq!(world.count("ops_users"), 1);
    let told = history(&world).join("\n");
    assert!(
        told.contains("command line: Tom Keane was given an account, with the role admin"),
        "{told}"
    );
}

#[test]
fn accounts_are_listed_changed_and_disabled() {
    let world = World::with_mailbox(&[]);
    let invite = [
        "ops",
        "user",
        "add",
        "sinead@rovers.example.org",
        "--name",
        "Sinéad",
        "--role",
        "viewer",
        "--invite",
    ];
    let (code, said, why) = world.command(&invite);
    assert_eq!(code, 0, "{why}");
    assert!(said.contains("Sinéad is mailed a link"), "{said}");
    let mails = world.carry();
    assert!(mails[0].text().contains("/ops/welcome/"), "{mails:?}");
    let run = |arguments: &[&str]| world.command(arguments);
    let (_, list, _) = run(&["ops", "user", "list"]);
    assert!(
        list.contains("sinead@rovers.example.org") && list.contains("invited, not yet here"),
        "{list}"
    );
    let address = "Sinead@rovers.example.org";
    assert_eq!(run(&["ops", "user", "role", address, "operator"]).0, 0);
    assert_eq!(
        run(&["ops", "user", "role", address, "--role", "admin"]).0,
        0
    );
    assert_eq!(run(&["ops", "user", "role", address]).0, 2);
    let (code, ..) =
        world.command_reading("my very own words\n", &["ops", "user", "password", address]);
    assert_eq!(code, 0);
    let visitor = Visitor::at(&world);
    assert_eq!(visitor.sign_in(address, "my very own words").status, 303);
    assert_eq!(run(&["ops", "user", "disable", address]).0, 0);
    let (_, list, _) = run(&["ops", "user", "list", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    assert_eq!(list["data"][0]["role"], "admin");
    assert!(list["data"][0]["disabled_at"].is_string());
    assert!(list["data"][0].get("password_hash").is_none());
    let (code, _, why) = run(&["ops", "user", "disable", "nobody@rovers.example.org"]);
    assert!(
        code == 1 && why.contains("freshmint ops user list"),
        "{why}"
    );
}
