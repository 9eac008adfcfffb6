//! The page in a real browser: found, read, worked with; and what it looks like.

use chrono::Duration;
use freshmint::token::Role;
use serde_json::json;

use super::at;
use crate::{
    ops::browser::{looked_at, sign_in},
    support::{Order, World, chromium::Chromium},
};

fn reminded(world: &World, reference: &str) -> Order {
    let order = world.order(reference);
    world.queue_link(&order);
    world.carry();
    world.ask(
        reqwest::Method::GET,
        &order.path,
        &[("user-agent", "WhatsApp/2.23")],
    );
    world.abandon(&order);
    world.write_looks();
    world.pass(Duration::hours(2));
    world.carry();
    order
}

#[test]
fn axe_finds_nothing_at_any_order() {
    let world = World::with_mailbox(&[("TIME_ZONE", "Europe/Dublin")]);
    let email = world.user("Tom Keane", Role::Admin).email;
    let reminded = reminded(&world, "CUP-2026-017");
    let open = world.order_with(
        "CUP-2026-018",
        json!({ "metadata": { "team": "U12 blue" } }),
    );
    let paid = world.order("CUP-2026-019");
    world.stripe.pay(&world.click_through(&paid)).unwrap();
    let misfit = world.order("CUP-2026-020");
    world
        .stripe
        .pay_amount(&world.click_through(&misfit), 4000)
        .unwrap();
    world.deliver();
    let refunded = world.order("CUP-2026-021");
    world.stripe.pay(&world.click_through(&refunded)).unwrap();
    world.deliver();
    let intent = world.text("SELECT payment_intent AS text FROM payments ORDER BY id DESC LIMIT 1");
    world.stripe.refund(&intent, None).unwrap();
    world.deliver();
    let came_back = world.order_with("CUP-2026-022", json!({ "email": "gone@example.org" }));
    let mail = world.queue_link(&came_back);
    world.execute(&format!(
        "UPDATE outbox SET state = 'bounced', refused_at = now(), last_error = '550 5.1.1 The email account that you tried to reach does not exist' WHERE id = '{mail}'"
    ));
    let long = json!({ "name": "M".repeat(100), "email": "long@example.org", "lines": (0..30).map(|n| json!({ "description": format!("{}{n}", "A long line without an end ".repeat(4)), "unit_amount": 100_000 + n, "quantity": 3 })).collect::<Vec<_>>() });
    let much = world.order_with(&"R".repeat(100), long);
    let right = world.order_with(
        "CUP-2026-023",
        json!({ "name": "\u{5d0}\u{5d1}\u{5d2} \u{5d3}\u{5d4}", "email": null }),
    );
    let browser = Chromium::open();
    sign_in(&browser, &world, &email);
    let mut paths: Vec<(String, String)> = [
        ("reminded", &reminded),
        ("open", &open),
        ("paid", &paid),
        ("review", &misfit),
        ("refunded", &refunded),
        ("came-back", &came_back),
        ("much", &much),
        ("right", &right),
    ]
    .map(|(name, order)| (format!("order-{name}"), at(order)))
    .into();
    for deed in [
        "send",
        "change",
        "settle",
        "withdraw-link",
        "cancel",
        "ask-stripe",
    ] {
        paths.push((format!("order-{deed}"), format!("{}/{deed}", at(&reminded))));
    }
    paths.push((
        "order-change-much".to_owned(),
        format!("{}/change", at(&much)),
    ));
    paths.push(("order-refund".to_owned(), format!("{}/refund", at(&paid))));
    let mut faults = Vec::new();
    for (name, path) in paths {
        browser.goto(&format!("{}{path}", world.url()));
        faults.extend(looked_at(&browser, &name));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_family_is_looked_at_its_story_read_and_cash_taken_without_script_too() {
    let world = World::with_mailbox(&[]);
    let email = world.user("Aoife Byrne", Role::Operator).email;
    let order = reminded(&world, "CUP-1");
    let browser = Chromium::open();
    sign_in(&browser, &world, &email);
    browser.look((360, 800), false);
    browser.goto(&format!("{}{}", world.url(), at(&order)));
    assert!(
        browser.text().contains("we do not remind twice"),
        "{}",
        browser.text()
    );
    assert_eq!(
        browser.run("return document.title.split(' · ')[0]"),
        "Kim Miller, €45.00 owed"
    );
    browser.click("form[action$='/ask-stripe'] button");
    browser.until("document.querySelector('.notice')?.innerText.includes('Stripe was asked about 1 payment page')");
    browser.until("document.body.innerText.includes('No. Stripe’s messages arrive')");
    browser.scripts(false);
    browser.goto(&format!("{}{}", world.url(), at(&order)));
    browser.click(".next a[href$='/settle']");
    browser.click("#how-cash");
    browser.fill("#note", "at the gate");
    browser.click("form button.main");
    let began = std::time::Instant::now();
    while world.status(&order) == "open" {
        assert!(began.elapsed().as_secs() < 20);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    browser.scripts(true);
    browser.until(
        "document.querySelector('.notice')?.innerText.includes('Settled without Stripe: in cash')",
    );
    assert!(browser.text().contains("at the gate"));
}
