//! Whom a mailing is for: by another mailing, by import, by mail, without some; and how many somebody reckons with.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    SENT, act, approve, approved, change, done, families, family, get, paid, post, preview,
    problems, refused, set_mail, show, started, told, written,
};
use crate::{import::import, support::World};

fn references(world: &World, id: &str) -> Vec<String> {
    let page = get(world, &format!("/blasts/{id}/recipients"));
    let rows = page["data"].as_array().unwrap().iter();
    rows.map(|row| row["reference"].as_str().unwrap().to_owned())
        .collect()
}

fn filtered(world: &World, name: &str, filter: Value) -> String {
    written(world, json!({ "name": name, "filter": filter }))
}

fn approve_as(world: &World, id: &str, recipients: u32) -> crate::support::Answer {
    let hash = preview(world, id)["content_hash"].clone();
    let body = json!({ "content_hash": hash, "recipients": recipients });
    post(world, &format!("/blasts/{id}/approve"), body)
}

#[test]
fn a_mailing_to_18_instead_of_15_is_approved_by_that_number_alone() {
    let world = World::new();
    families(&world, 18);
    let id = written(&world, json!({ "filter": {}, "expected": 15 }));
    let wrong = "18 would get a mail, and 15 are expected";
    assert!(problems(&world, &id)[0].starts_with(wrong));
    assert!(told(&approve(&world, &id), 409).contains(wrong));
    assert!(told(&approve_as(&world, &id, 15), 409).contains("18 would get a mail, not 15"));
    assert_eq!(show(&world, &id)["state"], "draft");
    assert_eq!(approve_as(&world, &id, 18).json()["state"], "approved");

    // Or the three who do not belong there are left out.
    let out = json!({ "exclude": ["CUP-16", "CUP-17", "CUP-18"] });
    let changed = change(&world, &id, out).json();
    assert_eq!(
        (&changed["state"], &changed["approval"]),
        (&json!("draft"), &json!(null))
    );
    assert_eq!(problems(&world, &id), Vec::<String>::new());
    assert_eq!(started(&world, &id)["counts"]["total"], 15);
}

#[test]
fn a_number_that_is_named_must_be_right_also_where_none_is_expected() {
    let world = World::new();
    families(&world, 2);
    let id = filtered(&world, "Cup", json!({}));
    assert_eq!(approve_as(&world, &id, 3).status, 409);
    assert_eq!(approve_as(&world, &id, 2).status, 200);
}

#[test]
fn all_of_it_is_in_the_hash_and_a_reference_that_nobody_has_is_refused() {
    let world = World::new();
    families(&world, 2);
    let hash = |fields: Value| preview(&world, &written(&world, fields))["content_hash"].clone();
    let all = [
        hash(json!({ "references": ["CUP-1"] })),
        hash(json!({ "filter": {}, "exclude": ["CUP-2"] })),
        hash(json!({ "filter": { "status": "open" }, "exclude": ["CUP-2"] })),
        hash(json!({ "filter": {}, "exclude": ["CUP-2"], "expected": 1 })),
    ];
    for (at, one) in all.iter().enumerate() {
        assert!(!all[at + 1..].contains(one), "{at}");
    }
    let unknown = super::fields(json!({ "filter": {}, "exclude": ["CUP-9"] }));
    let answer = post(&world, "/blasts", unknown);
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.json()["errors"][0],
        json!({ "field": "exclude", "reason": "there is no order CUP-9" })
    );
    // Whoever names thousands is told of some.
    let typed: Vec<String> = (0..50_000).map(|n| format!("NO-{n}")).collect();
    let many = super::fields(json!({ "filter": {}, "exclude": typed }));
    let answer = post(&world, "/blasts", many);
    assert_eq!(answer.status, 422);
    let said = answer.json()["errors"][0]["reason"].to_string();
    assert!(said.ends_with("and 49980 more orders\""), "{said:.300}");
}

#[test]
fn those_of_another_mailing_who_still_owe() {
    let world = World::new();
    let orders = families(&world, 4);
    let first = written(&world, json!({ "references": ["CUP-1", "CUP-2", "CUP-3"] }));
    started(&world, &first);
    paid(&world, &orders[1]);
    let follow_up = filtered(
        &world,
        "Summer cup, again",
        json!({ "blast": "Summer cup" }),
    );
    assert_eq!(references(&world, &follow_up), ["CUP-1", "CUP-3"]);
    assert_eq!(problems(&world, &follow_up), Vec::<String>::new());
    assert_eq!(
        show(&world, &follow_up)["filter"]["blast_id"],
        first.as_str()
    );
    // The name is given again: it means what it meant.
    let other = written(&world, json!({ "references": ["CUP-4"] }));
    started(&world, &other);
    let later = json!({ "subject": "Please, {{ name }}" });
    assert_eq!(change(&world, &follow_up, later).status, 200);
    assert_eq!(references(&world, &follow_up), ["CUP-1", "CUP-3"]);
    let refusal = |blast: &str| {
        let fields = super::fields(json!({ "filter": { "blast": blast } }));
        let answer = post(&world, "/blasts", fields);
        assert_eq!(answer.status, 422, "{answer:?}");
        answer.json()["errors"][0]["reason"].to_string()
    };
    assert!(refusal("Summer cup").contains("give the id"));
    assert!(refusal("Winter cup").contains("there is no other mailing Winter cup"));
    assert_eq!(
        references(&world, &filtered(&world, "x", json!({ "blast": other }))),
        ["CUP-4"]
    );
}

