//! The pages in a real browser.

use diesel::connection::SimpleConnection;
use freshmint::token::Role;

use super::{happened, needs_somebody};
use crate::support::{PASSWORD, World, chromium::Chromium, gate::Gate, world::Order};

/// What can befall the mail with an order's link.
pub enum Trouble {
    Bounced,
    Unknown,
}

impl Trouble {
    /// As a courier would write it down.
    pub fn befalls(self, world: &World, order: &Order) {
        let (state, what) = match self {
            Self::Bounced => ("bounced", "mail came back"),
            Self::Unknown => ("unknown", "nobody can know whether this mail was sent"),
        };
        let (mail, order) = (world.queue_link(order), order.id);
        world.execute(&format!(
            "UPDATE outbox SET state = '{state}', last_error = '550 5.1.1', claim_id = gen_random_uuid() \
             WHERE id = '{mail}'"
        ));
        world.execute(&format!(
            "INSERT INTO activity (at, order_id, category, level, actor, what, detail) VALUES \
             (now(), '{order}', 'mail', 'attention', 'outbox', '{what}: link', jsonb_build_object('mail', '{mail}'))"
        ));
    }
}

/// Pages that somebody who is signed in sees.
const PAGES: [&str; 11] = [
    "/ops",
    "/ops/orders",
    "/ops/orders?q=nobody",
    "/ops/orders/new",
    "/ops/orders/paid",
    "/ops/orders/cash",
    "/ops/cases",
    "/ops/activity",
    "/ops/activity?tab=attention",
    "/ops/people",
    "/ops/account",
];

pub fn sign_in(browser: &Chromium, world: &World, email: &str) {
    browser.goto(&format!("{}/ops/sign-in", world.url()));
    browser.fill("#email", email);
    browser.fill("#password", PASSWORD);
    browser.click("button.main");
    browser.until("location.pathname === '/ops'");
}

