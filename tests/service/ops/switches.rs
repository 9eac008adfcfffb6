//! `/ops/settings`: what each switch does, to whom, and two people at once.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use crate::support::{Visitor, World};

fn setting(world: &World, key: &str) -> String {
    world.text(&format!("SELECT {key}::text AS text FROM settings"))
}

#[test]
fn viewers_read_the_switches_with_numbers_and_admins_are_offered_to_turn_them() {
    let world = World::with_mailbox(&[]);
    for number in 0..3 {
        world.order(&format!("CUP-{number}"));
    }
    world.order_with("CUP-4", json!({ "remind": false }));
    world.abandon(&world.order("CUP-5"));
    let viewer = Visitor::signed_in(&world, "Vera", Role::Viewer);
    let page = viewer.get("/ops/settings");
    let text = page.text().replace('\n', " ");
    for said in [
        "3 orders may get a reminder, 1 is due.",
        "One mail, an hour after the page has closed.",
        "0 people here may approve a mailing.",
        "Admins change these.",
        "our own words",
        "90 days",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!page.body.contains("/ops/settings/"), "nothing is offered");
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    assert!(
        !operator
            .get("/ops/settings")
            .body
            .contains("/ops/settings/")
    );
    assert_eq!(operator.get("/ops/settings/orphan_cases/on").status, 403);
    let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
    let page = admin.get("/ops/settings");
    for there in [
        "/ops/settings/reminders_enabled/off",
        "/ops/settings/recovery_enabled/on",
        "/ops/settings/two_person_approval/on",
        "/ops/settings/orphan_cases/on",
        "/ops/settings/retention",
    ] {
        assert!(page.body.contains(there), "{there}");
    }
    assert!(
        page.text()
            .replace('\n', " ")
            .contains("2 people here may approve a mailing.")
    );
}

#[test]
fn a_switch_is_turned_once_and_the_second_of_two_people_is_told() {
    let world = World::with_mailbox(&[]);
    world.abandon(&world.order("CUP-1"));
    world.order("CUP-2");
    let (tom, ann) = (
        Visitor::signed_in(&world, "Tom", Role::Admin),
        Visitor::signed_in(&world, "Ann", Role::Admin),
    );
    let path = "/ops/settings/reminders_enabled/off";
    let (his, hers) = (tom.get(path), ann.get(path));
    let text = his.text().replace('\n', " ");
    for said in [
        "Turn off reminders for your orders?",
        "1 order could have been",
        "1 reminder that is due",
        "Mailings and links that you send yourself go out.",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(
        setting(&world, "reminders_enabled"),
        "true",
        "a look changes nothing"
    );
    let done = tom.send(&his, path, &[]);
    assert_eq!(done.status, 303);
    assert!(
        tom.get(done.location())
            .text()
            .replace('\n', " ")
            .contains("Turned off: reminders for your orders")
    );
    assert_eq!(setting(&world, "reminders_enabled"), "false");
    // Somebody turns it on again by the API; the form from before must not turn it off unseen.
    let late = ann.send(&hers, path, &[]);
    assert_eq!(late.status, 409);
    assert!(
        late.text()
            .replace('\n', " ")
            .contains("It is off already. The last change was made"),
        "{}",
        late.text().replace('\n', " ")
    );
    assert!(
        late.text().replace('\n', " ").contains(": Tom."),
        "{}",
        late.text().replace('\n', " ")
    );
    assert_eq!(tom.get(path).status, 409);
    let off = tom.get("/ops/settings").text().replace('\n', " ");
    assert!(off.contains("On, 1 order could get a reminder."), "{off}");
    let again = tom.send(&his, path, &[]);
    assert!(again.location().contains("again=1"));
    assert_eq!(world.count("activity WHERE category = 'settings'"), 1);
    for odd in [
        "/ops/settings/nothing/on",
        "/ops/settings/orphan_cases/maybe",
    ] {
        assert_eq!(tom.get(odd).status, 404, "{odd}");
    }
}

#[test]
fn what_is_paid_for_our_own_orders_would_be_no_case() {
    let world = World::new();
    let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
    let (page, ask) = ("/ops/settings", "/ops/settings/orphan_cases/on");
    let says = |path: &str, said: &str| {
        let text = admin.get(path).text().replace('\n', " ");
        assert!(text.contains(said), "{said}: {text}");
    };
    let ours = world.click_through(&world.order("CUP-1"));
    world.stripe.pay(&ours).expect("open");
    world.deliver();
    says(page, "Last 30 days it would have been 0 cases.");
    says(ask, "In the last 30 days it would have been 0 cases.");
    let theirs = world.stripe.open_foreign_session(json!({
        "mode": "payment",
        "customer_email": "kim@example.net",
        "line_items": [{ "quantity": 1, "price_data": {
            "currency": "eur", "unit_amount": 2_900, "product_data": { "name": "Scarf" } } }],
        "success_url": "https://shop.example/",
    }));
    let theirs = theirs.expect("a session")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    world.stripe.pay(&theirs).expect("open");
    world.deliver();
    says(page, "Last 30 days it would have been 1 case.");
    says(ask, "In the last 30 days it would have been 1 case.");
}

#[test]
fn every_switch_can_be_turned_on_and_off() {
    let world = World::new();
    let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
    for (key, first, second) in [
        ("recovery_enabled", "on", "off"),
        ("reminders_enabled", "off", "on"),
        ("orphan_cases", "on", "off"),
        ("two_person_approval", "on", "off"),
    ] {
        for to in [first, second] {
            let path = format!("/ops/settings/{key}/{to}");
            let ask = admin.get(&path);
            assert_eq!(ask.status, 200, "{path}");
            assert!(
                ask.text().replace('\n', " ").contains("What happens")
                    && ask.text().replace('\n', " ").contains("What does not")
            );
            assert_eq!(admin.send(&ask, &path, &[]).status, 303, "{path}");
            assert_eq!(setting(&world, key), (to == "on").to_string());
        }
    }
}

#[test]
fn the_words_are_saved_unless_somebody_was_first() {
    let world = World::new();
    let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
    let path = "/ops/settings/notice";
    let page = admin.get("/ops/settings");
    let save = |page, text: &str, seen: &str| {
        admin.send(page, path, &[("notice_text", text), ("seen", seen)])
    };
    assert_eq!(save(&page, "One mail.\r\nNo more.", "").status, 303);
    assert_eq!(setting(&world, "notice_text"), "One mail.\nNo more.");
    let page = admin.get("/ops/settings");
    let body = json!({ "notice_text": "<b>Another</b>" });
    assert_eq!(
        world
            .api(Role::Admin, Method::PUT, "/settings", Some(body))
            .status,
        200
    );
    let late = save(&page, "Mine", "One mail.\r\nNo more.");
    assert_eq!(late.status, 409);
    let text = late.text().replace('\n', " ");
    assert!(
        text.contains("Somebody was first: now it says “<b>Another</b>”."),
        "{text}"
    );
    assert!(
        text.contains("Mine") && !late.body.contains("<b>"),
        "what was typed stays: {text}"
    );
    assert_eq!(setting(&world, "notice_text"), "<b>Another</b>");
    // Sent again from the page that told so, it is saved.
    assert_eq!(save(&late, "Mine", "<b>Another</b>").status, 303);
    assert_eq!(setting(&world, "notice_text"), "Mine");
    let page = admin.get("/ops/settings");
    let wrong = save(&page, &"x".repeat(1_201), "Mine");
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("aria-invalid"));
    assert_eq!(save(&page, "  ", "Mine").status, 303);
    assert_eq!(world.count("settings WHERE notice_text IS NULL"), 1);
}