#[test]
fn those_about_whom_no_mail_has_gone_nor_is_on_its_way() {
    let world = World::new();
    families(&world, 3);
    let first = written(&world, json!({ "references": ["CUP-1", "CUP-2"] }));
    let never = filtered(&world, "Rest", json!({ "never_mailed": true }));
    let mailed = filtered(&world, "Again", json!({ "never_mailed": false }));
    assert_eq!(references(&world, &never).len(), 3);
    started(&world, &first);
    assert_eq!(
        references(&world, &never),
        ["CUP-3"],
        "queued is on its way"
    );
    assert_eq!(references(&world, &mailed), ["CUP-1", "CUP-2"]);
    set_mail(&world, "CUP-1", &format!("{SENT}, handed_over = true"));
    done(&world, &first, "cancel");
    assert_eq!(
        references(&world, &never),
        ["CUP-2", "CUP-3"],
        "one was given up before it went"
    );
}

#[test]
fn a_mailing_and_a_list_mean_the_same_by_never_mailed() {
    let world = World::new();
    let orders = families(&world, 4);
    let first = written(&world, json!({ "references": ["CUP-1", "CUP-2"] }));
    let never = filtered(&world, "Rest", json!({ "never_mailed": true }));
    started(&world, &first);
    // One came back, which somebody was told of; another was given up before a server had it.
    let refused = "state = 'bounced', last_error = '550', refused_at = now()";
    set_mail(&world, "CUP-1", refused);
    set_mail(&world, "CUP-2", "state = 'failed', last_error = 'away'");
    // A link was handed over by hand and left: its reminder waits for its time, and may never go.
    world.abandon(&orders[2]);
    assert_eq!(
        world.count("outbox WHERE kind = 'reminder' AND state = 'queued'"),
        1
    );
    let listed = get(&world, "/orders?never_mailed=true");
    let listed = listed["data"].as_array().expect("a list").iter();
    let mut listed: Vec<&str> = listed
        .filter_map(|order| order["reference"].as_str())
        .collect();
    listed.sort_unstable();
    assert_eq!(listed, ["CUP-2", "CUP-3", "CUP-4"]);
    assert_eq!(references(&world, &never), listed);
    let others = filtered(&world, "Again", json!({ "never_mailed": false }));
    assert_eq!(references(&world, &others), ["CUP-1"]);
}

#[test]
fn who_was_mailed_after_the_approval_is_not_mailed_again() {
    let world = World::new();
    let orders = families(&world, 2);
    let id = filtered(&world, "Rest", json!({ "never_mailed": true }));
    approved(&world, &id);
    world.queue_link(&orders[0]);
    let why = refused(&world, &id, "start");
    assert!(
        why.contains("the mails for CUP-1 are not what was approved"),
        "{why}"
    );
    assert_eq!(show(&world, &id)["state"], "draft");
    assert_eq!(world.count("outbox WHERE kind = 'blast'"), 0);
}

#[test]
fn edited_after_the_approval_it_does_not_start() {
    let world = World::new();
    let orders = families(&world, 2);
    for edit in [
        json!({ "exclude": ["CUP-1"] }),
        json!({ "expected": 7 }),
        json!({ "filter": { "status": "open" } }),
        json!({ "body": "{{ pay_url }}" }),
    ] {
        let id = filtered(&world, "Cup", json!({}));
        approved(&world, &id);
        assert_eq!(change(&world, &id, edit).json()["state"], "draft");
        assert!(refused(&world, &id, "start").contains("not approved"));
    }
    let id = filtered(&world, "Cup", json!({}));
    approved(&world, &id);
    let dearer =
        json!({ "lines": [{ "description": "Cup", "unit_amount": 45_000, "quantity": 1 }] });
    super::change_order(&world, &orders[1], dearer);
    assert!(refused(&world, &id, "start").contains("CUP-2 are not what was approved"));
    family(&world, "CUP-3", "third@example.org");
    let id = filtered(&world, "Cup", json!({}));
    approved(&world, &id);
    family(&world, "CUP-4", "fourth@example.org");
    assert!(refused(&world, &id, "start").contains("CUP-4 are not what was approved"));
    assert_eq!(world.count("outbox"), 0);
}

