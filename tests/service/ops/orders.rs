//! Orders found, made, exported and listed for paper.

use chrono::Duration;
use freshmint::token::Role;
use serde_json::json;

use crate::{
    mailbox::{Action, Rule, Stage},
    support::{Order, Visitor, World, browser::Answer},
};

/// The rows of a list: each as its texts.
fn rows(page: &Answer) -> Vec<String> {
    let html = scraper::Html::parse_document(&page.body);
    let selector = scraper::Selector::parse("tbody tr").expect("a selector");
    let rows = html.select(&selector).map(|row| {
        let words: Vec<&str> = row.text().flat_map(str::split_whitespace).collect();
        words.join(" ")
    });
    rows.collect()
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn list(visitor: &Visitor, query: &str) -> Answer {
    let page = visitor.get(&format!("/ops/orders{query}"));
    assert_eq!(page.status, 200, "{page:?}");
    page
}

fn family(world: &World, name: &str) -> Order {
    let reference = format!("CUP-{name}");
    let letters = name.to_lowercase().replace('ü', "ue");
    let email = format!("{letters}@example.org");
    world.order_with(
        &reference,
        json!({ "name": format!("{name} family"), "email": email }),
    )
}

#[test]
fn what_is_owed_stands_there_newest_news_first_with_one_phrase_and_its_sum() {
    let world = World::with_mailbox(&[]);
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    assert!(list(&viewer, "").text().contains("There is no order yet"));
    let [miller, walsh, nolan, dunne] =
        ["Miller", "Walsh", "Nolan", "Dunne"].map(|name| family(&world, name));
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Recipient,
        recipient: Some("walsh".to_owned()),
        action: Action::Reply(550, "5.2.1 not today".to_owned()),
        times: None,
    }]);
    world.pass(Duration::minutes(1));
    for order in [&walsh, &nolan] {
        world.queue_link(order);
    }
    world.carry();
    world.pass(Duration::minutes(1));
    world.click(&miller);
    world.pass(Duration::minutes(1));
    world
        .stripe
        .pay(&world.click_through(&dunne))
        .expect("open");
    world.deliver();
    world.write_news();
    let page = list(&viewer, "");
    let told = rows(&page);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0].contains("Miller family CUP-Miller") && told[0].contains("Opened the payment page"),
        "{told:?}"
    );
    let others = told[1..].join("|");
    assert!(
        others.contains("Mail came back") && others.contains("Mailed"),
        "{told:?}"
    );
    assert!(
        page.text().contains("3 owed, €135.00 in all"),
        "{}",
        page.text()
    );
    assert!(!page.body.contains("/pay/"), "a link is its family's key");
    // Where an order stands is news without a worker.
    let paid = rows(&list(&viewer, "?status=paid"));
    assert!(
        paid.len() == 1 && paid[0].contains("Dunne family") && paid[0].contains("Paid"),
        "{paid:?}"
    );
    assert_eq!(rows(&list(&viewer, "?only=came_back")).len(), 1);
    assert_eq!(rows(&list(&viewer, "?status=&q=cup-")).len(), 4);
    // A reminder is the news of who left.
    world.pass(Duration::hours(24));
    world.deliver();
    world.pass(Duration::hours(2));
    world.carry();
    world.write_news();
    // Who has signed in was idle for a day.
    assert_eq!(viewer.get("/ops/orders").status, 303);
    viewer.sign_in("viewer@rovers.example.org", crate::support::PASSWORD);
    let told = rows(&list(&viewer, ""));
    assert!(
        told[0].contains("Miller") && told[0].contains("Reminded"),
        "{told:?}"
    );
}

