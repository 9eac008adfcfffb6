//! `/ops`: what needs somebody, as the badge, the feed and the API count it, and the figures beneath.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{browser::Trouble, needs_somebody};
use crate::{
    cases::{mismatch, second_payment},
    support::{Answer, Order, PASSWORD, Visitor, World},
};

/// The number in the heading.
fn heading(page: &Answer) -> i64 {
    let text = page.text();
    let line = text
        .lines()
        .find(|line| line.ends_with("needs somebody") || line.ends_with("need somebody"));
    line.map_or(0, |line| {
        line.split(' ').next().unwrap().parse().expect("a number")
    })
}

/// The rows: how many lines each stands for, and its heading.
fn rows(page: &Answer) -> Vec<(i64, String)> {
    let html = scraper::Html::parse_document(&page.body);
    let selector = |text| scraper::Selector::parse(text).expect("a selector");
    let (row, heading) = (selector("[data-count]"), selector("h3"));
    let rows = html.select(&row).map(|row| {
        let count = row.value().attr("data-count").unwrap().parse().unwrap();
        let heading = row.select(&heading).next().expect("a heading");
        (count, heading.text().collect::<String>())
    });
    rows.collect()
}

fn headings(page: &Answer) -> Vec<String> {
    rows(page).into_iter().map(|(_, heading)| heading).collect()
}

fn open(world: &World) -> Vec<Value> {
    let answer = world.api(Role::Viewer, Method::GET, "/activity?open=true", None);
    answer.json()["data"].as_array().expect("a list").clone()
}

/// All the places that say how many things need somebody.
fn agree(world: &World, visitor: &Visitor, expected: i64) {
    let page = visitor.get("/ops");
    assert_eq!(page.status, 200);
    let sum: i64 = rows(&page).iter().map(|(count, _)| count).sum();
    assert_eq!(
        (heading(&page), sum),
        (expected, expected),
        "{}",
        page.text()
    );
    let badge = page.body.split("data-badge").nth(1).expect("a badge");
    let badge = badge.split('>').nth(1).expect("a number");
    assert!(badge.starts_with(&format!("{expected}<")), "{badge}");
    assert_eq!(open(world).len(), usize::try_from(expected).unwrap());
    let tab = visitor.get("/ops/activity?tab=attention");
    let lines = tab.body.matches("<li class=\"fact").count();
    assert_eq!(lines, usize::try_from(expected).unwrap());
}

fn named(world: &World, reference: &str, name: &str) -> Order {
    let email = format!("{}@example.org", reference.to_lowercase());
    world.order_with(reference, json!({ "name": name, "email": email }))
}

fn mailing(world: &World, name: &str, order: &Order) -> String {
    let body = json!({
        "name": name, "subject": "Your fee", "body": "Pay here: {{ pay_url }}\n\n{{ unsubscribe_url }}",
        "references": [order.reference],
    });
    let answer = world.api(Role::Operator, Method::POST, "/blasts", Some(body));
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["id"].as_str().expect("an id").to_owned()
}

fn act(world: &World, path: &str, body: Value) -> Value {
    let answer = world.api(Role::Admin, Method::POST, path, Some(body));
    assert!(answer.status < 300, "{path}: {answer:?}");
    answer.json()
}

fn approve(world: &World, blast: &str) {
    let preview = act(world, &format!("/blasts/{blast}/preview"), json!({}));
    let hash = json!({ "content_hash": preview["content_hash"] });
    act(world, &format!("/blasts/{blast}/approve"), hash);
}