#[test]
fn those_of_an_import_by_its_name() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fees.csv");
    let head = "reference,email,name,currency,description,amount\n";
    let brought = |rows: &str| {
        std::fs::write(&file, format!("{head}{rows}")).unwrap();
        let (code, _, said) = world.command(&["orders", "import", file.to_str().unwrap()]);
        assert_eq!(code, 0, "{said}");
    };
    brought("A-1,a@example.org,Kim,EUR,Fee,45.00\nA-2,b@example.org,Joe,EUR,Fee,45.00\n");
    // The same again changes nothing; the next month's file has the same name.
    brought("A-1,a@example.org,Kim,EUR,Fee,45.00\nB-1,c@example.org,Ann,EUR,Fee,45.00\n");
    world.order("BY-HAND");
    let listed = |query: &str| {
        let page = get(&world, &format!("/orders{query}"));
        let rows = page["data"].as_array().unwrap().iter();
        let mut rows: Vec<String> = rows
            .map(|row| format!("{} {}", row["reference"], row["import"]).replace('"', ""))
            .collect();
        rows.sort();
        rows
    };
    assert_eq!(
        listed(""),
        [
            "A-1 fees.csv",
            "A-2 fees.csv",
            "B-1 fees.csv (2)",
            "BY-HAND null"
        ]
    );
    assert_eq!(listed("?import=fees.csv"), ["A-1 fees.csv", "A-2 fees.csv"]);
    assert_eq!(listed("?import=fees.csv%20(2)"), ["B-1 fees.csv (2)"]);
    let id = filtered(&world, "Fees", json!({ "import": "fees.csv" }));
    assert_eq!(references(&world, &id), ["A-1", "A-2"]);
    let (code, out, said) = import(
        &world,
        b"reference,email,name,currency,description,amount\nC-1,c@example.org,Kim,EUR,Fee,9.00\n",
        &["--dry-run"],
    );
    assert_eq!((code, said.as_str()), (0, ""), "{out}");
    assert_eq!(world.count("orders WHERE import IS NOT NULL"), 3);
}

#[test]
fn the_command_line_says_the_same() {
    let world = World::new();
    families(&world, 3);
    let body = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(body.path(), super::BODY).unwrap();
    let file = body.path().to_str().unwrap();
    let create = |name: &str, more: &[&str]| {
        let fixed = [
            "blast",
            "create",
            "--subject",
            "x",
            "--body-file",
            file,
            "--name",
            name,
        ];
        let (code, _, said) = world.command(&[&fixed, more].concat());
        assert_eq!(code, 0, "{more:?}: {said}");
    };
    create(
        "First",
        &["--status", "open", "--exclude", "CUP-3", "--expected", "1"],
    );
    let (code, out, said) = world.command(&["blast", "preview", "First", "--all"]);
    assert!(
        out.contains("problem: 2 would get a mail, and 1 are expected"),
        "{code} {out} {said}"
    );
    assert!(
        out.contains("2 mails would be sent over €90.00, in 1 day"),
        "{out}"
    );
    assert_eq!(out.matches("To: parent").count(), 2);
    let hash = preview(&world, &id_of(&world, "First"))["content_hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let approve = ["blast", "approve", "First", "--content-hash", &hash];
    assert_eq!(world.command(&approve).0, 1);
    let (code, out, said) = world.command(&[&approve[..], &["--recipients", "2"]].concat());
    assert_eq!((code, out.as_str()), (0, "First is approved\n"), "{said}");
    let (code, _, said) = world.command(&["blast", "start", "First", "--require-outside"]);
    assert!(
        code == 1 && said.contains("its pre-flight failed"),
        "{said}"
    );
    let (code, out, said) = world.command(&["blast", "start", "First"]);
    assert!(
        code == 0 && out.contains("\nwarning    PUBLIC_URL was not reached"),
        "{out} {said}"
    );
    create("Second", &["--blast", "First"]);
    assert_eq!(
        references(&world, &id_of(&world, "Second")),
        ["CUP-1", "CUP-2"]
    );
    create("Third", &["--never-mailed"]);
    assert_eq!(references(&world, &id_of(&world, "Third")), ["CUP-3"]);
}

fn id_of(world: &World, name: &str) -> String {
    world.text(&format!(
        "SELECT id::text AS text FROM blasts WHERE name = '{name}'"
    ))
}

#[test]
fn a_filter_that_cannot_be_is_refused_by_its_field() {
    let world = World::new();
    families(&world, 1);
    for (filter, named) in [
        (json!({ "import": "" }), "filter.import"),
        (json!({ "import": "nope" }), "filter.import"),
        (json!({ "blast": "a\u{0}b" }), "filter.blast"),
    ] {
        let answer = post(
            &world,
            "/blasts",
            super::fields(json!({ "filter": filter })),
        );
        assert_eq!(answer.json()["errors"][0]["field"], named);
    }
    let id = filtered(&world, "Cup", json!({}));
    let own = change(&world, &id, json!({ "filter": { "blast": id } }));
    assert!(own.body.contains("no other mailing"), "{own:?}");
    let path = format!("/blasts/{id}/recipients?mail=yes");
    let answer = world.api(freshmint::token::Role::Viewer, Method::GET, &path, None);
    assert_eq!(answer.status, 400);
    assert_eq!(act(&world, &id, "preview").status, 200);
}
