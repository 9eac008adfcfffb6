//! Orders found, made, exported and listed for paper.

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
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
fn what_went_back_is_owed_again_and_that_is_the_news() {
    let world = World::new();
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    let order = family(&world, "Walsh");
    let session = world.click_through(&order);
    world.stripe.pay_amount(&session, 4_000).expect("open");
    world.deliver();
    world.pass(Duration::minutes(1));
    let case = world.text("SELECT id::text AS text FROM cases");
    let path = format!("/cases/{case}/resolve");
    let refund = json!({ "how": "refund" });
    let answer = world.api(Role::Operator, reqwest::Method::POST, &path, Some(refund));
    assert_eq!(answer.status, 200);
    world.deliver();
    world.write_news();
    let told = rows(&list(&viewer, ""));
    assert!(
        told.len() == 1 && told[0].contains("Owed again"),
        "{told:?}"
    );
}

#[test]
fn a_list_a_page_and_the_paid_list_say_one_amount() {
    let world = World::new();
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    let (other, back) = (family(&world, "Walsh"), family(&world, "Byrne"));
    for order in [&other, &back] {
        world.stripe.pay(&world.click_through(order)).expect("open");
        world.deliver();
    }
    world.execute("UPDATE orders SET paid_amount = 4400 WHERE reference = 'CUP-Walsh'");
    let intent = "SELECT payment_intent AS text FROM payments JOIN session_orders USING (session_id) \
        JOIN orders ON orders.id = order_id WHERE reference = 'CUP-Byrne'";
    let intent = world.text(intent);
    world.stripe.refund(&intent, Some(1_500)).expect("paid");
    world.deliver();
    for (order, list_of, amount) in [
        (&other, "?status=paid", "€44.00"),
        (&back, "?status=partially_refunded", "€30.00"),
    ] {
        let page = list(&viewer, list_of);
        assert!(rows(&page)[0].contains(amount), "{:?}", rows(&page));
        let sum = format!("{amount} in all");
        assert!(page.text().contains(&sum), "{sum}: {}", page.text());
        let own = viewer.get(&format!("/ops/orders/{}", order.id));
        assert!(
            own.body.contains(&format!("<dd>{amount}</dd>")),
            "{}",
            own.body
        );
        let paid = rows(&viewer.get("/ops/orders/paid")).join(" ");
        assert!(paid.contains(amount), "{paid}");
    }
    // Summed up by the database, where they are more than a page.
    let sums = world.app.db.run_blocking(|connection| {
        freshmint::listing::sums(connection, &freshmint::order::OrderFilter::default())
    });
    let sums = sums.expect("the database answers").expect("they are few");
    assert_eq!(sums[0].amount, 7_400);
}

#[test]
fn a_left_cart_is_in_no_sum_of_what_is_asked_for() {
    let world = World::new();
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    family(&world, "Walsh");
    family(&world, "Cart");
    world.execute("UPDATE orders SET kind = 'recovered' WHERE reference = 'CUP-Cart'");
    world.execute(
        "UPDATE order_news SET list = 'cart' FROM orders WHERE id = order_id AND kind = 'recovered'",
    );
    let page = list(&viewer, "?status=all");
    let text = page.text();
    assert!(
        text.contains("1 in all states, €45.00 in all; left carts are not counted"),
        "{text}"
    );
    assert!(rows(&page).iter().any(|row| row.contains("Left cart")));
    assert!(
        list(&viewer, "?status=cart")
            .text()
            .contains("€45.00 in all")
    );
}

#[test]
fn a_correction_does_not_make_a_mail_come_back_later() {
    let world = World::with_mailbox(&[]);
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    let order = family(&world, "Walsh");
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Recipient,
        recipient: Some("walsh".to_owned()),
        action: Action::Reply(550, "5.2.1 not today".to_owned()),
        times: None,
    }]);
    world.queue_link(&order);
    world.carry();
    world.execute("UPDATE outbox SET refused_at = NULL");
    world.write_news();
    let news = "SELECT news || ' ' || at AS text FROM order_news";
    let came_back = world.text(news);
    assert!(came_back.starts_with("came_back"), "{came_back}");
    world.pass(Duration::minutes(14));
    let path = format!("/orders/{}", order.id);
    let email = json!({ "email": "new@example.org" });
    let answer = world.api(Role::Operator, Method::PATCH, &path, Some(email));
    assert_eq!(answer.status, 200, "{answer:?}");
    world.write_news();
    assert_eq!(world.text(news), came_back);
    let text = flat(&viewer.get(&format!("/ops/orders/{}", order.id)).text());
    assert!(
        text.contains("They have not been written to at the address that they have now."),
        "{text}"
    );
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
    assert!(!nowhere.contains("None owed"), "only the search found none");
    let odd = list(&viewer, "?q=%3Cscript%3E%25&status=all&cursor=1").body;
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
    let page = list(&viewer, "?only=not_opened");
    let text = flat(&page.text());
    for said in [
        "Given up: it took too long",
        "We looked for 1.2 seconds and stopped, so we do not know which orders fit, nor how many.",
        "To narrow it, type three letters or more of a name, e-mail or reference, or pick one mailing.",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    for guessed in ["So few", "None", "No order"] {
        assert!(!text.contains(guessed), "{guessed}: {text}");
    }
}

