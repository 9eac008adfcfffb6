//! `freshmint suppressions`: the list from the command line.

use serde_json::Value;

use crate::support::World;

fn list(world: &World) -> Vec<String> {
    world.texts(
        "SELECT coalesce(address, '?') || ' ' || reason || coalesce(' (' || note || ')', '') AS text \
         FROM suppressions ORDER BY since, address",
    )
}

/// Writes a file and has it imported.
fn import(world: &World, text: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("list.csv"), text).unwrap();
    world.command_in(folder.path(), &["suppressions", "import", "list.csv"])
}

#[test]
fn an_address_is_added_listed_and_lifted() {
    let world = World::new();
    let add = [
        "suppressions",
        "add",
        "Ann@example.org",
        "--note",
        "asked by phone",
    ];
    assert_eq!(
        world.command(&add).1,
        "The address is no longer written to.\n"
    );
    assert!(world.command(&add).1.contains("was on the list already"));
    assert_eq!(list(&world), ["ann@example.org manual (asked by phone)"]);
    let (_, told, _) = world.command(&["suppressions", "list"]);
    assert!(
        told.contains("ann@example.org") && told.contains("manual: asked by phone"),
        "{told}"
    );
    let (_, told, _) = world.command(&["suppressions", "list", "--format", "json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["data"][0]["email"], "ann@example.org");
    let lift = [
        "suppressions",
        "lift",
        " ANN@example.org",
        "--note",
        "wants to hear again",
    ];
    assert_eq!(world.command(&lift).0, 0);
    assert_eq!(
        world.text("SELECT detail->>'note' AS text FROM activity ORDER BY id DESC LIMIT 1"),
        "wants to hear again"
    );
    let (code, _, said) = world.command(&lift);
    assert_eq!((code, list(&world).len()), (1, 0));
    assert!(said.contains("not on the list"), "{said}");
    assert_eq!(world.command(&["suppressions", "add", "nobody"]).0, 2);
    let actors = world.texts("SELECT DISTINCT actor AS text FROM activity");
    assert_eq!(actors, ["command line"]);
}

#[test]
fn a_file_is_taken_in_and_what_stands_stays_as_it_was() {
    let world = World::new();
    world.command(&["suppressions", "add", "ann@example.org"]);
    let file = "email;reason;note;since\nANN@example.org;unsubscribed;;2020-01-01\n\
                bo@example.org;unsubscribed;from the old system;2024-05-06T07:08:09Z\n\
                Bo@example.org;twice;;\ncy@example.org;;;2024-05-07\n";
    let (code, told, said) = import(&world, file);
    assert_eq!(
        (code, told.as_str(), said.as_str()),
        (
            0,
            "2 addresses are no longer written to; 2 unchanged.\n",
            ""
        )
    );
    assert_eq!(
        list(&world),
        [
            "bo@example.org unsubscribed (from the old system)",
            "cy@example.org imported",
            "ann@example.org manual"
        ]
    );
    let (code, told, _) = import(&world, file);
    assert_eq!(
        (code, told.as_str()),
        (0, "0 addresses are no longer written to; 4 unchanged.\n")
    );
    assert_eq!(
        world.texts("SELECT what AS text FROM activity ORDER BY id"),
        [
            "an address is no longer written to",
            "2 addresses of a file are no longer written to"
        ]
    );
}

#[test]
fn with_one_bad_line_nothing_is_taken_in() {
    let world = World::new();
    let (code, told, said) = import(
        &world,
        "email,since\nann@example.org,\nnobody,\nbo@example.org,yesterday\n",
    );
    assert_eq!((code, told.as_str(), list(&world).len()), (1, "", 0));
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("line 3: email: "), "{said}");
    assert!(lines[1].starts_with("line 4: since: "), "{said}");
    assert_eq!(
        lines[2],
        "Nothing was taken in: correct 2 lines of list.csv, and run it again."
    );
    let (code, _, said) = import(&world, "address\nann@example.org\n");
    assert!(code == 1 && said.contains("“address”"), "{said}");
}

#[test]
fn what_is_exported_can_be_imported_elsewhere_and_an_erased_address_is_counted() {
    let world = World::new();
    for (email, note) in [
        ("ann@example.org", "a, \"b\""),
        ("bo@example.org", "x"),
        ("gone@example.org", "y"),
    ] {
        world.command(&["suppressions", "add", email, "--note", note]);
    }
    world.command(&["erase", "gone@example.org"]);
    let (code, told, said) = world.command(&["suppressions", "export"]);
    assert_eq!(code, 0);
    assert_eq!(
        said,
        "2 addresses written; 1 more is on the list as hashes alone, and cannot be.\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let written = world.command_in(folder.path(), &["suppressions", "export", "list.csv"]);
    assert_eq!((written.0, written.1.as_str()), (0, ""));
    assert_eq!(
        std::fs::read_to_string(folder.path().join("list.csv")).unwrap(),
        told
    );

    let elsewhere = World::new();
    assert_eq!(import(&elsewhere, &told).0, 0);
    assert_eq!(elsewhere.command(&["suppressions", "export"]).1, told);
}
