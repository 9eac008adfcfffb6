//! The feed, and lines that are dealt with.

use freshmint::{
    activity::live::{self, Place},
    token::Role,
};
use serde_json::json;

use super::{happened, needs_somebody};
use crate::support::{Answer, Visitor, World, visitor::guard};

fn lines(page: &Answer) -> Vec<String> {
    let page = scraper::Html::parse_document(&page.body);
    let line = scraper::Selector::parse("li.fact p:first-child").expect("a selector");
    page.select(&line)
        .map(|line| line.text().collect::<String>())
        .collect()
}

#[test]
fn tabs_categories_days_and_words_find_lines_and_pages_go_on() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Viewer);
    world.execute("DELETE FROM activity");
    let order = world.order_with(
        "CUP-2026-017",
        json!({ "name": "Kim O'Neil", "email": "kim@o-neil.example" }),
    );
    world.execute("DELETE FROM activity");
    for (category, what) in [
        ("payment", "paid 45.00"),
        ("mail", "mail sent: link"),
        ("settings", "reminders were turned on"),
        ("case", "a case was opened"),
    ] {
        happened(&world, category, what);
    }
    world.execute(&format!(
        "INSERT INTO activity (at, order_id, category, level, actor, what) VALUES (now(), '{}', 'reminder', 'info', 'test', 'reminder scheduled')",
        order.id
    ));
    let found = |query: &str| lines(&visitor.get(&format!("/ops/activity?{query}")));
    assert_eq!(found("").len(), 5);
    assert_eq!(found("tab=money"), ["A case was opened", "Paid 45.00"]);
    assert_eq!(found("tab=mail").len(), 2);
    assert_eq!(found("tab=system"), ["Reminders were turned on"]);
    assert_eq!(found("category=mail"), ["Mail sent: link"]);
    assert_eq!(found("q=remind").len(), 2, "words by their beginning");
    assert_eq!(found("q=turned+reminders"), ["Reminders were turned on"]);
    assert_eq!(found("q=turned&category=mail").len(), 0);
    let about = ["Kim O'Neil (CUP-2026-017): Reminder scheduled"];
    for part in ["026-01", "cup-2026-017", "o%27nei", "O-NEIL.exam", "Kim"] {
        assert_eq!(found(&format!("q={part}")), about, "{part}");
    }
    for odd in [
        "q=%25%25%25",
        "q=___",
        "q=%27%27%27",
        "q=%5C%5C%5C",
        "q=%26%7C%21",
        "until=1969-01-01",
        "until=x",
        "cursor=x",
        "tab=x",
        "category=x",
    ] {
        assert_eq!(
            visitor.get(&format!("/ops/activity?{odd}")).status,
            200,
            "{odd}"
        );
    }
    assert_eq!(found("q=%25%25%25").len(), 0);
    assert_eq!(found("until=2001-01-01").len(), 0);
    let today = world.text("SELECT (now() AT TIME ZONE 'UTC')::date::text AS text");
    assert_eq!(found(&format!("until={today}")).len(), 5);

    world.execute("INSERT INTO activity (at, category, level, actor, what) SELECT now(), 'mail', 'info', 'test', 'line ' || n FROM generate_series(1, 70) n");
    let first = visitor.get("/ops/activity?tab=mail");
    assert_eq!(lines(&first).len(), 50);
    let older = scraper::Html::parse_document(&first.body);
    let link = scraper::Selector::parse("nav.pages a").expect("a selector");
    let older = older
        .select(&link)
        .next_back()
        .unwrap()
        .value()
        .attr("href")
        .unwrap()
        .to_owned();
    let second = visitor.get(&older);
    assert_eq!(lines(&second).len(), 22, "{older}");
    assert!(
        lines(&first)
            .iter()
            .all(|line| !lines(&second).contains(line))
    );
    assert!(
        second.body.contains("stream?only=badge"),
        "further back nothing new comes"
    );
}

#[test]
fn without_the_extension_the_same_is_found() {
    let world = World::new();
    world.order_with("CUP-2026-017", json!({ "name": "Kim O'Neil" }));
    world.execute("DROP EXTENSION IF EXISTS pg_trgm CASCADE");
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Viewer);
    assert_eq!(lines(&visitor.get("/ops/activity?q=026-01")).len(), 1);
}

