//! Mail, Stripe's messages, reminders, addresses and settings in a real browser.

use freshmint::token::Role;
use serde_json::json;

use super::browser::{looked_at, sign_in};
use crate::support::{World, chromium::Chromium};

const PAGES: [&str; 8] = [
    "/ops/mail",
    "/ops/events",
    "/ops/reminders",
    "/ops/suppressions",
    "/ops/settings",
    "/ops/performance",
    "/ops/visits",
    "/ops/api",
];

/// Mails in each state, with names that pages are not made for, and one of everything else.
fn much(world: &World) {
    let (long, right) = ("M".repeat(100), "\u{5d0}\u{5d1}\u{5d2} \u{5d3}\u{5d4}");
    let states = [
        (
            "unknown",
            ", claim_id = gen_random_uuid(), last_error = 'its worker ended while it handed the mail over'",
        ),
        ("bounced", ", last_error = '550 5.1.1 no such user'"),
        ("failed", ", last_error = '451 mailbox full'"),
        ("queued", ""),
        ("sent", ", sent_at = now()"),
        ("cancelled", ", skip_reason = 'paid'"),
        ("suppressed", ""),
    ];
    for (number, (state, more)) in states.iter().enumerate() {
        let name = [long.as_str(), right, "Kim Miller"][number % 3];
        let fields = json!({ "name": name, "email": "kim@example.org" });
        let order = world.order_with(&format!("CUP-2026-{number:03}"), fields);
        let id = world.queue_link(&order);
        world.execute(&format!(
            "UPDATE outbox SET state = '{state}'{more} WHERE id = '{id}'"
        ));
    }
    world.execute(&format!(
        "UPDATE outbox SET subject = '{}' WHERE state = 'failed'",
        "a long subject without an end ".repeat(7)
    ));
    world.execute(
        "INSERT INTO stripe_events (id, type, body, received_at, state, attempts, last_error) \
         SELECT 'evt_1SVabcdefghijklmnopqrstu' || n, 'charge.refunded', '{\"id\":\"x\"}', now() - n * interval '1 minute', \
             CASE n % 3 WHEN 0 THEN 'processed' WHEN 1 THEN 'failed' ELSE 'pending' END, n, \
             'no payment with this number is known' FROM generate_series(1, 60) n",
    );
    world.execute(
        "INSERT INTO suppressions (address_hash, address, reason, note, since) \
         SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), CASE WHEN n > 1 THEN repeat('long', 15) || n || '@example.org' END, \
             (ARRAY['unsubscribed', 'no_such_address', 'manual'])[1 + n % 3], 'asked Tom on the phone', now() - n * interval '1 hour' \
         FROM generate_series(1, 60) n",
    );
}

/// A year of figures, of many kinds each day.
fn figures(world: &World) {
    world.execute(
        "INSERT INTO visit_totals (day, dimension, value, visitor, visits, visitors) \
         SELECT current_date - n, dimension, value, visitor, 1 + (n * 37) % 5000, 1 FROM generate_series(0, 400) n, \
             (VALUES ('all', 'all'), ('page', 'pay'), ('page', 'return'), ('source', 'blast'), ('device', 'phone'), \
                 ('browser', 'in_app'), ('system', 'chromeos'), ('country', 'IE')) AS of (dimension, value), \
             (VALUES ('person'), ('machine')) AS who (visitor)",
    );
    world.execute(
        "INSERT INTO performance_days (day, kind, up_to, count) \
         SELECT current_date - n, kind, up_to, 1 + (n * 37) % 500 FROM generate_series(0, 400) n, \
             (VALUES ('click', 250), ('click', 2500), ('mint', 500), ('webhook_lag', 1000), ('webhook_lag', 2147483647), \
                 ('stripe_error', 0), ('stripe_too_fast', 0), ('mail', 0), ('reminder', 0), ('outbox_depth', 0), \
                 ('outbox_age', 0)) AS of (kind, up_to)",
    );
}