#[test]
fn a_look_is_news_and_an_order_that_was_there_before_has_its_own() {
    let world = World::with(&[("PAY_CLICK", "confirm")]);
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    let (miller, walsh) = (family(&world, "Miller"), family(&world, "Walsh"));
    world.write_news();
    world.pass(Duration::minutes(1));
    world.click(&miller);
    world.write_looks();
    world.write_news();
    let told = rows(&list(&viewer, ""));
    assert!(
        told[0].contains("Miller") && told[0].contains("Opened the link"),
        "{told:?}"
    );
    assert!(
        told[1].contains("Walsh") && told[1].contains("Made"),
        "{told:?}"
    );
    // As after the migration, of rows from before.
    world.press(&walsh.path);
    world.execute("UPDATE order_news SET news = 'created', due = true");
    world.execute(
        "UPDATE order_news_read SET line = 9223372036854775807, xact = 9223372036854775807",
    );
    world.write_news();
    let told = rows(&list(&viewer, ""));
    assert!(
        told[0].contains("Walsh") && told[0].contains("Opened the payment page"),
        "{told:?}"
    );
}

#[test]
fn pages_go_on_where_the_last_one_ended_and_none_is_left_out() {
    let world = World::new();
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    world.order("CUP-0");
    // Many at one moment: they are told apart by their ids.
    world.execute(
        "INSERT INTO orders (id, content_hash, reference, locale, currency, amount_total, lines, mode, created_at) \
         SELECT gen_random_uuid(), 'x', 'MORE-' || n, locale, CASE n % 2 WHEN 0 THEN 'eur' ELSE 'gbp' END, amount_total, lines, mode, created_at \
         FROM orders, generate_series(1, 120) n",
    );
    let (mut seen, mut path) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = list(&viewer, &path);
        assert!(
            page.text()
                .contains("121 owed, €2,745.00 and £2,700.00 in all"),
            "{}",
            page.text()
        );
        seen.extend(rows(&page));
        let older = page
            .body
            .split("href=\"/ops/orders")
            .find(|part| part.contains(">Older<"));
        path = older.map_or_else(String::new, |part| {
            part.split('"')
                .next()
                .unwrap_or_default()
                .replace("&amp;", "&")
        });
    }
    assert_eq!((seen.len(), path.as_str()), (121, ""));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 121);
}

#[test]
fn nothing_found_says_in_which_other_state_there_is_a_match() {
    let world = World::new();
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    let (paid, _) = (family(&world, "Müller"), family(&world, "Walsh"));
    world.stripe.pay(&world.click_through(&paid)).expect("open");
    world.deliver();
    // As a Mac types it: the letter, and its two dots.
    let page = list(&viewer, "?q=mu%CC%88ller");
    let text = page.text();
    assert!(
        text.contains("No order that is owed has “mu\u{308}ller” in its name, e-mail or reference"),
        "{text}"
    );
    assert!(text.contains("There is 1 that is paid."), "{text}");
    assert!(page.body.contains("status=all&amp;q="), "{}", page.body);
    let nowhere = list(&viewer, "?q=nobody").text();
    assert!(
        nowhere.contains("Nor is there one in another state."),
        "{nowhere}"
    );
    let odd = list(&viewer, "?q=%3Cscript%3E%25&status=nothing&only=x&cursor=1").body;
    assert!(!odd.contains("<script>%"));
}

#[test]
fn a_sum_or_a_list_that_takes_too_long_is_said_and_is_no_fault() {
    let world = World::new();
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    for number in 0..60 {
        world.order(&format!("CUP-{number}"));
    }
    // Somebody holds the table against the sum: not even a read goes on.
    let mut other = world.database.connect();
    diesel::connection::SimpleConnection::batch_execute(
        &mut other,
        "BEGIN; LOCK TABLE order_news IN ACCESS EXCLUSIVE MODE",
    )
    .expect("a lock");
    let page = list(&viewer, "");
    assert!(
        page.text().contains("This takes too long to find"),
        "{}",
        page.text()
    );
}

