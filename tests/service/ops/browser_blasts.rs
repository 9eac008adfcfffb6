//! Mailings in a real browser: written with a live example, watched as they go, on a phone, without scripts, and
//! for every eye.

use freshmint::{blast, token::Role};
use serde_json::json;

use super::browser::{looked_at, sign_in};
use crate::support::{Order, World, chromium::Chromium, runtime};

fn families(world: &World, count: usize) -> Vec<Order> {
    let family = |n| {
        let fields =
            json!({ "name": format!("Family {n}"), "email": format!("parent{n}@example.org") });
        world.order_with(&format!("CUP-{n}"), fields)
    };
    (1..=count).map(family).collect()
}

fn look(world: &World) {
    while runtime()
        .block_on(blast::work_off(&world.app))
        .expect("the database answers")
    {}
}

/// The page of the only mailing.
fn page(world: &World) -> String {
    let id = world.text("SELECT id::text AS text FROM blasts");
    format!("/ops/blasts/{id}")
}

fn arrives(browser: &Chromium, path: &str) {
    let began = std::time::Instant::now();
    while !browser.path().starts_with(path) {
        assert!(
            began.elapsed().as_secs() < 20,
            "{} is not {path}",
            browser.path()
        );
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[test]
fn a_mailing_is_written_with_a_live_example_and_watched_until_it_is_sent() {
    let world = World::with_mailbox(&[]);
    let email = world.user("Aoife Byrne", Role::Operator).email;
    families(&world, 3);
    let browser = Chromium::open();
    sign_in(&browser, &world, &email);
    browser.goto(&format!("{}/ops/blasts/new", world.url()));
    browser.fill("#name", "Winter Cup");
    browser.run(
        "document.querySelector('details').open = true; document.querySelector('#first_wave').value = ''",
    );
    browser.fill("#first_wave", "0");
    browser.fill("#subject", "The fee of {{ name }}");
    browser.until("document.querySelector('#example').innerText.includes('The fee of Family 1')");
    assert_eq!(world.count("blasts"), 0, "nothing is saved by it");
    browser.click("form[data-example] button.main");
    browser.until("document.body.innerText.includes('Nothing stands in the way')");
    browser.click("a[href*='approve?seen=']");
    browser.until("location.pathname.endsWith('/approve')");
    browser.click("main form button.main");
    browser.until("document.body.innerText.includes('Approved by Aoife Byrne')");
    browser.click("a[href$='/start']");
    browser.until("location.pathname.endsWith('/start')");
    browser.click("main form button.main");
    browser.until("document.querySelector('#far')?.innerText.includes('0 of 3 mails are out')");
    browser.run("window.same = true");
    assert_eq!(world.carry().len(), 3);
    browser.until("document.querySelector('#far').innerText.includes('3 of 3 mails are out')");
    browser.until("document.querySelector('#far').innerText.includes('Show what can be done now')");
    assert_eq!(browser.run("return window.same"), true, "without a reload");
}

#[test]
fn one_that_stops_itself_is_seen_at_once_and_called_back_without_script_on_a_phone() {
    let world = World::with_mailbox(&[("FIRST_WAVE_WAIT_SECONDS", "0")]);
    let email = world.user("Aoife Byrne", Role::Operator).email;
    let orders = families(&world, 6);
    let browser = Chromium::open();
    browser.look((360, 800), false);
    sign_in(&browser, &world, &email);
    browser.scripts(false);
    // Looked at by its button, since there is no script.
    browser.goto(&format!("{}/ops/blasts/new", world.url()));
    browser.fill("#name", "Winter Cup");
    browser.fill("#subject", "The fee of {{ name }}");
    browser.click("button[name=look]");
    let began = std::time::Instant::now();
    while !browser.text().contains("The fee of Family 1") {
        assert!(began.elapsed().as_secs() < 20, "{}", browser.text());
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    browser.run(
        "document.querySelector('details').open = true; document.querySelector('#first_wave').value = ''",
    );
    browser.fill("#first_wave", "3");
    browser.click("form[data-example] button.main");
    arrives(&browser, "/ops/blasts/0");
    let page = page(&world);
    browser.goto(&format!("{}{page}/approve", world.url()));
    browser.click("main form button.main");
    arrives(&browser, &format!("{page}?done="));
    browser.goto(&format!("{}{page}/start", world.url()));
    browser.click("main form button.main");
    arrives(&browser, &format!("{page}?done="));
    browser.scripts(true);
    browser.goto(&format!("{}{page}", world.url()));
    // One of the first wave has it; the others came back.
    world.execute(
        "UPDATE outbox SET state = 'sent', sent_at = now() \
         WHERE id = (SELECT id FROM outbox WHERE wave = 'first' ORDER BY id LIMIT 1)",
    );
    world.execute("UPDATE outbox SET state = 'bounced', last_error = '550 5.1.1' WHERE wave = 'first' AND state = 'queued'");
    let has_it = world.text(
        "SELECT order_id::text AS text FROM outbox_orders JOIN outbox ON id = mail_id WHERE state = 'sent'",
    );
    look(&world);
    browser.until("document.querySelector('#far').innerText.includes('Stopped itself')");
    assert!(browser.text().contains("The others are held."));
    // Looked at anew, it says what is to be done.
    browser.goto(&format!("{}{page}", world.url()));
    let said = browser.text();
    for said_of_it in [
        "It has stopped: of its first mails too many came back",
        "2 of the first 3 mails came back, so the others are held.",
    ] {
        assert!(said.contains(said_of_it), "{said_of_it}: {said}");
    }
    browser.scripts(false);
    browser.goto(&format!("{}{page}/recall", world.url()));
    browser.fill("#note", "The fee was wrong. We are sorry.");
    browser.click("button.grave");
    arrives(&browser, &format!("{page}?done="));
    assert!(
        browser.text().contains("It is called back"),
        "{}",
        browser.text()
    );
    assert_eq!(world.text("SELECT state AS text FROM blasts"), "recalled");
    // Order by order, and then whoever has it reads why, with what is owed today and the button.
    look(&world);
    let theirs = orders.iter().find(|order| order.id.to_string() == has_it);
    let theirs = &theirs.expect("the order of that mail").path;
    browser.goto(&format!("{}{theirs}", world.url()));
    for said in [
        "This link has been replaced",
        "The fee was wrong. We are sorry.",
        "€45.00",
        "Continue to payment",
    ] {
        assert!(browser.text().contains(said), "{said}: {}", browser.text());
    }
}

#[test]
fn axe_finds_nothing_on_the_pages_of_mailings() {
    let world = World::with_mailbox(&[
        ("TIME_ZONE", "Europe/Dublin"),
        ("FIRST_WAVE_WAIT_SECONDS", "0"),
    ]);
    let email = world.user("Aoife Byrne", Role::Operator).email;
    let browser = Chromium::open();
    sign_in(&browser, &world, &email);
    let mut faults = Vec::new();
    let mut at = |name: &str, path: &str| {
        browser.goto(&format!("{}{path}", world.url()));
        faults.extend(looked_at(&browser, &format!("blasts-{name}")));
    };
    at("none", "/ops/blasts");
    at("new-none", "/ops/blasts/new");
    families(&world, 8);
    let (long, right) = ("M".repeat(100), "\u{5d0}\u{5d1}\u{5d2} \u{5d3}\u{5d4}");
    // In all more than a million.
    let dear = json!([{ "description": "Cup", "unit_amount": 99_999_900, "quantity": 1 }]);
    world.order_with(
        "LONG-1",
        json!({ "name": long, "email": "long@example.org", "lines": dear }),
    );
    world.order_with(
        "RIGHT-1",
        json!({ "name": right, "email": "right@example.org", "lines": dear }),
    );
    at("new", "/ops/blasts/new?never=1");
    let write = |fields: serde_json::Value| {
        let answer = world.api(
            Role::Operator,
            reqwest::Method::POST,
            "/blasts",
            Some(fields),
        );
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["id"].as_str().unwrap().to_owned()
    };
    let post = |id: &str, what: &str, body: serde_json::Value| {
        let path = format!("/blasts/{id}/{what}");
        let answer = world.api(Role::Operator, reqwest::Method::POST, &path, Some(body));
        assert_eq!(answer.status, 200, "{what}: {answer:?}");
        answer.json()
    };
    let blocked = write(
        json!({ "name": "W".repeat(110), "subject": "Fee", "body": "no link", "filter": {}, "expected": 3 }),
    );
    at("blocked", &format!("/ops/blasts/{blocked}"));
    let id = write(
        json!({ "name": "Winter Cup 2026", "subject": "Fee of {{ name }}", "body": "{{ lines }}\n{{ pay_url }}",
        "filter": { "status": "open" }, "expected": 9, "first_wave": 4 }),
    );
    let page = format!("/ops/blasts/{id}");
    let order = world.text("SELECT id::text AS text FROM orders WHERE reference = 'LONG-1'");
    at("draft", &page);
    at("change", &format!("{page}/change"));
    at("approve", &format!("{page}/approve"));
    at("mails", &format!("{page}/recipients"));
    at("mail", &format!("{page}/recipients/{order}"));
    let hash = post(&id, "preview", json!({}))["content_hash"].clone();
    post(
        &id,
        "approve",
        json!({ "content_hash": hash, "recipients": 10 }),
    );
    at("approved", &page);
    at("start", &format!("{page}/start"));
    post(&id, "start", json!({}));
    at("sending", &page);
    at("pause", &format!("{page}/pause"));
    world.execute("UPDATE outbox SET state = 'bounced', last_error = '550 5.1.1 no such user here' WHERE wave = 'first' AND state = 'queued'");
    look(&world);
    at("stopped", &page);
    at("resume", &format!("{page}/resume"));
    at("cancel", &format!("{page}/cancel"));
    post(&id, "resume", json!({}));
    world.carry();
    at("done", &page);
    at("outcomes", &format!("{page}/recipients"));
    world.execute("UPDATE orders SET email = 'new-' || email");
    at("retry", &format!("{page}/retry-failed"));
    at("recall", &format!("{page}/recall"));
    post(
        &id,
        "recall",
        json!({ "note": "The fee was wrong.", "correction": { "subject": "Right", "body": "{{ pay_url }}" } }),
    );
    look(&world);
    at("recalled", &page);
    at("list", "/ops/blasts");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