#[test]
fn the_number_the_badge_the_feed_and_the_api_agree_and_money_comes_first() {
    let world = World::with_mailbox(&[("ALERT_EMAIL", "treasurer@rovers.example.org")]);
    let viewer = Visitor::signed_in(&world, "Nora", Role::Viewer);
    let first = viewer.get("/ops");
    assert!(
        first.text().contains("Nothing needs you yet."),
        "{}",
        first.text()
    );
    assert!(
        !first.body.contains("/ops/orders/new"),
        "a viewer writes no order"
    );
    let unwritten = named(&world, "CUP-1", "The Walsh family");
    let path = "/suppressions";
    let email = json!({ "email": "CUP-1@example.org", "reason": "unsubscribed" });
    assert!(
        world
            .api(Role::Operator, Method::POST, path, Some(email))
            .status
            < 300
    );
    needs_somebody(&world, "something odd");
    mailing(&world, "Spring kit <b>2027</b>", &unwritten);
    let event = "INSERT INTO activity (at, category, level, actor, what, detail) VALUES \
         (now(), 'webhook', 'attention', 'stripe', 'an event failed', '{\"event\": \"evt_1\"}')";
    world.execute(event);
    for (reference, name) in [
        ("CUP-2", "The Nolan family"),
        ("CUP-3", "The Brennan family"),
    ] {
        let order = named(&world, reference, name);
        Trouble::Bounced.befalls(&world, &order);
    }
    Trouble::Unknown.befalls(&world, &named(&world, "CUP-4", "The Dunne family"));
    // Half a day later: whoever had signed in is signed out.
    let (_, case) = second_payment(&world, "CUP-5");
    viewer.sign_in("nora@rovers.example.org", PASSWORD);
    let page = viewer.get("/ops");
    assert_eq!(
        rows(&page),
        [
            (1, "Kim Miller paid again: €45.00".to_owned()),
            (
                2,
                "2 mails came back: the addresses take no mail".to_owned()
            ),
            (
                1,
                "We cannot tell whether a mail to The Dunne family was sent".to_owned()
            ),
            (
                1,
                "The Walsh family still owes, and is not written to".to_owned()
            ),
            (
                1,
                "“Spring kit <b>2027</b>” waits for an approval".to_owned()
            ),
            (
                1,
                "A message of Stripe could not be worked through".to_owned()
            ),
            (1, "Something odd".to_owned()),
        ]
    );
    assert!(
        page.text()
            .contains("have not heard of what they owe. Together €90.00."),
        "{}",
        page.text()
    );
    assert!(
        page.body
            .contains(&format!("/ops/cases/{}", case["id"].as_str().unwrap()))
    );
    assert!(!page.body.contains("<b>2027"), "stored markup");
    assert!(page.body.contains("href=\"/ops/blasts/"));
    agree(&world, &viewer, 8);
    // Whoever may only look is offered nothing else.
    assert!(!page.text().contains("Decide") && !page.text().contains("It is dealt with"));
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let page = operator.get("/ops");
    assert!(page.text().contains("Decide") && page.text().contains("It is dealt with"));
    let line = open(&world)
        .iter()
        .find(|line| line["what"] == "something odd")
        .cloned();
    let action = format!("/ops/activity/{}/dismiss", line.expect("it is open")["id"]);
    assert_eq!(operator.send(&page, &action, &[]).status, 303);
    agree(&world, &viewer, 7);
}

