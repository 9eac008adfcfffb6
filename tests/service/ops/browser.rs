//! The pages in a real browser.

use freshmint::token::Role;

use super::{happened, needs_somebody};
use crate::support::{PASSWORD, World, chromium::Chromium};

/// Pages that somebody who is signed in sees.
const PAGES: [&str; 5] = [
    "/ops",
    "/ops/activity",
    "/ops/activity?tab=attention",
    "/ops/people",
    "/ops/account",
];

fn sign_in(browser: &Chromium, world: &World, email: &str) {
    browser.goto(&format!("{}/ops/sign-in", world.url()));
    browser.fill("#email", email);
    browser.fill("#password", PASSWORD);
    browser.click("button.main");
    browser.until("location.pathname === '/ops'");
}

/// What no page may have.
fn looked_at(browser: &Chromium, name: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (width, size) in [
        ("wide", (1200, 1000)),
        ("phone", (360, 800)),
        ("narrow", (320, 800)),
    ] {
        for is_dark in [false, true] {
            browser.look(size, is_dark);
            let colours = if is_dark { "dark" } else { "light" };
            let about = format!("{name}-{width}-{colours}");
            browser.shot(&about);
            let overflow = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            let wider = browser.run(overflow).as_f64().unwrap_or(1.0);
            if wider > 0.0 {
                faults.push(format!("{about}: wider than its window by {wider}"));
            }
            // One narrow look is enough for the rest.
            if width != "narrow" {
                faults.extend(
                    browser
                        .faults()
                        .into_iter()
                        .map(|fault| format!("{about}: {fault}")),
                );
            }
        }
    }
    faults
}