/// What no page may have.
pub fn looked_at(browser: &Chromium, name: &str) -> Vec<String> {
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
            let wider = browser.overflow();
            if wider > 0.0 {
                faults.push(format!("{about}: wider than its window by {wider}"));
            }
            let without_cause = "return document.title.startsWith('Error') \
                 && !document.querySelector('.wrong, [aria-invalid], [role=alert], .notice.bad')";
            if browser.run(without_cause) == true {
                faults.push(format!(
                    "{about}: its title tells of an error, and there is none"
                ));
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
    paths.extend(orders(&world));
    for (number, path) in paths.iter().enumerate() {
        browser.goto(&format!("{}{path}", world.url()));
        faults.extend(looked_at(&browser, &format!("page-{number}")));
    }
    browser.goto(&format!("{}/ops/people", world.url()));
    browser.fill("#token_name", "the club's site");
    browser.click("form[action='/ops/people/tokens'] button");
    browser.until("document.getElementById('token')?.value.startsWith('fm_')");
    faults.extend(looked_at(&browser, "token-shown"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Pages of many orders in all states, with odd names.
fn orders(world: &World) -> Vec<String> {
    let long = "M".repeat(200);
    let names = [
        "Miller family",
        "\u{5d0}\u{5d1}\u{5d2} \u{5d3}",
        &long,
        "Walsh family",
        "Byrne family",
    ];
    let made: Vec<Order> = (0..)
        .zip(names)
        .map(|(number, name)| {
            world.order_with(
                &format!("LIST-{number}"),
                serde_json::json!({ "name": name }),
            )
        })
        .collect();
    let settle = format!("/orders/{}/settle", made[4].id);
    let how = serde_json::json!({ "how": "cash" });
    world.api(Role::Operator, reqwest::Method::POST, &settle, Some(how));
    world.queue_link(&made[3]);
    world.carry();
    world.write_news();
    let picked = made.iter().map(|order| format!("order={}", order.id));
    let picked = picked.collect::<Vec<_>>().join("&");
    let batch = uuid::Uuid::nil();
    world.execute(&format!(
        "INSERT INTO order_batches (id, act, note, actor, at) VALUES ('{batch}', 'cash', 'At training', 'ops:Tom', now())"
    ));
    world.execute(&format!(
        "INSERT INTO order_batch_parts (batch_id, order_id, outcome, why) \
         SELECT '{batch}', id, CASE reference WHEN 'LIST-0' THEN 'done' WHEN 'LIST-1' THEN 'refused' END, \
         CASE reference WHEN 'LIST-1' THEN 'it was cancelled' END FROM orders WHERE reference LIKE 'LIST-%'"
    ));
    vec![
        "/ops/orders".to_owned(),
        "/ops/orders?status=all&pick=all".to_owned(),
        "/ops/orders/paid".to_owned(),
        format!("/ops/orders/cash?{picked}"),
        format!("/ops/orders/send?{picked}"),
        format!("/ops/orders/many/{batch}"),
    ]
}

#[test]
fn a_family_is_found_and_cash_is_taken_without_script_and_by_keyboard_alone() {
    let world = World::new();
    let email = world.user("Aoife", Role::Operator).email;
    for (number, name) in ["Miller family", "Walsh family", "Byrne family"]
        .into_iter()
        .enumerate()
    {
        world.order_with(
            &format!("CUP-{number}"),
            serde_json::json!({ "name": name }),
        );
    }
    let browser = Chromium::open();
    browser.look((360, 800), false);
    sign_in(&browser, &world, &email);
    browser.scripts(false);
    browser.goto(&format!("{}/ops/orders", world.url()));
    browser.fill("#q", "miller");
    browser.keys("\u{e007}");
    browser.until("document.querySelectorAll('tbody tr').length === 1");
    assert!(
        browser.text().contains("1 owed, €45.00 in all"),
        "{}",
        browser.text()
    );
    browser.tab_to("#pick-1");
    browser.keys(" ");
    browser.tab_to("button[formaction='/ops/orders/cash']");
    browser.keys("\u{e007}");
    browser.until("document.querySelector('h1').innerText === 'Take cash for 1 order?'");
    browser.tab_to("form button.main");
    browser.keys("\u{e007}");
    browser.until("document.querySelector('h1').innerText === 'Cash for 1 order'");
    assert!(browser.text().contains("1 done."), "{}", browser.text());
    assert_eq!(world.count("orders WHERE settled_how = 'cash'"), 1);
    // A new order, with a mistake that stands above its field.
    browser.goto(&format!("{}/ops/orders/new", world.url()));
    for (field, text) in [
        ("#name", "Horvat family"),
        ("#reference", "CUP-139"),
        ("#description", "Winter Cup"),
        ("#amount", "1.045,00"),
    ] {
        browser.fill(field, text);
    }
    browser.click("form button.main");
    browser.until("document.querySelector('#amount-why') !== null");
    assert_eq!(
        browser.run("return document.querySelector('#name').value"),
        "Horvat family"
    );
    browser.run("document.querySelector('#amount').value = ''");
    browser.fill("#amount", "45,00");
    browser.click("form button.main");
    browser.until("location.pathname.startsWith('/ops/orders/0')");
    assert_eq!(
        world.count("orders WHERE reference = 'CUP-139' AND amount_total = 4500"),
        1
    );
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

/// The feed, with 40 lines that stand there, and whoever reads it some way down.
fn read_on(browser: &Chromium, url: &str) {
    browser.goto(&format!("{url}/ops/activity"));
    browser.until(FOLLOWS);
    browser.run("scrollTo({ top: 900, behavior: 'instant' })");
}

const FOLLOWS: &str = "document.body.innerText.includes('This page follows along')";
const FORTY_LINES: &str = "INSERT INTO activity (at, category, level, actor, what) SELECT now(), 'mail', 'info', 'test', 'line ' || n FROM generate_series(1, 40) n";

#[test]
fn nothing_moves_under_somebody_who_reads() {
    let world = World::new();
    let email = world.user("Aoife", Role::Viewer).email;
    let browser = Chromium::open();
    sign_in(&browser, &world, &email);
    // Somebody else's transaction, from before the lines: the stream sends them when it has ended, since
    // before that it cannot know that none of them is missed.
    let mut other = world.database.connect();
    other
        .batch_execute("BEGIN; SELECT pg_current_xact_id()")
        .expect("a transaction");
    world.execute(FORTY_LINES);
    read_on(&browser, world.url());
    other.batch_execute("COMMIT").expect("it ends");
    happened(&world, "mail", "something new");
    browser.until("document.querySelector('[data-fresh]').innerText !== ''");
    browser.until("!document.querySelector('[data-fresh]').hidden");
    assert_eq!(
        browser.run("return document.querySelector('[role=status]').textContent"),
        "1 new line: show it"
    );
    assert!(!browser.text().contains("Something new"));
    browser.run("document.querySelector('[data-fresh]').click()");
    browser.until("document.querySelector('[data-lines]')?.innerText.includes('Something new')");
    assert_eq!(
        browser.run("return document.querySelectorAll('[data-lines] .fact').length"),
        // The account, the sign-in, the forty and the new one.
        43,
        "each line stands there once"
    );
}

#[test]
fn what_was_missed_comes_after_a_break_and_after_503() {
    let world = World::new();
    let email = world.user("Aoife", Role::Viewer).email;
    let (browser, gate) = (Chromium::open(), Gate::before(world.url()));
    sign_in(&browser, &world, &email);
    browser.goto(&format!("{}/ops/activity", gate.url()));
    browser.until(FOLLOWS);
    happened(&world, "mail", "before the break");
    browser.until("document.body.innerText.includes('Before the break')");
    for (end, what) in [
        (Gate::break_all as fn(&Gate), "while it was broken"),
        (Gate::answer_503, "while it was too much"),
    ] {
        let before = gate.refused();
        end(&gate);
        happened(&world, "mail", what);
        browser.until("!document.body.innerText.includes('This page follows along')");
        let began = std::time::Instant::now();
        while gate.refused() == before {
            assert!(began.elapsed().as_secs() < 20, "the browser tries again");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        gate.open();
        browser.until(&format!(
            "document.body.innerText.toLowerCase().includes('{what}')"
        ));
        browser.until(FOLLOWS);
    }
    assert_eq!(
        browser.run("return document.querySelectorAll('[data-lines] .fact').length"),
        // The account, the sign-in and the three.
        5,
        "each line stands there once"
    );
}

#[test]
fn a_whole_page_that_was_missed_waits_for_somebody_who_reads() {
    let world = World::new();
    let email = world.user("Aoife", Role::Viewer).email;
    let (browser, gate) = (Chromium::open(), Gate::before(world.url()));
    world.execute(FORTY_LINES);
    sign_in(&browser, &world, &email);
    read_on(&browser, gate.url());
    happened(&world, "mail", "the last that was seen");
    browser.until("!document.querySelector('[data-fresh]').hidden");
    gate.break_all();
    world.execute(FORTY_LINES);
    world.execute(FORTY_LINES);
    happened(&world, "mail", "the newest");
    gate.open();
    browser.until("document.querySelector('[data-fresh]').innerText === 'New lines: show them'");
    assert!(!browser.text().contains("The newest"), "nothing has moved");
    browser.run("document.querySelector('[data-fresh]').click()");
    browser.until("document.querySelector('[data-lines]').innerText.includes('The newest')");
    assert_eq!(
        browser.run("return document.querySelectorAll('[data-lines] .fact').length"),
        50
    );
}

#[test]
fn a_line_of_a_new_day_gets_its_heading() {
    let world = World::new();
    let email = world.user("Aoife", Role::Viewer).email;
    let browser = Chromium::open();
    sign_in(&browser, &world, &email);
    world.execute("UPDATE activity SET at = at - interval '1 day'");
    browser.goto(&format!("{}/ops/activity", world.url()));
    browser.until(FOLLOWS);
    browser.run("document.querySelector('.day').textContent = 'Today, it said yesterday'");
    happened(&world, "mail", "something new");
    browser.until("document.body.innerText.includes('Something new')");
    let headings = "return [...document.querySelectorAll('.day')].map((day) => day.textContent.split(',')[0]).join()";
    let yesterday = world
        .text("SELECT to_char((now() - interval '1 day') AT TIME ZONE 'UTC', 'FMDay') AS text");
    assert_eq!(browser.run(headings), format!("Today,{yesterday}"));
    assert_eq!(
        browser.run("return document.querySelector('.day + .fact p').textContent"),
        "Something new"
    );
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
    browser.tab_to("button[popovertarget=menu]");
    browser.keys("\u{e007}");
    browser.until("document.querySelector('#menu').matches(':popover-open')");
    browser.keys("\u{e00c}");
    browser.until("!document.querySelector('#menu').matches(':popover-open')");
    browser.scripts(false);
    browser.goto(&format!("{}/ops/activity?tab=attention", world.url()));
    browser.tab_to("li.fact form button");
    browser.keys("\u{e007}");
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
        assert_eq!(looked_at(&browser, "welcome"), Vec::<String>::new());
        browser.look((1200, 1000), false);
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