#[test]
fn an_order_is_made_by_a_form_and_what_was_typed_stays() {
    let world = World::new();
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let at = "/ops/orders/new";
    let wrong = [
        ("name", "Horvat family"),
        ("email", "horvat"),
        ("reference", "CUP-139"),
        ("description", "Winter Cup <U10>"),
        ("amount", "1.045,00"),
        ("currency", "EUR"),
    ];
    let page = operator.submit(at, at, &wrong);
    assert_eq!(page.status, 422, "{page:?}");
    let text = page.text();
    assert!(
        page.body.contains("<title>Error: new order"),
        "{}",
        page.body
    );
    assert!(
        text.contains("The order was not made: 2 things to mend")
            && text.contains("without thousands separators"),
        "{text}"
    );
    assert!(
        page.body.contains("value=\"Winter Cup &lt;U10&gt;\"")
            && page.body.contains("value=\"1.045,00\"")
    );
    assert_eq!(world.count("orders"), 0);
    let mut right = wrong;
    (right[1].1, right[4].1) = ("", "45,00");
    let made = operator.send(&page, at, &right);
    assert_eq!(made.status, 303, "{made:?}");
    let row = "SELECT reference || ' ' || amount_total || ' ' || currency || ' ' || coalesce(email, 'none') || ' ' || name AS text FROM orders";
    assert_eq!(world.text(row), "CUP-139 4500 eur none Horvat family");
    let id = world.text("SELECT id::text AS text FROM orders");
    assert!(
        made.location()
            .starts_with(&format!("/ops/orders/{id}?done=")),
        "{}",
        made.location()
    );
    // The same form again is the same order; another one under the reference is none.
    let again = operator.send(&page, at, &right);
    assert!(again.location().contains("again=1"), "{again:?}");
    let fresh = operator.submit(at, at, &right);
    assert_eq!((fresh.status, world.count("orders")), (303, 1));
    right[4].1 = "46";
    let other = operator.submit(at, at, &right);
    assert_eq!((other.status, world.count("orders")), (422, 1));
    assert!(
        other.text().contains("Another order has this reference"),
        "{}",
        other.text()
    );
    assert_eq!(
        world.count("activity WHERE actor = 'ops:Aoife' AND category = 'order'"),
        1
    );
}

#[test]
fn what_is_shown_can_be_had_as_a_spreadsheet_and_what_is_paid_on_paper() {
    let world = World::with(&[("TIME_ZONE", "Europe/Dublin")]);
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    assert!(
        viewer
            .get("/ops/orders/paid")
            .text()
            .contains("Nothing has been paid yet")
    );
    let [byrne, adeyemi, walsh, gone, owed] =
        ["Byrne", "Adeyemi", "Walsh", "Gone", "Owed"].map(|name| family(&world, name));
    for (order, how) in [(&byrne, "cash"), (&walsh, "waived")] {
        let path = format!("/orders/{}/settle", order.id);
        world.api(
            Role::Operator,
            reqwest::Method::POST,
            &path,
            Some(json!({ "how": how })),
        );
    }
    let path = format!("/orders/{}/cancel", gone.id);
    world.api(
        Role::Operator,
        reqwest::Method::POST,
        &path,
        Some(json!({})),
    );
    world
        .stripe
        .pay(&world.click_through(&adeyemi))
        .expect("open");
    world.deliver();
    let page = viewer.get("/ops/orders/paid");
    let told = rows(&page);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0].starts_with("Adeyemi family") && told[0].contains("Stripe"),
        "{told:?}"
    );
    assert!(
        told[1].starts_with("Byrne family") && told[1].contains("Cash"),
        "{told:?}"
    );
    assert!(
        told[2].contains("Waived") && told[2].contains("€0.00"),
        "{told:?}"
    );
    assert!(
        flat(&page.text()).contains("3 orders, €90.00"),
        "{}",
        page.text()
    );
    let file = viewer.get("/ops/orders.csv?paid=true");
    assert!(
        file.header("content-disposition").starts_with("attachment"),
        "{file:?}"
    );
    assert_eq!(file.body.lines().count(), 4, "{}", file.body);
    assert!(file.body.starts_with('\u{feff}') && !file.body.contains("/pay/"));
    let file = viewer.get("/ops/orders.csv");
    assert!(
        file.body.contains(&owed.reference) && file.body.lines().count() == 2,
        "{}",
        file.body
    );
}
