//! Who may do what.

use freshmint::token::{self, Role};
use reqwest::Method;
use serde_json::{Value, json};

use super::{families, fields, preview, refused, show, to_all, told};
use crate::support::{
    Answer, World,
    browser::{client, runtime, send},
};

/// Somebody with a token of their own.
struct Person<'a> {
    world: &'a World,
    token: String,
}

impl<'a> Person<'a> {
    fn new(world: &'a World, name: &str) -> Self {
        let now = world.now();
        let token = world
            .app
            .db
            .run_blocking(|connection| token::add(connection, name, Role::Operator, now));
        let token = token.unwrap().expose().to_owned();
        Self { world, token }
    }

    fn ask(&self, method: Method, path: &str, body: Value) -> Answer {
        let url = format!("{}/api/v1{path}", self.world.url());
        let request = client().request(method, url).bearer_auth(&self.token);
        runtime().block_on(send(request.body(body.to_string())))
    }

    fn writes(&self) -> String {
        let written = self.ask(Method::POST, "/blasts", fields(json!({ "filter": {} })));
        assert_eq!(written.status, 201, "{written:?}");
        written.json()["id"].as_str().unwrap().to_owned()
    }

    fn approves(&self, id: &str) -> Answer {
        let hash = preview(self.world, id)["content_hash"].clone();
        let path = format!("/blasts/{id}/approve");
        self.ask(Method::POST, &path, json!({ "content_hash": hash }))
    }
}

fn need_two(world: &World) {
    world.execute("UPDATE settings SET two_person_approval = true");
}

#[test]
fn a_viewer_reads_and_does_nothing() {
    let world = World::new();
    families(&world, 1);
    let id = to_all(&world);
    for path in [
        "/blasts",
        &format!("/blasts/{id}"),
        &format!("/blasts/{id}/recipients"),
    ] {
        assert_eq!(world.api(Role::Viewer, Method::GET, path, None).status, 200);
    }
    let acts = [
        "preview", "test", "approve", "start", "pause", "resume", "cancel",
    ];
    let mut calls: Vec<(Method, String)> = acts
        .iter()
        .map(|what| (Method::POST, format!("/blasts/{id}/{what}")))
        .collect();
    calls.push((Method::POST, "/blasts".to_owned()));
    calls.push((Method::PATCH, format!("/blasts/{id}")));
    for (method, path) in calls {
        assert_eq!(
            world
                .api(Role::Viewer, method, &path, Some(json!({})))
                .status,
            403,
            "{path}"
        );
    }
    assert_eq!(show(&world, &id)["state"], "draft");
}

#[test]
fn one_person_suffices_unless_two_are_asked_for() {
    let world = World::new();
    families(&world, 1);
    let (ann, ben) = (Person::new(&world, "ann"), Person::new(&world, "ben"));
    let id = ann.writes();
    assert_eq!(show(&world, &id)["author"], "api:ann");
    assert_eq!(ann.approves(&id).status, 200);

    need_two(&world);
    let id = ann.writes();
    assert!(told(&ann.approves(&id), 409).contains("somebody else"));
    let approved = ben.approves(&id);
    assert_eq!(
        approved.json()["approval"]["approved_by"],
        "api:ben",
        "{approved:?}"
    );
    assert_eq!(
        ann.ask(Method::POST, &format!("/blasts/{id}/start"), json!({}))
            .status,
        200
    );
}

#[test]
fn whoever_changes_the_words_of_another_does_not_approve_them_alone() {
    let world = World::new();
    families(&world, 1);
    need_two(&world);
    let (ann, ben) = (Person::new(&world, "ann"), Person::new(&world, "ben"));
    let id = ann.writes();
    let path = format!("/blasts/{id}");
    assert_eq!(
        ben.ask(Method::PATCH, &path, json!({ "subject": "Pay ben" }))
            .status,
        200
    );
    assert_eq!(show(&world, &id)["author"], "api:ben");
    assert_eq!(ben.approves(&id).status, 409);
    assert_eq!(ann.approves(&id).status, 200);
}

#[test]
fn an_approval_of_ones_own_words_does_not_outlive_the_switch() {
    let world = World::new();
    families(&world, 1);
    let ann = Person::new(&world, "ann");
    let id = ann.writes();
    assert_eq!(ann.approves(&id).status, 200);
    need_two(&world);
    assert!(refused(&world, &id, "start").contains("somebody else"));
    assert_eq!(world.count("outbox"), 0);
}

#[test]
fn a_person_of_another_name_is_the_same_and_two_of_one_name_count_as_one() {
    let world = World::new();
    families(&world, 1);
    need_two(&world);
    let add = |email: &str, name: &str| {
        world.execute(&format!(
            "INSERT INTO ops_users (id, email, name, role, created_at) \
             VALUES (gen_random_uuid(), '{email}', '{name}', 'operator', now())"
        ));
    };
    add("ina@rovers.example.org", "Ina");
    let id = to_all(&world);
    // As a page writes it, whose person is signed in.
    world.execute(
        "UPDATE blasts SET author = 'ops:Ina', author_key = (SELECT 'person:' || id FROM ops_users)",
    );
    let approves = |name: &str| {
        let doing = freshmint::activity::Doing {
            actor: format!("ops:{name}"),
            at: world.now(),
            note: None,
        };
        let seen = freshmint::blast::Seen {
            content_hash: preview(&world, &id)["content_hash"]
                .as_str()
                .unwrap()
                .to_owned(),
            recipients: None,
        };
        let id = id.parse().unwrap();
        let asked = runtime().block_on(freshmint::blast::approve(&world.app, id, &seen, &doing));
        matches!(asked, Ok(freshmint::blast::Asked::Done(_)))
    };
    world.execute("UPDATE ops_users SET name = 'Ina Berg'");
    assert!(!approves("Ina Berg"), "she has another name by now");
    add("ben@rovers.example.org", "Ben");
    assert!(approves("Ben"));
    world.execute("UPDATE blasts SET author_key = 'ops:Kim'");
    world.execute("DELETE FROM blast_approvals");
    world.execute("UPDATE blasts SET state = 'draft'");
    for n in 1..=2 {
        add(&format!("kim{n}@rovers.example.org"), "Kim");
    }
    assert!(!approves("Kim"), "nobody can tell which it was");
    // A second account of the author's name makes nobody else of them.
    world.execute("UPDATE blasts SET author = 'ops:Ina Berg', author_key = (SELECT 'person:' || id FROM ops_users WHERE name = 'Ina Berg')");
    add("ina2@rovers.example.org", "Ina Berg");
    assert!(!approves("Ina Berg"), "she may be the same");
    assert!(approves("Ben"));
}
