//! What became of the carts, in figures.

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{an_hour, left, opened, shop};
use crate::support::{World, browser::runtime, world::session_in};

fn figures(world: &World, days: &str) -> Value {
    let path = format!("/stats/recovery{days}");
    world.api(Role::Viewer, Method::GET, &path, None).json()
}

#[test]
fn count_who_left_who_was_written_to_and_who_came_back() {
    let world = shop();
    for address in ["ann", "ben", "cem"] {
        left(&world, Some(&format!("{address}@example.org")));
    }
    left(&world, None);
    left(&world, Some("ann@example.org"));
    an_hour(&world);
    assert_eq!(world.carry().len(), 3);
    // Ann buys through our link, Ben with the shop's site, Cem after three days.
    let mail = world
        .mailbox()
        .mails()
        .into_iter()
        .find(|mail| mail.to == ["ann@example.org"])
        .expect("Ann's mail");
    let links = mail.links();
    let link = links
        .iter()
        .find(|link| link.contains("/pay/"))
        .expect("a link");
    let answer = world.get(&link[link.find("/pay/").expect("a path")..]);
    world
        .stripe
        .pay(&session_in(answer.location()))
        .expect("it is open");
    world
        .stripe
        .pay(&opened(&world, Some("ben@example.org")))
        .expect("it is open");
    world.deliver();
    world.pass(Duration::days(3));
    world
        .stripe
        .pay(&opened(&world, Some("cem@example.org")))
        .expect("it is open");
    world.deliver();
    assert_eq!(
        figures(&world, ""),
        json!({
            "days": 30, "abandoned": 5, "with_email": 4,
            "reminders_sent": 3, "reminders_scheduled": 0,
            "not_sent": { "no_email": 1, "recently_reminded": 1 },
            "recovered": 3, "recovery_rate": 0.75, "bought_through_link": 1,
            "amounts": { "eur": { "abandoned": 31250, "recovered": 18750, "through_link": 6250 } },
        })
    );
    assert_eq!(figures(&world, "?days=2")["abandoned"], 0);
}

#[test]
fn of_nothing_are_nothing_and_odd_days_are_refused() {
    let world = World::new();
    let none = figures(&world, "?days=7");
    assert_eq!(
        (&none["abandoned"], &none["recovery_rate"]),
        (&json!(0), &json!(null))
    );
    for days in ["0", "-1", "367", "x", ""] {
        let path = format!("/stats/recovery?days={days}");
        let answer = world.api(Role::Viewer, Method::GET, &path, None);
        assert_eq!(answer.status, 400, "{days}");
    }
}

#[test]
fn at_the_edge_of_the_days_a_prune_changes_nothing() {
    let world = shop();
    left(&world, Some("ann@example.org"));
    // On the thirtieth day, and more than thirty times 24 hours ago.
    let expired =
        world.text("SELECT to_char(expired_at AT TIME ZONE 'UTC', 'HH24') AS text FROM carts");
    let hour: i64 = expired.parse().expect("an hour");
    world.pass(Duration::days(30) + Duration::hours(23 - hour));
    let before = figures(&world, "?days=30");
    assert_eq!(before["abandoned"], 1);
    runtime()
        .block_on(freshmint::retention::prune(&world.app, "test"))
        .expect("the database answers");
    let after = figures(&world, "?days=30");
    assert_eq!(
        (&after["abandoned"], &after["amounts"]),
        (&before["abandoned"], &before["amounts"])
    );
}

#[test]
fn what_has_been_pruned_still_counts() {
    let world = shop();
    left(&world, Some("ann@example.org"));
    left(&world, Some("ben@example.org"));
    left(&world, Some("ben@example.org"));
    left(&world, None);
    an_hour(&world);
    assert_eq!(world.carry().len(), 2);
    world
        .stripe
        .pay(&opened(&world, Some("ben@example.org")))
        .expect("it is open");
    world.deliver();
    // As the event of a checkout that was opened with a live key.
    world.execute("UPDATE reminder_decisions SET reason = 'test_mode' WHERE reason = 'no_email'");
    let before = figures(&world, "?days=60");
    world.pass(Duration::days(31));
    let (code, out, said) = world.command(&["prune"]);
    assert_eq!(code, 0, "{out}{said}");
    runtime()
        .block_on(freshmint::retention::prune(&world.app, "test"))
        .expect("the database answers");
    assert_eq!(world.count("carts"), 0);
    let after = figures(&world, "?days=60");
    assert_eq!(after, before);
    assert_eq!(
        (&after["abandoned"], &after["recovered"], &after["not_sent"]),
        (
            &json!(3),
            &json!(2),
            &json!({ "recently_reminded": 1, "test_mode": 1 })
        )
    );
}

/// Not only what was paid by card: also in cash, or with a bank debit that takes its days.
#[test]
fn whoever_pays_cash_or_has_a_debit_on_its_way_has_come_back() {
    let world = shop();
    for name in ["ann", "ben", "cem", "dee"] {
        left(&world, Some(&format!("{name}@example.org")));
    }
    an_hour(&world);
    let order = |name: &str| {
        let email = json!({ "email": format!("{name}@example.org") });
        world.order_with(&format!("CUP-{name}"), email)
    };
    let path = format!("/orders/{}/settle", order("ann").id);
    let body = json!({ "how": "cash" });
    let answer = world.api(Role::Operator, Method::POST, &path, Some(body));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let debits = ["ben", "cem"].map(|name| {
        let session = world.click_through(&order(name));
        world.stripe.start_debit(&session).expect("it is open");
        session
    });
    world.deliver();
    assert_eq!(figures(&world, "")["recovered"], 3);
    // One arrives after days, the other does not.
    world.pass(Duration::days(3));
    for (session, arrives) in debits.iter().zip([true, false]) {
        let settled = world.stripe.settle_debit(session, arrives);
        settled.expect("it is on its way");
    }
    world.deliver();
    assert_eq!(figures(&world, "")["recovered"], 2);
}