#[test]
fn a_line_is_dealt_with_once_by_whoever_may_work_and_the_badge_goes_down() {
    let world = World::new();
    let first = needs_somebody(&world, "a message could not be worked through");
    needs_somebody(&world, "another one");
    let viewer = Visitor::signed_in(&world, "Sinéad", Role::Viewer);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    assert!(
        !viewer.get("/ops").body.contains("/dismiss"),
        "it is not offered"
    );
    let page = visitor.get("/ops/activity?tab=attention");
    assert!(page.body.contains("data-badge>2<"), "{}", page.body);
    let action = format!("/ops/activity/{first}/dismiss");
    let in_place = Visitor::at(&world).with("x-part", "row");
    in_place.set_cookie("freshmint_session", &visitor.cookie("freshmint_session"));
    let (csrf, once) = guard(&page.body, &action);
    let fields = [("csrf", csrf.as_str()), ("once", once.as_str())];
    for _ in 0..2 {
        let row = in_place.post(&action, &fields);
        assert_eq!(row.status, 200);
        assert!(
            row.body.trim_start().starts_with("<li") && row.body.contains("Dealt with: Aoife"),
            "{}",
            row.body
        );
        assert!(!row.body.contains("<form"));
    }
    let plain = visitor.post(&action, &fields);
    assert!(plain.location().contains("again=1"), "{plain:?}");
    let page = visitor.get(plain.location());
    assert!(page.body.contains("data-badge>1<"));
    assert_eq!(lines(&page), ["Another one"]);
    assert!(
        lines(&visitor.get("/ops/activity"))
            .contains(&"A message could not be worked through".to_owned())
    );
    for (path, status) in [
        ("/ops/activity/999999/dismiss", 404),
        ("/ops/activity/x/dismiss", 404),
    ] {
        assert_eq!(visitor.send(&page, path, &[]).status, status);
    }
    assert_eq!(
        world.count("activity_dismissals WHERE actor = 'ops:Aoife'"),
        1
    );
}

#[test]
fn the_badge_is_on_refusals_too() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Viewer);
    needs_somebody(&world, "something odd");
    needs_somebody(&world, "something else");
    for (path, status) in [("/ops/nothing", 404), ("/ops/orders/new", 403)] {
        let page = visitor.get(path);
        assert_eq!(page.status, status, "{path}");
        assert!(page.body.contains("data-badge>2<"), "{path}: {}", page.body);
        assert!(page.body.contains("data-stream="), "{path}");
        assert!(
            page.header("content-security-policy")
                .contains("default-src 'none'")
        );
    }
}

#[test]
fn parts_of_the_program_have_names_that_people_know() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Viewer);
    let order = world.order("CUP-1").id;
    world.execute("DELETE FROM activity");
    for (actor, what) in [
        ("outbox", "mail came back: link"),
        ("payer", "the payment page was opened"),
        ("stripe, by webhook", "refunded at Stripe"),
        ("mail server", "no such address"),
        ("ops:Tom Keane", "order changed"),
    ] {
        world.execute(&format!(
            "INSERT INTO activity (at, order_id, category, level, actor, what) \
             VALUES (now(), '{order}', 'order', 'info', '{actor}', '{what}')"
        ));
    }
    world.execute(
        "INSERT INTO activity (at, category, level, actor, what) VALUES (now(), 'webhook', 'attention', 'stripe', \
         'an event of Stripe failed for good: charge.refunded (evt_1). GET /api/v1/events?state=failed says why; replay it')",
    );
    let text = visitor.get("/ops/activity").text();
    for said in [
        "A message of Stripe could not be worked through",
        "charge.refunded (evt_1)",
        "Freshmint",
        "Whoever has the link",
        "Money was given back",
        "The mail server",
        "Tom Keane",
        "What is owed, or whom we write to, was changed",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    for raw in [
        "Outbox",
        "/api/v1",
        "Payer",
        "Refunded at Stripe",
        "Order changed",
    ] {
        assert!(!text.contains(raw), "{raw}: {text}");
    }
    let story = visitor.get(&format!("/ops/orders/{order}")).text();
    let story = story.replace('\n', " ");
    assert!(story.contains("By whoever has the link ."), "{story}");
}

