//! Today and the cases in a real browser: by keyboard, on a phone, without JavaScript, and for every eye.

use freshmint::token::Role;
use serde_json::json;

use super::{
    browser::{Trouble, looked_at, sign_in},
    needs_somebody,
};
use crate::{
    cases::{disputed, mismatch, orphan, second_payment},
    support::{World, chromium::Chromium},
};

/// What somebody could put into a name to be run on this page.
const MARKUP: &str = "<img src=x onerror=document.title='stolen'>";

#[test]
fn axe_finds_nothing_on_today_and_cases_with_nothing_little_and_much() {
    let world = World::with_mailbox(&[("TIME_ZONE", "Europe/Dublin")]);
    let email = world.user("Aoife Byrne", Role::Operator).email;
    let browser = Chromium::open();
    let mut faults = Vec::new();
    let mut look = |name: &str, path: &str| {
        browser.goto(&format!("{}{path}", world.url()));
        assert_eq!(browser.path(), path, "signed out?");
        faults.extend(looked_at(&browser, name));
    };
    sign_in(&browser, &world, &email);
    look("today-first-day", "/ops");
    look("cases-none", "/ops/cases");
    let order = |reference: &str, name: &str| {
        let email = format!("{}@example.org", reference.to_lowercase());
        world.order_with(reference, json!({ "name": name, "email": email }))
    };
    order("CUP-2026-001", "Jane Miller");
    look("today-calm", "/ops");
    Trouble::Bounced.befalls(&world, &order("CUP-2026-044", "The Walsh family"));
    look("today-little", "/ops");
    Trouble::Bounced.befalls(&world, &order("CUP-2026-102", "The Nolan family"));
    Trouble::Unknown.befalls(
        &world,
        &order("CUP-2026-017", "\u{5d0}\u{5d1}\u{5d2} \u{5d3}\u{5d4}"),
    );
    // Half a day later: whoever had signed in is signed out.
    let (_, twice) = second_payment(&world, "CUP-2026-031");
    sign_in(&browser, &world, &email);
    for (number, reference) in ["CUP-2026-032", "CUP-2026-033"].into_iter().enumerate() {
        order(reference, &"M".repeat(60 + number));
    }
    look("case-second-payment", &at(&twice));
    look(
        "case-confirm-refund",
        &format!("{}/resolve?how=refund&note=they%20wrote", at(&twice)),
    );
    look("case-error", &format!("{}/resolve?how=move", at(&twice)));
    let accept = json!({ "how": "accept", "note": "The coach’s <b>word</b>" });
    let path = format!("/cases/{}/resolve", twice["id"].as_str().unwrap());
    let decided = world.api(Role::Operator, reqwest::Method::POST, &path, Some(accept));
    assert_eq!(decided.status, 200, "{decided:?}");
    look("case-decided", &at(&twice));
    look("cases-decided", "/ops/cases?state=resolved");
    let (_, fits_not) = mismatch(&world, "CUP-2026-034");
    look("case-mismatch", &at(&fits_not));
    needs_somebody(&world, &"a long line without an end ".repeat(8));
    needs_somebody(&world, &"W".repeat(200));
    world.execute("UPDATE settings SET recovery_enabled = true");
    let mailing = json!({ "name": "Spring kit 2027", "subject": "Your fee", "body": "{{ pay_url }}", "references": ["CUP-2026-001"] });
    world.api(
        Role::Operator,
        reqwest::Method::POST,
        "/blasts",
        Some(mailing),
    );
    world.execute(
        "UPDATE outbox SET state = 'sent', sent_at = now(), last_error = NULL WHERE state = 'unknown'",
    );
    look("today-much", "/ops");
    disputed_and_orphan(&world);
    look("cases-much", "/ops/cases");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn disputed_and_orphan(world: &World) {
    world.execute(
        "UPDATE cases SET resolved_at = now(), resolved_how = 'accept', resolved_by = 'test'",
    );
    orphan(world, "parent@example.org", 4500);
    world.execute(
        "UPDATE cases SET resolved_at = now(), resolved_how = 'accept', resolved_by = 'test'",
    );
    disputed(world, "CUP-2026-035");
    world.execute("UPDATE cases SET resolved_at = NULL, resolved_how = NULL, resolved_by = NULL");
}

fn at(case: &serde_json::Value) -> String {
    format!("/ops/cases/{}", case["id"].as_str().expect("an id"))
}

#[test]
fn a_case_is_decided_from_today_by_keyboard_on_a_phone() {
    let world = World::with_mailbox(&[]);
    let email = world.user("Aoife Byrne", Role::Operator).email;
    let (order, case) = second_payment(&world, "CUP-1");
    let brother = world.order_with("CUP-2", json!({ "name": MARKUP, "email": "b@example.org" }));
    world.execute(&format!(
        "UPDATE orders SET name = '{}' WHERE id = '{}'",
        MARKUP.replace('\'', "''"),
        order.id
    ));
    let browser = Chromium::open();
    browser.look((360, 800), false);
    sign_in(&browser, &world, &email);
    let enter = || browser.keys("\u{e007}");
    let down_to = |expression: &str| {
        for _ in 0..10 {
            if browser.run(&format!("return {expression}")) == true {
                return;
            }
            browser.keys("\u{e015}");
        }
        panic!("never {expression}: {}", browser.text());
    };
    browser.tab_to(".rows a.do");
    enter();
    browser.until(&format!("location.pathname === '{}'", at(&case)));
    // Along the answers with the arrows, and along the orders in their list.
    browser.tab_to("[name=how]");
    down_to("document.querySelector('#how-move').checked");
    browser.tab_to("#order_id");
    down_to(&format!(
        "document.querySelector('#order_id').value === '{}'",
        brother.id
    ));
    browser.tab_to("#note");
    browser.keys("for <b>the brother</b>");
    enter();
    browser.until("location.pathname.endsWith('/resolve')");
    assert!(
        browser.text().contains("is counted for"),
        "{}",
        browser.text()
    );
    assert_eq!(world.status(&brother), "open");
    browser.tab_to("main form button");
    enter();
    browser.until("document.querySelector('.notice')?.innerText.includes('is counted for')");
    assert_eq!(world.status(&brother), "paid");
    assert!(browser.text().contains("for <b>the brother</b>"));
    let title = browser.run("return document.title");
    assert!(
        title.as_str().unwrap_or_default().contains(MARKUP),
        "{title}"
    );
    assert_eq!(
        browser.run("return document.querySelectorAll('main img, main b').length"),
        0
    );
}

#[test]
fn without_scripts_a_thing_is_dealt_with_on_today_and_a_case_is_accepted() {
    let world = World::with_mailbox(&[]);
    let email = world.user("Aoife Byrne", Role::Operator).email;
    needs_somebody(&world, "something odd");
    let (order, case) = mismatch(&world, "CUP-1");
    let browser = Chromium::open();
    sign_in(&browser, &world, &email);
    let until = |what: &str, is_so: &dyn Fn() -> bool| {
        let began = std::time::Instant::now();
        while !is_so() {
            assert!(began.elapsed().as_secs() < 20, "{what}");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    };
    browser.scripts(false);
    browser.goto(&format!("{}/ops", world.url()));
    browser.click(".rows form.do button");
    until("it is dealt with", &|| {
        world.count("activity_dismissals") == 1
    });
    browser.goto(&format!("{}{}/resolve?how=accept", world.url(), at(&case)));
    browser.click("main form button");
    until("it is accepted", &|| world.status(&order) == "paid");
    browser.scripts(true);
    browser.until("document.querySelector('.notice')?.innerText.includes('decided')");
}

#[test]
fn money_is_given_back_by_keyboard_on_a_phone() {
    let world = World::with_mailbox(&[]);
    let email = world.user("Aoife Byrne", Role::Admin).email;
    let order = world.order_with("CUP-1", json!({ "name": MARKUP }));
    world
        .stripe
        .pay(&world.click_through(&order))
        .expect("open");
    world.deliver();
    let browser = Chromium::open();
    browser.look((360, 800), false);
    sign_in(&browser, &world, &email);
    browser.goto(&format!("{}/ops/orders/{}", world.url(), order.id));
    browser.tab_to("a[href$='/refund']");
    browser.keys("\u{e007}");
    browser.until("location.pathname.endsWith('/refund')");
    let said = browser.text();
    assert!(
        said.contains("€45.00") && said.contains("What does not"),
        "{said}"
    );
    browser.tab_to("main form button[type=submit]");
    browser.keys("\u{e007}");
    browser.until("document.querySelector('.notice') !== null");
    world.deliver();
    assert_eq!(world.status(&order), "refunded");
    browser.goto(&format!("{}/ops/orders/{}", world.url(), order.id));
    assert!(browser.text().contains("Paid back"), "{}", browser.text());
    assert_eq!(
        browser.run("return document.querySelectorAll('main img, main b').length"),
        0
    );
}
