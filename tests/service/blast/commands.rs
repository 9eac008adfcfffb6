//! `freshmint blast …`, run as the real binary.

use serde_json::{Value, json};

use super::{SENT, families, mails, set_mail, show, state, texts, to_all};
use crate::support::World;

/// A world with families and a file with a mailing's body.
fn shop(count: usize) -> (World, tempfile::NamedTempFile) {
    let world = World::new();
    families(&world, count);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), super::BODY).unwrap();
    (world, file)
}

fn create(world: &World, body: &tempfile::NamedTempFile, more: &[&str]) -> (i32, String, String) {
    let file = body.path().to_str().unwrap();
    let mut arguments = vec![
        "blast",
        "create",
        "--name",
        "Cup",
        "--subject",
        "Fee of {{ name }}",
        "--body-file",
        file,
    ];
    arguments.extend(more);
    world.command(&arguments)
}

/// What a command prints; it must succeed.
#[track_caller]
fn told(world: &World, arguments: &[&str]) -> String {
    let mut all = vec!["blast"];
    all.extend(arguments);
    let (code, out, said) = world.command(&all);
    assert_eq!((code, said.as_str()), (0, ""), "{arguments:?}: {out}");
    out
}

/// The one sentence that a command fails with.
#[track_caller]
fn fails(world: &World, arguments: &[&str]) -> String {
    let mut all = vec!["blast"];
    all.extend(arguments);
    let (code, out, said) = world.command(&all);
    assert_eq!(
        (code, out.as_str(), said.lines().count()),
        (1, "", 1),
        "{arguments:?}: {said}"
    );
    said
}

#[test]
fn a_whole_mailing_from_the_command_line() {
    let (world, body) = shop(2);
    let (code, out, said) = create(&world, &body, &["--status", "open", "--per-second", "0.5"]);
    assert_eq!(code, 0, "{said}");
    let preview = told(&world, &["preview", "Cup"]);
    texts().bind(|| insta::assert_snapshot!(format!("{out}\n{preview}")));
    assert!(
        fails(&world, &["start", "Cup"]).starts_with("Cup: it was not started: it is not approved")
    );

    assert_eq!(
        told(&world, &["test", "Cup", "--to", "coach@example.org"]),
        "a test is queued for coach@example.org\n"
    );
    // The command that the preview printed.
    let command = preview
        .lines()
        .last()
        .unwrap()
        .split_once("freshmint blast ")
        .unwrap()
        .1;
    let arguments: Vec<&str> = command.split(' ').collect();
    assert_eq!(told(&world, &arguments), "Cup is approved\n");
    // Here no webhook comes, no mail server is set, and nothing listens at the public address.
    let started = told(&world, &["start", "Cup"]);
    assert!(started.starts_with("Cup is sending\nwarning "), "{started}");
    assert_eq!(started.lines().count(), 4, "{started}");
    assert_eq!(told(&world, &["start", "Cup"]), started, "again");
    assert_eq!(mails(&world), ["CUP-1 queued", "CUP-2 queued"]);
    assert_eq!(told(&world, &["pause", "Cup"]), "Cup is paused\n");
    assert_eq!(told(&world, &["resume", "Cup"]), "Cup is sending\n");
    set_mail(&world, "CUP-1", SENT);
    assert_eq!(told(&world, &["cancel", "Cup"]), "Cup is cancelled\n");
    let status = told(&world, &["status", "Cup"]);
    let list = told(&world, &["list"]);
    let mut settings = texts();
    settings.add_filter(r"20\d\d-\d\d-\d\dT[0-9:.]+\+00:00", "[time]");
    // Whoever runs the tests.
    settings.add_filter(r"command line \([^)]*\)", "command line");
    settings.bind(|| insta::assert_snapshot!(format!("{status}\n{list}")));
    assert!(fails(&world, &["start", "Cup"]).contains("it is cancelled"));
}

#[test]
fn programs_read_what_the_api_tells() {
    let (world, _) = shop(1);
    let id = to_all(&world);
    let json = |arguments: &[&str]| -> Value {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        serde_json::from_str(&told(&world, &all)).unwrap()
    };
    assert_eq!(json(&["preview", &id]), super::preview(&world, &id));
    assert_eq!(json(&["status", &id]), show(&world, &id));
    assert_eq!(
        json(&["list"]),
        json!({ "data": [show(&world, &id)], "next_cursor": null })
    );
}

#[test]
fn orders_are_chosen_by_reference_or_by_what_they_have() {
    let (world, body) = shop(3);
    world.order_with(
        "U12",
        json!({ "metadata": { "team": "U12", "year": "2026" } }),
    );
    for (choice, recipients) in [
        (vec!["--reference", "CUP-1", "--reference", "CUP-3"], 2),
        (vec!["--status", "open"], 4),
        (vec!["--meta", "team=U12", "--meta", "year=2026"], 1),
        (vec!["--status", "paid", "--meta", "team=U12"], 0),
    ] {
        let (code, out, said) = create(&world, &body, &choice);
        assert_eq!(code, 0, "{said}");
        let id = out.trim().rsplit(' ').next().unwrap();
        assert_eq!(
            super::preview(&world, id)["recipients"],
            recipients,
            "{choice:?}"
        );
    }
    let (code, _, said) = create(&world, &body, &["--reference", "CUP-9"]);
    assert_eq!(
        (code, said.as_str()),
        (
            1,
            "The mailing was not written: references: there is no order CUP-9.\n"
        )
    );
}