fn id_of(world: &World, state: &str) -> String {
    world.text(&format!(
        "SELECT id::text AS text FROM outbox WHERE state = '{state}' LIMIT 1"
    ))
}

fn pause(world: &World) {
    world.execute(
        "INSERT INTO outbox_pause (reason, cause, likeness, until) \
         VALUES ('550 5.7.1 relaying denied', 'relaying', 'x', now() + interval '1 hour')",
    );
}

#[test]
fn axe_finds_nothing_on_lists_with_nothing_in_them() {
    let world = World::with_mailbox(&[("TIME_ZONE", "Europe/Dublin")]);
    let email = world.user("Tom Keane", Role::Admin).email;
    let browser = Chromium::open();
    sign_in(&browser, &world, &email);
    let mut faults = Vec::new();
    for path in PAGES {
        browser.goto(&format!("{}{path}", world.url()));
        faults.extend(looked_at(
            &browser,
            &format!("none-{}", path.rsplit('/').next().unwrap()),
        ));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn axe_finds_nothing_on_lists_with_much_in_them() {
    let world = World::with_mailbox(&[("TIME_ZONE", "Europe/Dublin")]);
    let email = world.user("Tom Keane", Role::Admin).email;
    for reference in ["U16-1", "U16-2"] {
        world.abandon(&world.order_with(reference, json!({ "name": "Kim Miller" })));
    }
    much(&world);
    figures(&world);
    world.execute("UPDATE settings SET recovery_enabled = true");
    pause(&world);
    let browser = Chromium::open();
    sign_in(&browser, &world, &email);
    let (unknown, bounced, queued) = (
        id_of(&world, "unknown"),
        id_of(&world, "bounced"),
        id_of(&world, "queued"),
    );
    let mut paths: Vec<String> = PAGES.map(str::to_owned).into();
    paths.extend([
        "/ops/mail/resume".to_owned(),
        format!("/ops/mail/{unknown}"),
        format!("/ops/mail/{bounced}"),
        format!("/ops/mail/{unknown}/retry"),
        format!("/ops/mail/{queued}/drop"),
        "/ops/events?q=nothing".to_owned(),
        "/ops/visits?from=2000-01-01&by=day".to_owned(),
        "/ops/visits?from=2026-11-01&to=2026-11-05&by=day".to_owned(),
        "/ops/performance?from=2000-01-01".to_owned(),
        "/ops/suppressions/add?email=kim@example.org".to_owned(),
        "/ops/suppressions/add?email=x".to_owned(),
        "/ops/suppressions/00000000000000000000000000000003/lift".to_owned(),
        "/ops/settings/reminders_enabled/off".to_owned(),
        "/ops/settings/retention?recovered_orders_days=30&activity_days=7&events_days=60"
            .to_owned(),
        "/ops/settings/retention?recovered_orders_days=x&activity_days=7&events_days=60".to_owned(),
    ]);
    let mut faults = Vec::new();
    for (number, path) in paths.iter().enumerate() {
        browser.goto(&format!("{}{path}", world.url()));
        faults.extend(looked_at(&browser, &format!("much-{number:02}")));
    }
    // Closed, nothing of a call is looked at.
    browser.goto(&format!("{}/ops/api", world.url()));
    browser.run(
        "document.querySelectorAll('details:first-of-type').forEach((it) => { it.open = true; })",
    );
    faults.extend(looked_at(&browser, "much-api"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_mail_is_sent_again_and_dropped_from_the_list_in_two_windows() {
    let world = World::with_mailbox(&[]);
    let email = world.user("Aoife", Role::Operator).email;
    much(&world);
    let failed = id_of(&world, "failed");
    let queued = id_of(&world, "queued");
    let (one, other) = (Chromium::open(), Chromium::open());
    for browser in [&one, &other] {
        sign_in(browser, &world, &email);
        browser.goto(&format!("{}/ops/mail", world.url()));
    }
    let press = format!("form[action='/ops/mail/{failed}/retry'] button");
    one.click(&press);
    let there = |word: &str| {
        format!(
            "[...document.querySelectorAll('tr')].some((row) => row.innerHTML.includes('/ops/mail/{failed}\"') && row.innerText.includes('{word}'))"
        )
    };
    one.until(&there("Waiting its turn"));
    assert_eq!(one.path(), "/ops/mail", "the row alone was replaced");
    assert_eq!(
        one.run("return document.activeElement.tagName"),
        "TR",
        "the focus stays in the list"
    );
    // The courier sends it meanwhile; the other window still offers what it offered.
    world.carry();
    other.click(&press);
    other.until(&there("Accepted"));
    assert!(
        other
            .text()
            .contains("It was dealt with before you pressed.")
    );
    let rows = "return document.querySelectorAll('tbody tr').length";
    assert_eq!(one.run(rows), other.run(rows));
    // Dropping has a page; the second one is told.
    world.execute(&format!(
        "UPDATE outbox SET state = 'queued', sent_at = NULL, handed_over = false WHERE id = '{queued}'"
    ));
    let page = format!("{}/ops/mail/{queued}/drop", world.url());
    for browser in [&one, &other] {
        browser.goto(&page);
    }
    let drop = format!("form[action='/ops/mail/{queued}/drop'] button");
    one.click(&drop);
    one.until("document.querySelector('.notice')?.innerText.includes('The mail is dropped')");
    other.click(&drop);
    other.until(
        "document.body.innerText.includes('This mail has moved on meanwhile: Not wanted any more')",
    );
}

#[test]
fn a_message_is_tried_again_in_place_in_two_windows() {
    let world = World::with_mailbox(&[]);
    let email = world.user("Aoife", Role::Operator).email;
    world.execute(
        "INSERT INTO stripe_events (id, type, body, received_at, state, last_error) \
         VALUES ('evt_1', 'charge.refunded', '{\"id\":\"x\"}', now(), 'failed', 'no payment')",
    );
    let (one, other) = (Chromium::open(), Chromium::open());
    for browser in [&one, &other] {
        sign_in(browser, &world, &email);
        browser.goto(&format!("{}/ops/events?state=failed", world.url()));
        browser.until("document.querySelector('tbody form')");
    }
    for browser in [&one, &other] {
        browser.click("tbody form button");
        browser.until("document.querySelector('tbody tr').innerText.includes('Waiting its turn')");
        assert_eq!(browser.path(), "/ops/events?state=failed");
    }
}

#[test]
fn an_address_and_a_switch_by_keyboard_alone_on_a_phone_without_script() {
    let world = World::with_mailbox(&[]);
    let email = world.user("Tom", Role::Admin).email;
    let browser = Chromium::open();
    browser.look((360, 800), false);
    sign_in(&browser, &world, &email);
    browser.scripts(false);
    browser.goto(&format!("{}/ops/suppressions", world.url()));
    browser.fill("#email", "kim@example.org");
    browser.keys("\u{e007}");
    let arrives = |path: &str| {
        let began = std::time::Instant::now();
        while !browser.path().starts_with(path) {
            assert!(
                began.elapsed().as_secs() < 20,
                "{} is not {path}",
                browser.path()
            );
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    };
    arrives("/ops/suppressions/add?email=");
    browser.fill("#note", "asked on the phone");
    browser.keys("\u{e007}");
    arrives("/ops/suppressions?done=");
    assert_eq!(
        world.texts("SELECT address || ', ' || note AS text FROM suppressions"),
        ["kim@example.org, asked on the phone"]
    );
    browser.goto(&format!("{}/ops/settings/orphan_cases/on", world.url()));
    // From the beginning of the page to the button, by Tab alone.
    let mut tabs = 0;
    while browser.run("return document.activeElement.innerText") != "Turn on" {
        browser.keys("\u{e004}");
        tabs += 1;
        assert!(tabs < 40, "the button is reached");
    }
    browser.keys("\u{e007}");
    arrives("/ops/settings?done=");
    assert_eq!(world.count("settings WHERE orphan_cases"), 1);
    assert!(browser.text().contains("Turned on"));
}
