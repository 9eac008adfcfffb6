//! Coming in by a mailed link.

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use super::history;
use crate::support::{PASSWORD, Visitor, World};

/// The path of the link in a mail.
fn link(body: &str) -> String {
    let at = body
        .find("/ops/welcome/")
        .unwrap_or_else(|| panic!("no link in {body}"));
    body[at..]
        .chars()
        .take_while(|letter| !letter.is_whitespace())
        .collect()
}

const NEW: [(&str, &str); 2] = [
    ("password", "my very own words"),
    ("again", "my very own words"),
];

#[test]
fn an_invitation_lets_in_once_and_nobody_can_read_it_anywhere_else() {
    let world = World::with_mailbox(&[]);
    let admin = Visitor::signed_in(&world, "Tom Keane", Role::Admin);
    let fields = [
        ("name", "Sinéad Walsh"),
        ("email", "sinead@rovers.example.org"),
        ("role", "viewer"),
    ];
    let answer = admin.submit("/ops/people", "/ops/people", &fields);
    assert_eq!(answer.status, 303, "{answer:?}");
    let page = admin.get(answer.location());
    assert!(
        page.text().contains("Sinéad Walsh was invited"),
        "{}",
        page.text()
    );
    let mails = world.carry();
    let [mail] = &mails[..] else {
        panic!("{mails:?}")
    };
    assert_eq!(mail.to, ["sinead@rovers.example.org"]);
    let path = link(&mail.text());
    let token = path.rsplit('/').next().unwrap().to_owned();
    assert_eq!(token.len(), 64, "{path}");

    // Neither rows nor views have it.
    let row = world.text("SELECT o::text AS text FROM outbox o");
    assert!(row.contains("account") && !row.contains(&token), "{row}");
    let id = world.text("SELECT id::text AS text FROM outbox");
    for path in [
        "/outbox".to_owned(),
        format!("/outbox/{id}"),
        "/activity".to_owned(),
    ] {
        let seen = world.api(Role::Admin, Method::GET, &path, None);
        assert_eq!(seen.status, 200);
        assert!(
            !seen.body.contains("welcome") && !seen.body.contains(&token),
            "{seen:?}"
        );
    }
    let again = world.api(
        Role::Operator,
        Method::POST,
        &format!("/outbox/{id}/retry"),
        None,
    );
    assert_eq!(again.status, 409, "{again:?}");

    let guest = Visitor::at(&world);
    for _ in 0..3 {
        let page = guest.get(&path);
        assert_eq!(page.status, 200, "a look changes nothing");
        assert!(page.text().contains("Welcome"), "{}", page.text());
    }
    let short = guest.submit(&path, &path, &[("password", "short"), ("again", "short")]);
    assert_eq!(short.status, 422);
    let differ = guest.submit(
        &path,
        &path,
        &[
            ("password", "my very own words"),
            ("again", "your own words"),
        ],
    );
    assert!(differ.text().contains("The two are not the same."));
    let answer = guest.submit(&path, &path, &NEW);
    assert_eq!((answer.status, answer.location()), (303, "/ops"));
    assert_eq!(guest.get("/ops").status, 200);
    let late = Visitor::at(&world).get(&path);
    assert_eq!(late.status, 404);
    assert!(late.text().contains("This link is not good any more"));
    assert_eq!(
        Visitor::at(&world)
            .sign_in("sinead@rovers.example.org", NEW[0].1)
            .status,
        303
    );
    let told = history(&world).join("\n");
    assert!(
        told.contains("ops:Tom Keane: Sinéad Walsh was given an account"),
        "{told}"
    );
    assert!(!told.contains('@') && !told.contains(&token), "{told}");
}