#[test]
fn the_words_are_checked_as_the_api_checks_them() {
    let (world, body) = shop(1);
    std::fs::write(body.path(), " \n").unwrap();
    let (code, _, said) = create(&world, &body, &["--status", "open"]);
    assert!(
        code == 1 && said.contains("body: this must not be missing"),
        "{said}"
    );
    std::fs::remove_file(body.path()).unwrap();
    let (code, _, said) = create(&world, &body, &["--status", "open"]);
    assert!(code == 1 && said.contains("cannot be read"), "{said}");
    assert_eq!(world.count("blasts"), 0);
}

#[test]
fn wrong_usage_ends_with_two_and_names_what_is_wrong() {
    let (world, body) = shop(1);
    for (more, named) in [
        (vec![], "--reference"),
        (vec!["--reference", "CUP-1", "--status", "open"], "--status"),
        (vec!["--status", "lost"], "--status"),
        (vec!["--meta", "team"], "--meta"),
        (
            vec!["--status", "open", "--per-second", "nan"],
            "--per-second",
        ),
        (vec!["--status", "open", "--send-at", "soon"], "--send-at"),
    ] {
        let (code, _, said) = create(&world, &body, &more);
        assert!(code == 2 && said.contains(named), "{more:?}: {code} {said}");
    }
    for arguments in [
        ["blast", "test", "Cup", "--to", "nobody"].as_slice(),
        &["blast", "approve", "Cup"],
        &["blast", "start"],
        &["blast", "recall", "Cup"],
    ] {
        assert_eq!(world.command(arguments).0, 2, "{arguments:?}");
    }
}

#[test]
fn a_name_that_is_not_there_or_there_twice_is_said_so() {
    let (world, _) = shop(1);
    let nobody = "0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11";
    for name in ["Cup", nobody] {
        for what in ["preview", "start", "pause", "status"] {
            assert_eq!(
                fails(&world, &[what, name]),
                format!("There is no mailing {name}: freshmint blast list shows them.\n")
            );
        }
    }
    to_all(&world);
    to_all(&world);
    assert!(fails(&world, &["start", "Summer cup"]).contains("give the id"));
}

#[test]
fn watching_ends_when_it_is_done_and_tells_each_change_in_plain_lines() {
    let (world, _) = shop(2);
    let id = to_all(&world);
    super::started(&world, &id);
    set_mail(&world, "CUP-1", SENT);
    let watched = std::thread::scope(|scope| {
        let watch = scope.spawn(|| told(&world, &["status", &id, "--watch"]));
        std::thread::sleep(std::time::Duration::from_millis(1500));
        set_mail(&world, "CUP-2", SENT);
        watch.join().unwrap()
    });
    let lines: Vec<&str> = watched.lines().collect();
    assert_eq!(lines[0], "sending: 2: 1 queued, 1 sent");
    assert_eq!(lines[1], "Summer cup  done");
    assert_eq!(state(&world, &id), "done");
}

#[test]
fn watching_says_why_it_is_paused() {
    let (world, _) = shop(2);
    let id = to_all(&world);
    super::started(&world, &id);
    super::done(&world, &id, "pause");
    let because = show(&world, &id)["paused_because"].clone();
    let watched = std::thread::scope(|scope| {
        let watch = scope.spawn(|| told(&world, &["status", &id, "--watch"]));
        std::thread::sleep(std::time::Duration::from_millis(1500));
        super::done(&world, &id, "cancel");
        watch.join().unwrap()
    });
    let because = because.as_str().unwrap();
    assert!(
        because.ends_with("paused it. Resume it to let it go on."),
        "{because}"
    );
    let first = watched.lines().next();
    assert_eq!(first, Some(&*format!("paused: 2: 2 queued. {because}")));
}

#[test]
fn the_command_line_is_one_person_too() {
    let (world, body) = shop(1);
    world.execute("UPDATE settings SET two_person_approval = true");
    assert_eq!(create(&world, &body, &["--status", "open"]).0, 0);
    let preview = told(&world, &["preview", "Cup", "--format", "json"]);
    let preview: Value = serde_json::from_str(&preview).unwrap();
    let hash = preview["content_hash"].as_str().unwrap();
    let said = fails(&world, &["approve", "Cup", "--content-hash", hash]);
    assert!(said.contains("somebody else must approve it"), "{said}");
    // Another name beside the same system user is no other person.
    let as_another = ["approve", "Cup", "--as", "Ina", "--content-hash", hash];
    let said = fails(&world, &as_another);
    assert!(
        said.contains("as Ina wrote") || said.contains("somebody else"),
        "{said}"
    );
    // Another system user is.
    world.execute("UPDATE blasts SET author_key = 'command line (ben)'");
    told(&world, &as_another);
    let by = world.text("SELECT approved_by AS text FROM blast_approvals");
    assert!(
        by.starts_with("command line (") && by.ends_with(") as Ina"),
        "{by}"
    );
}