#[test]
fn times_are_the_shops() {
    let world = World::with(&[("TIME_ZONE", "Pacific/Auckland")]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Viewer);
    world.execute("INSERT INTO activity (at, category, level, actor, what) VALUES ('2026-01-14T12:30:00Z', 'mail', 'info', 'test', 'x')");
    let page = visitor.get("/ops/activity");
    assert!(
        page.body.contains("Thursday, 15 January 2026"),
        "{}",
        page.body
    );
    assert!(
        page.body
            .contains("<time datetime=\"2026-01-14T12:30:00Z\">01:30</time>"),
        "{}",
        page.body
    );
    assert!(page.body.contains("Times are those of Auckland."));
    let of = |day: &str| lines(&visitor.get(&format!("/ops/activity?until={day}"))).len();
    assert_eq!((of("2026-01-14"), of("2026-01-15")), (0, 1));
}

#[test]
fn lines_speak_as_pages_do_and_lead_to_their_order() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Viewer);
    let order = world.order("CUP-2026-017").id;
    world.execute("DELETE FROM activity");
    for (category, what, detail) in [
        ("order", "order open → in_review", r#"{"to": "in_review"}"#),
        (
            "order",
            "order open → processing",
            r#"{"to": "processing"}"#,
        ),
        ("mail", "mail sent: blast", r#"{"kind": "blast"}"#),
    ] {
        world.execute(&format!(
            "INSERT INTO activity (at, order_id, category, level, actor, what, detail) \
             VALUES (now(), '{order}', '{category}', 'info', 'stripe, by webhook', '{what}', '{detail}')"
        ));
    }
    let page = visitor.get("/ops/activity");
    let mut said = lines(&page);
    for line in &mut said {
        *line = line.rsplit(": ").next().unwrap().to_owned();
    }
    assert_eq!(
        said,
        [
            "one of a mailing",
            "A bank debit was begun",
            "The order is now being checked"
        ]
    );
    assert!(page.body.contains(&format!("href=\"/ops/orders/{order}\"")));
    assert!(!page.body.contains("by webhook"));
}

#[test]
fn a_line_that_needs_somebody_says_what_is_wanted_and_leads_there() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Viewer);
    let id = "0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11";
    for (category, what, detail) in [
        (
            "blast",
            "mailing written: Cup",
            r#"{"blast": "ID", "waits": "draft"}"#,
        ),
        (
            "mail",
            "mail given up: blast",
            r#"{"mail": "ID", "kind": "blast"}"#,
        ),
        (
            "webhook",
            "an event of Stripe failed for good: x (evt_1). GET /",
            r#"{"event": "evt_1"}"#,
        ),
    ] {
        let detail = detail.replace("ID", id);
        world.execute(&format!(
            "INSERT INTO activity (at, category, level, actor, what, detail) \
             VALUES (now(), '{category}', 'attention', 'outbox', '{what}', '{detail}')"
        ));
    }
    let page = visitor.get("/ops/activity?tab=attention");
    for to in [
        format!("/ops/blasts/{id}"),
        format!("/ops/mail/{id}"),
        "/ops/events?q=evt%5F1".to_owned(),
    ] {
        assert!(
            page.body.contains(&format!("href=\"{to}\"")),
            "{to}: {}",
            page.body
        );
    }
    let text = page.text();
    assert!(text.contains("Mailing written: Cup"), "{text}");
    assert!(text.contains("It waits for an approval."), "{text}");
}

#[test]
fn a_switch_is_told_by_its_name_on_the_page() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Viewer);
    let off = json!({ "reminders_enabled": false });
    let answer = world.api(Role::Admin, reqwest::Method::PUT, "/settings", Some(off));
    assert_eq!(answer.status, 200, "{answer:?}");
    let said = lines(&visitor.get("/ops/activity?category=settings"));
    assert_eq!(
        said,
        ["Settings changed: “Remind whoever left a payment page of yours” is off"]
    );
}

/// A transaction's number is a number: one digit more comes later.
#[test]
fn lines_come_in_the_order_of_their_transactions() {
    let world = World::new();
    world.execute("DELETE FROM activity");
    let line = |xact: i64| {
        world.execute(&format!(
            "INSERT INTO activity (at, category, level, actor, what, xact) \
             VALUES (now(), 'order', 'info', 'test', 'of {xact}', '{xact}')"
        ));
    };
    line(10);
    line(9);
    let read = world.app.db.run_blocking(|connection| {
        let first = live::after(connection, Place::kept((0, 0)), 1)?;
        let second = live::after(connection, first[0].place, 1)?;
        Ok((first[0].id, second[0].id, live::settled(connection)?))
    });
    let (first, second, last) = read.expect("the database answers");
    assert!(first > second, "that of 9 was written after that of 10");
    assert_eq!(last, second);
}