#[test]
fn a_link_is_good_for_a_day_from_when_it_was_sent_and_a_new_password_ends_every_other() {
    let world = World::with_mailbox(&[]);
    let user = world.user("Aoife", Role::Viewer);
    let elsewhere = Visitor::at(&world);
    elsewhere.sign_in(&user.email, PASSWORD);
    let ask = || {
        let asked = Visitor::at(&world).submit(
            "/ops/forgotten",
            "/ops/forgotten",
            &[("email", &user.email)],
        );
        assert_eq!(asked.status, 200, "{asked:?}");
        world.pass(Duration::minutes(16));
    };
    ask();
    world.pass(Duration::hours(30));
    let first = link(&world.carry()[0].text());
    world.pass(Duration::hours(23));
    assert_eq!(
        Visitor::at(&world).get(&first).status,
        200,
        "it waited, and was made when it was sent"
    );
    ask();
    let second = link(&world.carry()[0].text());
    world.pass(Duration::minutes(50));
    assert_eq!(Visitor::at(&world).get(&first).status, 404);
    elsewhere.sign_in(&user.email, PASSWORD);
    let guest = Visitor::at(&world);
    assert_eq!(guest.submit(&second, &second, &NEW).status, 303);
    assert_eq!(elsewhere.get("/ops").status, 303, "signed out everywhere");
    assert_eq!(world.count("ops_links"), 0, "every other link is void");
}

#[test]
fn forgotten_answers_the_same_for_everybody_and_mails_whoever_has_an_account() {
    let world = World::with_mailbox(&[]);
    let user = world.user("Aoife", Role::Viewer);
    world.user("Gone", Role::Viewer);
    world.command(&["ops", "user", "disable", "gone@rovers.example.org"]);
    let asked = |email: &str| {
        let visitor = Visitor::at(&world);
        visitor.submit("/ops/forgotten", "/ops/forgotten", &[("email", email)])
    };
    let known = asked(&user.email.to_uppercase());
    for email in [
        "nobody@rovers.example.org",
        "gone@rovers.example.org",
        "no address",
    ] {
        let other = asked(email);
        assert_eq!((other.status, other.text()), (known.status, known.text()));
    }
    assert_eq!(world.carry().len(), 1);
    // Whoever presses again and again gets three mails, and the same answer.
    for _ in 0..4 {
        assert_eq!(asked(&user.email).text(), known.text());
    }
    assert_eq!(world.carry().len(), 2);
    for number in 0..4 {
        assert_eq!(
            asked(&format!("other{number}@rovers.example.org")).status,
            200
        );
    }
    assert_eq!(
        asked("other@rovers.example.org").status,
        429,
        "from this address"
    );
}

#[test]
fn who_is_not_written_to_gets_an_account_mail_and_a_mail_that_is_tried_again_has_another_link() {
    let world = World::with_mailbox(&[]);
    let user = world.user("Aoife", Role::Viewer);
    let body = json!({ "email": user.email });
    assert_eq!(
        world
            .api(Role::Operator, Method::POST, "/suppressions", Some(body))
            .status,
        201
    );
    Visitor::at(&world).submit(
        "/ops/forgotten",
        "/ops/forgotten",
        &[("email", &user.email)],
    );
    let first = link(&world.carry()[0].text());
    // The worker died after the claim, and a person is not asked: another claim makes another link.
    world.execute("UPDATE outbox SET state = 'queued', sent_at = NULL, claim_id = NULL");
    let second = link(&world.carry()[0].text());
    assert_ne!(first, second);
    assert_eq!(Visitor::at(&world).get(&first).status, 404);
    assert_eq!(Visitor::at(&world).get(&second).status, 200);
}

#[test]
fn an_account_mail_goes_past_what_is_used_up_and_one_for_a_disabled_account_goes_nowhere() {
    let world = World::with_mailbox(&[("MAIL_PER_HOUR", "1")]);
    let order = world.order("CUP-1");
    world.queue_link(&order);
    assert_eq!(world.carry().len(), 1);
    world.queue_link(&order);
    let user = world.user("Aoife", Role::Viewer);
    Visitor::at(&world).submit(
        "/ops/forgotten",
        "/ops/forgotten",
        &[("email", &user.email)],
    );
    let mails = world.carry();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].text().contains("/ops/welcome/"));
    Visitor::at(&world).submit(
        "/ops/forgotten",
        "/ops/forgotten",
        &[("email", &user.email)],
    );
    world.command(&["ops", "user", "disable", &user.email]);
    assert_eq!(world.carry().len(), 0);
    assert_eq!(
        world.count("outbox WHERE kind = 'account' AND state = 'cancelled'"),
        1
    );
}