#[test]
fn a_filter_that_is_none_lets_nobody_through() {
    let world = World::new();
    let operator = Visitor::signed_in(&world, "Olga", Role::Operator);
    world.order("CUP-1");
    for path in ["orders", "orders.csv", "orders/paid", "blasts/new"] {
        for query in ["blast=nope", "status=x", "stranded=x", "only=x"] {
            let page = operator.get(&format!("/ops/{path}?{query}"));
            assert_eq!(page.status, 400, "{path}?{query}");
            let text = page.text();
            assert!(text.contains("There is no such list") && text.contains(query));
            assert!(!text.contains("CUP-1"));
        }
    }
}

#[test]
fn a_mail_that_has_its_turn_later_is_no_news_of_later() {
    let world = World::with_mailbox(&[]);
    let order = family(&world, "Miller");
    world.queue_link(&order);
    world.execute("UPDATE outbox SET queued_at = queued_at + interval '70 years'");
    world.write_news();
    assert_eq!(
        world.count("order_news WHERE news = 'mail_waits' AND at <= now()"),
        1
    );
}

#[test]
fn what_was_noted_of_an_order_hides_it_from_no_list() {
    let world = World::with_mailbox(&[]);
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    let (walsh, byrne) = (family(&world, "Walsh"), family(&world, "Byrne"));
    let of = |only: &str| -> Vec<String> {
        let page = list(&viewer, &format!("?status=all&only={only}"));
        let file = viewer.get(&format!("/ops/orders.csv?status=all&only={only}"));
        let api = world.api(
            Role::Viewer,
            Method::GET,
            &format!("/orders?{only}=true"),
            None,
        );
        let told = rows(&page);
        let in_api = api.json()["data"].as_array().map_or(0, Vec::len);
        assert_eq!(
            (told.len(), file.body.lines().count() - 1),
            (in_api, in_api),
            "{only}"
        );
        let names = ["Walsh", "Byrne", "Keane"].into_iter();
        let here = names.filter(|name| told.iter().any(|row| row.contains(name)));
        here.map(str::to_owned).collect()
    };
    world.write_news();
    assert_eq!(
        world.count("order_news WHERE may_be_unmailed AND NOT may_be_unopened"),
        2
    );
    assert_eq!((of("never_mailed").len(), of("not_opened")), (2, vec![]));
    world.queue_link(&byrne);
    world.carry();
    // The log tells of it, and the worker has not read it yet.
    for _ in 0..2 {
        assert_eq!(of("never_mailed"), ["Walsh"]);
        assert_eq!(of("not_opened"), ["Byrne"]);
        world.write_news();
    }
    assert_eq!(
        world.count("order_news WHERE may_be_unopened AND NOT may_be_unmailed"),
        1
    );
    let due = "order_news WHERE due";
    world.click(&byrne);
    assert_eq!(of("not_opened"), Vec::<String>::new());
    world.write_news();
    assert_eq!(world.count("order_news WHERE may_be_unopened"), 0);
    // Whatever moves it has the worker look again: it may have passed over the row while that was locked.
    world.write_looks();
    world.write_news();
    assert_eq!(world.count(due), 0);
    let cancel = format!("/orders/{}/cancel", walsh.id);
    world.api(Role::Operator, Method::POST, &cancel, Some(json!({})));
    assert_eq!(world.count(due), 1);
    world.write_news();
    assert_eq!(world.count(due), 0);
    assert_eq!(of("never_mailed"), ["Walsh"]);
    // Where the worker is far behind, what it noted is not gone by.
    let keane = family(&world, "Keane");
    world.queue_link(&keane);
    world.carry();
    world.write_news();
    world.execute("UPDATE order_news SET may_be_unopened = false");
    assert_eq!(
        of("not_opened"),
        Vec::<String>::new(),
        "that is what is gone by"
    );
    world.execute("UPDATE order_news_read SET xact = 0, line = 0");
    world.execute(
        "INSERT INTO activity (at, category, level, actor, what) \
         SELECT now(), 'mail', 'info', 'test', 'line' FROM generate_series(1, 1100)",
    );
    assert_eq!(of("not_opened"), ["Keane"]);
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
    let mut nameless = wrong;
    nameless[2].1 = "";
    let page_of_it = operator.submit(at, at, &nameless);
    assert!(
        page_of_it
            .text()
            .contains("“Reference” is empty: fill it in."),
        "{}",
        page_of_it.text()
    );
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
