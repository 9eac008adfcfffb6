//! `freshmint suppressions`: the list from the command line.

use freshmint::suppression::AddressKey;
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

    // People read, and type, the shop's own time.
    let tokyo = [("TIME_ZONE", "Asia/Tokyo")];
    std::fs::write(
        folder.path().join("days.csv"),
        "email,since\nday@example.org,2024-05-07\n",
    )
    .unwrap();
    let days = folder.path().join("days.csv");
    let days = ["suppressions", "import", days.to_str().unwrap()];
    assert_eq!(elsewhere.command_with(&tokyo, &days).0, 0);
    let export =
        |zone: &[(&str, &str)]| elsewhere.command_with(zone, &["suppressions", "export"]).1;
    assert!(export(&tokyo).contains("day@example.org,imported,,2024-05-07T00:00:00+09:00\n"));
    assert!(export(&[]).contains("day@example.org,imported,,2024-05-06T15:00:00Z\n"));
}

#[test]
fn no_cell_of_an_export_is_a_formula_and_an_import_reads_what_was_meant() {
    let world = World::new();
    let notes = [
        "=HYPERLINK(\"http://x.example\",\"pay\")",
        "+1",
        "-1",
        "@SUM(A1)",
        "'=1",
        "''=1",
        "'quoted'",
        "1=1",
        "'",
    ];
    for (at, note) in notes.iter().enumerate() {
        let email = format!("{at}@example.org");
        world.command(&[
            "suppressions",
            "add",
            &email,
            &format!("--note={note}"),
            "--reason=-x",
        ]);
    }
    world.command(&["suppressions", "add", "--", "+kim@example.org"]);
    let before = list(&world);
    assert_eq!(before.len(), notes.len() + 1);
    // Rows of an older version.
    world.execute("UPDATE suppressions SET note = E'\\t=2' WHERE address = '1@example.org'");
    world.execute(
        "UPDATE suppressions SET note = E'\\r=3\\u001b[2J' WHERE address = '2@example.org'",
    );
    let (_, told, _) = world.command(&["suppressions", "export"]);
    let mut records = csv(&told).into_iter();
    assert_eq!(
        records.next().unwrap(),
        ["email", "reason", "note", "since"]
    );
    for cell in records.flatten() {
        assert!(
            !cell.starts_with(['=', '+', '-', '@', '\t', '\r', ' ']),
            "{cell:?}"
        );
        assert!(!cell.contains(char::is_control), "{cell:?}");
    }

    let elsewhere = World::new();
    assert_eq!(import(&elsewhere, &told).0, 0);
    assert_eq!(elsewhere.command(&["suppressions", "export"]).1, told);
    let mut expected = before;
    for line in &mut expected {
        *line = match line.as_str() {
            "1@example.org -x (+1)" => "1@example.org -x (=2)".to_owned(),
            "2@example.org -x (-1)" => "2@example.org -x (=3 [2J)".to_owned(),
            other => other.to_owned(),
        };
    }
    // A file tells the time to the second.
    let mut taken_in = list(&elsewhere);
    expected.sort();
    taken_in.sort();
    assert_eq!(taken_in, expected);
}

/// The records of a CSV.
fn csv(text: &str) -> Vec<Vec<String>> {
    freshmint::spreadsheet::Records::new(text)
        .map(|record| record.cells)
        .collect()
}

#[test]
fn a_file_beyond_a_limit_is_refused_and_says_the_limit() {
    let world = World::new();
    let columns = format!("email{}\n", ",x".repeat(300));
    let (code, _, said) = import(&world, &columns);
    assert!(
        code == 1 && said.contains("301 columns; at most 256"),
        "{said}"
    );
    let rest = "ann@example.org,x\n".repeat(50_000);
    let (code, _, said) = import(&world, &format!("email,note\nbo@example.org,\"{rest}"));
    assert!(
        code == 1 && said.contains("is never closed") && said.len() < 1_000,
        "{said}"
    );
    let (code, _, said) = import(&world, "email,\"\u{1b}[2J\"\n");
    assert!(
        code == 1 && said.contains("\\u001b[2J") && !said.contains('\u{1b}'),
        "{said}"
    );
}

/// What an earlier version did with a refusal: the mail has bounced, and its address is on the list.
fn refused_before(world: &World, name: &str, said: &str) {
    let email = format!("{name}@example.org");
    let order = world.order_with(name, serde_json::json!({ "email": email }));
    world.queue_link(&order);
    world.execute(&format!(
        "UPDATE outbox SET state = 'bounced', last_error = '{said}' WHERE address = '{email}'"
    ));
    world.execute(&format!(
        "INSERT INTO suppressions (address_hash, address, reason, note, since) \
         SELECT address_hash, address, 'no_such_address', substring(last_error FROM '^[0-9 .]*[0-9]'), now() \
         FROM outbox WHERE address = '{email}'"
    ));
}

fn lift_wrong(world: &World, more: &[&str]) -> (i32, String, String) {
    let arguments = [&["suppressions", "lift", "--wrong"], more].concat();
    world.command_with(&[("MAIL_FROM", "Club <club@club.example>")], &arguments)
}