#[test]
fn what_would_be_deleted_is_counted_before_days_are_saved() {
    let world = World::new();
    world.execute(
        "INSERT INTO activity (at, category, level, actor, what) \
         SELECT now() - interval '20 days', 'mail', 'info', 'test', 'x' FROM generate_series(1, 12)",
    );
    world.execute(
        "INSERT INTO stripe_events (id, type, body, received_at, state, last_error) \
         VALUES ('evt_1', 'x', '{}', now() - interval '40 days', 'processed', NULL), \
                ('evt_2', 'x', '{}', now() - interval '40 days', 'failed', 'x')",
    );
    let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
    let days = |activity: &str, events: &str| {
        format!(
            "/ops/settings/retention?recovered_orders_days=30&activity_days={activity}&events_days={events}"
        )
    };
    let none = admin.get(&days("90", "60")).text().replace('\n', " ");
    assert!(none.contains("finds nothing to delete"), "{none}");
    let ask = admin.get(&days("14", "31"));
    let text = ask.text().replace('\n', " ");
    assert!(
        text.contains("The next nightly run deletes 12 lines of Activity, 1 message of Stripe’s."),
        "{text}"
    );
    assert!(
        text.contains("Lines of Activity: 14 days from now on, until now 90."),
        "{text}"
    );
    assert_eq!(
        world.count("activity WHERE what = 'x'"),
        12,
        "a look changes nothing"
    );
    let fields = |activity: &'static str| {
        [
            ("recovered_orders_days", "30"),
            ("activity_days", activity),
            ("events_days", "31"),
            ("seen", "30,90,60"),
        ]
    };
    let action = "/ops/settings/retention";
    assert_eq!(admin.send(&ask, action, &fields("14")).status, 303);
    assert_eq!(setting(&world, "activity_days"), "14");
    let other = Visitor::signed_in(&world, "Ann", Role::Admin);
    let late = other.send(&other.get("/ops/settings"), action, &fields("30"));
    assert_eq!(late.status, 409);
    assert!(
        late.text()
            .replace('\n', " ")
            .contains("lines of Activity 14"),
        "{}",
        late.text().replace('\n', " ")
    );
    for (activity, events) in [
        ("6", "60"),
        ("x", "60"),
        ("90", "30"),
        ("", ""),
        ("99999999999", "60"),
    ] {
        let wrong = admin.get(&days(activity, events));
        assert_eq!(wrong.status, 422, "{activity} {events}");
        assert!(wrong.body.contains("A number of days from"));
        assert!(
            wrong.body.contains("role=\"alert\"") && wrong.body.contains("<li><a href=\"#"),
            "{}",
            wrong.body
        );
    }
    let (code, _, _) = world.command(&["prune"]);
    assert_eq!(code, 0);
    assert_eq!(
        world.count("activity WHERE what = 'x'"),
        0,
        "as it was counted"
    );
    assert_eq!(
        world.texts("SELECT id AS text FROM stripe_events"),
        ["evt_2"]
    );
}