#[test]
fn a_line_is_over_with_its_cause_whoever_ends_it() {
    let world = World::with_mailbox(&[]);
    let viewer = Visitor::signed_in(&world, "Nora", Role::Viewer);
    let patch = |order: &Order, body: Value| {
        let path = format!("/orders/{}", order.id);
        let answer = world.api(Role::Operator, Method::PATCH, &path, Some(body));
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    // A mail that came back: another address, or nothing is owed any more.
    let [corrected, paid, cancelled] =
        ["CUP-1", "CUP-2", "CUP-3"].map(|reference| named(&world, reference, "A family"));
    for order in [&corrected, &paid, &cancelled] {
        Trouble::Bounced.befalls(&world, order);
    }
    agree(&world, &viewer, 3);
    patch(&corrected, json!({ "email": "new@example.org" }));
    act(
        &world,
        &format!("/orders/{}/settle", paid.id),
        json!({ "how": "cash" }),
    );
    act(
        &world,
        &format!("/orders/{}/cancel", cancelled.id),
        json!({}),
    );
    agree(&world, &viewer, 0);
    // Not written to: on the list before the order came, the address that is given later; lifted, or settled.
    for email in ["gone@example.org", "away@example.org"] {
        act(
            &world,
            "/suppressions",
            json!({ "email": email, "reason": "manual" }),
        );
    }
    world.order_with("CUP-4", json!({ "email": "Gone@example.org" }));
    patch(&corrected, json!({ "email": "away@example.org" }));
    agree(&world, &viewer, 2);
    assert_eq!(
        headings(&viewer.get("/ops")),
        ["2 families still owe, and are not written to"]
    );
    let lifted = world.api(
        Role::Operator,
        Method::DELETE,
        "/suppressions/gone@example.org",
        None,
    );
    assert!(lifted.status < 300, "{lifted:?}");
    agree(&world, &viewer, 1);
    act(
        &world,
        &format!("/orders/{}/settle", corrected.id),
        json!({ "how": "cash" }),
    );
    agree(&world, &viewer, 0);
    // A mailing: written, approved, changed, started, paused, cancelled.
    let order = named(&world, "CUP-5", "A family");
    let blast = mailing(&world, "Spring kit", &order);
    assert_eq!(
        headings(&viewer.get("/ops")),
        ["“Spring kit” waits for an approval"]
    );
    approve(&world, &blast);
    agree(&world, &viewer, 0);
    let change = json!({ "subject": "Another" });
    let path = format!("/blasts/{blast}");
    assert_eq!(
        world
            .api(Role::Operator, Method::PATCH, &path, Some(change))
            .status,
        200
    );
    agree(&world, &viewer, 1);
    approve(&world, &blast);
    act(&world, &format!("/blasts/{blast}/start"), json!({}));
    agree(&world, &viewer, 0);
    act(&world, &format!("/blasts/{blast}/pause"), json!({}));
    assert_eq!(headings(&viewer.get("/ops")), ["“Spring kit” is paused"]);
    act(&world, &format!("/blasts/{blast}/cancel"), json!({}));
    agree(&world, &viewer, 0);
    // What Stripe refused, until the order is another or a payment page opens.
    for (reference, ends) in [("CUP-6", true), ("CUP-7", false)] {
        let order = named(&world, reference, "A family");
        world.execute(&format!(
            "INSERT INTO activity (at, order_id, category, level, actor, what) VALUES \
             (now(), '{}', 'checkout', 'attention', 'stripe', 'no checkout can be opened')",
            order.id
        ));
        agree(&world, &viewer, 1);
        if ends {
            world.click_through(&order);
        } else {
            patch(
                &order,
                json!({ "lines": [{ "description": "Other", "unit_amount": 100, "quantity": 1 }] }),
            );
        }
        agree(&world, &viewer, 0);
    }
    // A pause of all mail, and a silence of Stripe.
    world.execute(
        "INSERT INTO outbox_pause (reason, cause, until) VALUES ('no', 'connection', now())",
    );
    world.execute(
        "INSERT INTO activity (at, category, level, actor, what, detail) VALUES \
         (now(), 'mail', 'attention', 'outbox', 'no mail can be sent, all of it waits', '{\"reason\": \"no\"}')",
    );
    assert_eq!(headings(&viewer.get("/ops")), ["No mail goes out"]);
    act(&world, "/outbox/resume", json!({}));
    agree(&world, &viewer, 0);
    for _ in 0..2 {
        world.execute(
            "INSERT INTO activity (at, category, level, actor, what, detail) VALUES \
             (now(), 'webhook', 'attention', 'sweep', 'silent', '{\"since\": \"2026-11-28\"}')",
        );
        world.execute("UPDATE sweeps SET silent_since = now(), told_at = clock_timestamp()");
        agree(&world, &viewer, 1);
    }
    world.execute("UPDATE sweeps SET silent_since = NULL, told_at = NULL");
    agree(&world, &viewer, 0);
}

#[test]
fn money_that_does_not_fit_is_one_thing_until_it_is_decided() {
    let world = World::new();
    let viewer = Visitor::signed_in(&world, "Nora", Role::Viewer);
    let (_, case) = mismatch(&world, "CUP-1");
    assert_eq!(
        headings(&viewer.get("/ops")),
        ["Kim Miller paid another amount than was owed: €40.00"]
    );
    agree(&world, &viewer, 1);
    let path = format!("/cases/{}/resolve", case["id"].as_str().unwrap());
    act(&world, &path, json!({ "how": "accept" }));
    agree(&world, &viewer, 0);
    let text = viewer.get("/ops").text();
    assert!(
        text.contains("Nothing needs you") && !text.contains("as far as we know"),
        "{text}"
    );
    // Of a Stripe that was never heard nobody can say so much.
    world.execute("DELETE FROM stripe_events");
    let text = viewer.get("/ops").text();
    assert!(
        text.contains("Nothing needs you, as far as we know"),
        "{text}"
    );
    assert!(!text.contains("every message of Stripe"), "{text}");
}

#[test]
fn a_hundred_of_a_kind_hide_no_case_and_are_many() {
    let world = World::new();
    second_payment(&world, "CUP-1");
    let viewer = Visitor::signed_in(&world, "Nora", Role::Viewer);
    world.execute(
        "INSERT INTO activity (at, category, level, actor, what) \
         SELECT now(), 'webhook', 'attention', 'test', 'line ' || n FROM generate_series(1, 300) n",
    );
    let page = viewer.get("/ops");
    assert!(
        page.text().contains("99+ things need somebody"),
        "{}",
        page.text()
    );
    assert_eq!(
        headings(&page),
        [
            "Kim Miller paid again: €45.00",
            "99+ lines of the log need somebody"
        ]
    );
}

#[test]
fn a_mailing_that_waits_and_a_family_that_is_not_written_to_wake_nobody() {
    let world = World::with_mailbox(&[("ALERT_EMAIL", "treasurer@rovers.example.org")]);
    let look = || {
        let worked = crate::support::runtime().block_on(freshmint::alert::work_off(&world.app));
        worked.expect("the database answers");
    };
    look();
    let order = named(&world, "CUP-1", "A family");
    mailing(&world, "Spring kit", &order);
    act(
        &world,
        "/suppressions",
        json!({ "email": "cup-1@example.org", "reason": "manual" }),
    );
    world.pass(chrono::Duration::minutes(10));
    look();
    assert_eq!(open(&world).len(), 2);
    assert_eq!(world.count("alert_causes"), 0);
    assert!(world.carry().is_empty());
}

#[test]
fn the_figures_are_those_of_the_orders_and_of_the_api() {
    let world = World::with_mailbox(&[]);
    let viewer = Visitor::signed_in(&world, "Nora", Role::Viewer);
    let [unopened, looked, left, paid] =
        ["CUP-1", "CUP-2", "CUP-3", "CUP-4"].map(|reference| named(&world, reference, "A family"));
    let blast = {
        let body = json!({
            "name": "Winter Cup", "subject": "Your fee", "body": "{{ pay_url }} {{ unsubscribe_url }}",
            "references": ["CUP-1", "CUP-2", "CUP-3", "CUP-4"], "first_wave": 0,
        });
        let answer = world.api(Role::Operator, Method::POST, "/blasts", Some(body.clone()));
        let answer = match answer.status {
            // Before there are waves, the field is unknown.
            422 | 400 => {
                let mut body = body;
                body.as_object_mut().unwrap().remove("first_wave");
                world.api(Role::Operator, Method::POST, "/blasts", Some(body))
            }
            _ => answer,
        };
        answer.json()["id"].as_str().expect("an id").to_owned()
    };
    approve(&world, &blast);
    act(&world, &format!("/blasts/{blast}/start"), json!({}));
    assert_eq!(world.carry().len(), 4);
    for (order, who) in [(&unopened, "by_machine"), (&looked, "by_person")] {
        world.execute(&format!(
            "INSERT INTO link_looks (order_id, {who}) VALUES ('{}', now())",
            order.id
        ));
    }
    world.click_through(&left);
    let session = world.click_through(&paid);
    world.stripe.pay(&session).expect("it is open");
    world.deliver();
    let page = viewer.get("/ops");
    let text = page.text();
    assert!(text.contains("Still owed:\n€135.00\non 3 orders"), "{text}");
    assert!(text.contains("Winter Cup\n4\n1\n3"), "{text}");
    let apart = "An order counts in each mailing that it is part of.";
    assert!(text.contains(apart), "{text}");
    world.execute("UPDATE orders SET currency = 'jpy' WHERE reference = 'CUP-2'");
    let both = viewer.get("/ops").text();
    for said in [
        "Still owed:\n€90.00 and ¥4,500\non 3 orders",
        "Winter Cup\n4\n1\n3",
        "unpaid of Winter Cup\n€90.00 and ¥4,500",
    ] {
        assert!(both.contains(said), "{said}: {both}");
    }
    let said = "1 has not opened the link, 1 opened it and stopped there, 1 left the payment page.";
    assert!(text.contains(said), "{text}");
    assert!(text.contains("Stripe’s last message came"), "{text}");
    assert!(text.contains("The last mail went out"), "{text}");
    // Carts: only where they are followed up, or were.
    assert!(!text.contains("Left your shop’s checkout"), "{text}");
    world.execute("UPDATE settings SET recovery_enabled = true");
    let api = world
        .api(Role::Viewer, Method::GET, "/stats/recovery", None)
        .json();
    let text = viewer.get("/ops").text();
    let expected = format!(
        "Left, with an e-mail\n{}\nReminded, once\n{}",
        api["with_email"], api["reminders_sent"]
    );
    assert!(text.contains(&expected), "{text}\n{api}");
}