#[test]
fn what_no_refusal_says_is_lifted_and_the_rest_stays() {
    let world = World::new();
    let sender = "550 5.1.0 <club@club.example>: Sender address rejected: User unknown";
    refused_before(&world, "sender", sender);
    let limit = "550 5.1.90 Your message can''t be sent because you''ve reached your daily limit";
    refused_before(&world, "limit", limit);
    refused_before(&world, "ours", "550 5.1.1 <club@club.example>: unknown");
    refused_before(&world, "other", "550 5.1.0 Address rejected.");
    refused_before(&world, "gone", "550 5.1.1 <gone@example.org>: User unknown");
    refused_before(&world, "domain", "550 5.1.2 Domain not found");
    // Of these only the code is left, as after erasing or pruning.
    refused_before(&world, "pruned", "550 5.1.0 no");
    refused_before(&world, "prunedgone", "550 5.1.1 no");
    world.execute("UPDATE outbox SET last_error = 'erased' WHERE address LIKE 'pruned%'");
    for (name, reason, note) in [
        ("ann", "no_such_address", "came back by post"),
        ("bo", "unsubscribed", "asked"),
        ("cy", "manual", "550 5.1.0"),
        ("di", "complaint", "550 5.1.0"),
    ] {
        let email = format!("{name}@example.org");
        let add = [
            "suppressions",
            "add",
            &email,
            "--reason",
            reason,
            "--note",
            note,
        ];
        assert_eq!(world.command(&add).0, 0);
    }
    let before = list(&world);
    let lines = world.count("activity");
    let (code, told, said) = lift_wrong(&world, &["--dry-run"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(told.contains("5 addresses would be lifted"), "{told}");
    assert_eq!((list(&world), world.count("activity")), (before, lines));

    let (code, told, said) = lift_wrong(&world, &["--note", "an older version"]);
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(
        told,
        "limit@example.org: 550 5.1.90\n\
         other@example.org: 550 5.1.0\n\
         ours@example.org: 550 5.1.1\n\
         pruned@example.org: 550 5.1.0\n\
         sender@example.org: 550 5.1.0\n\
         5 addresses are lifted and may be written to again; 4 stay, of which it is said, or somebody says, that they do not exist.\n"
    );
    let mut left = list(&world);
    left.sort();
    assert_eq!(
        left,
        [
            "ann@example.org no_such_address (came back by post)",
            "bo@example.org unsubscribed (asked)",
            "cy@example.org manual (550 5.1.0)",
            "di@example.org complaint (550 5.1.0)",
            "domain@example.org no_such_address (550 5.1.2)",
            "gone@example.org no_such_address (550 5.1.1)",
            "prunedgone@example.org no_such_address (550 5.1.1)",
        ]
    );
    let last = "SELECT actor || ': ' || what || ' (' || (detail->>'note') || ')' AS text \
                FROM activity ORDER BY id DESC LIMIT 1";
    assert_eq!(
        world.text(last),
        "command line: 5 addresses may be written to again: no refusal says that they do not exist (an older version)"
    );
    let (code, told, _) = lift_wrong(&world, &["--format", "json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (code, told),
        (0, serde_json::json!({ "lifted": [], "kept": 4 }))
    );
}

#[test]
fn whoever_has_unsubscribed_meanwhile_stays_unsubscribed() {
    let world = World::new();
    refused_before(
        &world,
        "ann",
        "550 5.1.0 <club@club.example>: Sender address rejected",
    );
    let hash = world.app.db.run_blocking(|connection| {
        AddressKey::load(connection).map(|key| key.hash("ann@example.org"))
    });
    let link = world.app.unsubscribe_url(hash.unwrap(), None);
    let path = link
        .strip_prefix("http://127.0.0.1:61199")
        .expect("our link");
    assert_eq!(world.press(path).status, 200);
    assert_eq!(list(&world), ["ann@example.org unsubscribed"]);
    let (code, told, _) = lift_wrong(&world, &[]);
    assert!(code == 0 && told.starts_with("0 addresses"), "{told}");
    assert_eq!(list(&world), ["ann@example.org unsubscribed"]);
    // And the other way round: a server's word takes nobody's own away.
    let again = [
        "suppressions",
        "add",
        "ann@example.org",
        "--reason",
        "no_such_address",
    ];
    world.command(&again);
    assert_eq!(list(&world), ["ann@example.org unsubscribed"]);
}

#[test]
fn a_file_says_more_than_a_mail_server_does() {
    let world = World::new();
    refused_before(
        &world,
        "ann",
        "550 5.1.0 <club@club.example>: Sender address rejected",
    );
    let file = "email,reason,since\nann@example.org,unsubscribed,2024-05-06\n";
    assert_eq!(import(&world, file).0, 0);
    assert_eq!(list(&world), ["ann@example.org unsubscribed"]);
}

#[test]
fn lift_wants_an_address_or_wrong_and_not_both() {
    let world = World::new();
    for arguments in [
        &["suppressions", "lift"][..],
        &["suppressions", "lift", "ann@example.org", "--wrong"],
        &["suppressions", "lift", "ann@example.org", "--dry-run"],
    ] {
        assert_eq!(world.command(arguments).0, 2, "{arguments:?}");
    }
}