#[test]
fn axe_finds_nothing_wide_or_narrow_light_or_dark() {
    let world = World::with_mailbox(&[("TIME_ZONE", "Europe/Dublin")]);
    let email = world.user("Tom Keane", Role::Admin).email;
    world.user("Aoife Byrne", Role::Operator);
    let browser = Chromium::open();
    let mut faults = Vec::new();
    for (name, path) in [
        ("first", "/ops/sign-in"),
        ("forgotten", "/ops/forgotten"),
        ("no-link", "/ops/welcome/x"),
    ] {
        browser.goto(&format!("{}{path}", world.url()));
        faults.extend(looked_at(&browser, name));
    }
    sign_in(&browser, &world, &email);
    faults.extend(looked_at(&browser, "calm"));
    world.order_with("CUP-2026-017", serde_json::json!({ "name": "Kim Miller" }));
    needs_somebody(
        &world,
        "a message could not be worked through after 36 tries: no payment with this number is known",
    );
    needs_somebody(&world, &"a long line without an end ".repeat(8));
    happened(&world, "payment", "paid 45.00");
    let (name, right) = ("M".repeat(100), "\u{5d0}\u{5d1}\u{5d2} \u{5d3}\u{5d4}");
    world.user_named(&name, "long@rovers.example.org");
    world.user_named(right, "right@rovers.example.org");
    world.api(Role::Admin, reqwest::Method::GET, "/tokens", None);
    let aoife = world.text("SELECT id::text AS text FROM ops_users WHERE name = 'Aoife Byrne'");
    let token = world.text("SELECT id::text AS text FROM api_tokens LIMIT 1");
    let mut paths: Vec<String> = PAGES.map(str::to_owned).into();
    paths.extend([
        format!("/ops/people/{aoife}"),
        format!("/ops/people/{aoife}/role"),
        format!("/ops/people/{aoife}/disable"),
        format!("/ops/people/tokens/{token}/revoke"),
        "/ops/nothing".to_owned(),
        "/ops/activity?q=nothing".to_owned(),
    ]);
    for (number, path) in paths.iter().enumerate() {
        browser.goto(&format!("{}{path}", world.url()));
        faults.extend(looked_at(&browser, &format!("page-{number}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_feed_in_two_windows_follows_along_and_is_dealt_with_in_one() {
    let world = World::new();
    let email = world.user("Aoife", Role::Operator).email;
    let (one, other) = (Chromium::open(), Chromium::open());
    for browser in [&one, &other] {
        sign_in(browser, &world, &email);
        browser.goto(&format!("{}/ops/activity", world.url()));
        browser.until("document.body.innerText.includes('This page follows along')");
    }
    needs_somebody(&world, "a message could not be worked through");
    for browser in [&one, &other] {
        browser.until("document.querySelector('[data-lines] .bad')?.innerText.includes('A message could not')");
        browser.until("[...document.querySelectorAll('[data-badge]')].every((badge) => badge.firstChild.textContent === '1' && !badge.hidden)");
    }
    one.click("form[data-in-place] button");
    one.until("document.activeElement.innerText.includes('Dealt with: Aoife')");
    assert_eq!(one.path(), "/ops/activity", "the page stays");
    other.until("[...document.querySelectorAll('[data-badge]')].every((badge) => badge.hidden)");
    // The second window presses the same: it was done once.
    other.click("form[data-in-place] button");
    other.until("document.activeElement.innerText.includes('Dealt with: Aoife')");
    assert_eq!(world.count("activity_dismissals"), 1);
}

#[test]
fn nothing_moves_under_somebody_who_reads() {
    let world = World::new();
    let email = world.user("Aoife", Role::Viewer).email;
    world.execute("INSERT INTO activity (at, category, level, actor, what) SELECT now(), 'mail', 'info', 'test', 'line ' || n FROM generate_series(1, 40) n");
    let browser = Chromium::open();
    sign_in(&browser, &world, &email);
    browser.goto(&format!("{}/ops/activity", world.url()));
    browser.until("document.body.innerText.includes('This page follows along')");
    browser.run("scrollTo({ top: 900, behavior: 'instant' })");
    happened(&world, "mail", "something new");
    browser.until("document.querySelector('[data-fresh]').innerText === '1 new line: show it'");
    assert_eq!(
        browser.run("return document.querySelector('[role=status]').textContent"),
        "1 new line: show it"
    );
    assert!(!browser.text().contains("Something new"));
    browser.run("document.querySelector('[data-fresh]').click()");
    browser.until("document.querySelector('[data-lines]')?.innerText.includes('Something new')");
}

#[test]
fn without_script_and_by_keyboard_alone_it_works_too() {
    let world = World::new();
    let email = world.user("Aoife", Role::Operator).email;
    needs_somebody(&world, "a message could not be worked through");
    let browser = Chromium::open();
    browser.look((360, 800), false);
    browser.goto(&format!("{}/ops/sign-in", world.url()));
    // The focus is in the first field; Tab leads to the next, Enter sends.
    browser.keys(&email);
    browser.keys("\u{e004}");
    browser.keys(PASSWORD);
    browser.keys("\u{e007}");
    browser.until("location.pathname === '/ops'");
    browser.keys("\u{e004}");
    assert_eq!(
        browser.run("return document.activeElement.textContent"),
        "Skip to the page"
    );
    browser.click("button[popovertarget=menu]");
    browser.until("document.querySelector('#menu').matches(':popover-open')");
    browser.keys("\u{e00c}");
    browser.until("!document.querySelector('#menu').matches(':popover-open')");
    browser.scripts(false);
    browser.goto(&format!("{}/ops/activity?tab=attention", world.url()));
    browser.click("li.fact form button");
    let began = std::time::Instant::now();
    while world.count("activity_dismissals") == 0 {
        assert!(began.elapsed().as_secs() < 20);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    browser.scripts(true);
    browser.until("document.querySelector('.notice')?.innerText.includes('Dealt with')");
}

#[test]
fn somebody_comes_in_by_invitation_forgets_and_signs_out_everywhere() {
    let world = World::with_mailbox(&[]);
    let email = world.user("Tom", Role::Admin).email;
    let browser = Chromium::open();
    sign_in(&browser, &world, &email);
    browser.goto(&format!("{}/ops/people", world.url()));
    browser.fill("#name", "Sinéad Walsh");
    browser.fill("#email", "sinead@rovers.example.org");
    browser.click("#role-operator");
    browser.click("form[action='/ops/people'] button");
    browser
        .until("document.querySelector('.notice')?.innerText.includes('Sinéad Walsh was invited')");
    browser.goto(&format!("{}/ops/account", world.url()));
    browser.click("form[action='/ops/account/sign-out-everywhere'] button");
    browser.until("document.body.innerText.includes('signed out on every device')");
    let choose = |password: &str| {
        let mail = world.carry().pop().expect("a mail").text();
        let at = mail.find("/ops/welcome/").expect("a link");
        let path: String = mail[at..]
            .chars()
            .take_while(|letter| !letter.is_whitespace())
            .collect();
        browser.goto(&format!("{}{path}", world.url()));
        browser.fill("#password", password);
        browser.fill("#again", password);
        browser.click("button.main");
        browser.until("location.pathname === '/ops'");
    };
    choose("my very own words");
    browser.until("document.body.innerText.includes('Sinéad Walsh, operator')");
    browser.click("form[action='/ops/sign-out'] button");
    browser.until("location.pathname === '/ops/sign-in'");
    browser.click("a[href='/ops/forgotten']");
    browser.until("location.pathname === '/ops/forgotten'");
    browser.fill("#email", "sinead@rovers.example.org");
    browser.click("button.main");
    browser.until("document.body.innerText.includes('a mail with a link is on its way')");
    choose("other words of mine");
    browser.until("document.body.innerText.includes('Sinéad Walsh, operator')");
}
