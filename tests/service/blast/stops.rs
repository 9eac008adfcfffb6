//! A mailing stops itself where too much comes back, or where Stripe opens no checkout.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    done, show, started, state,
    wave::{families, look, replies, shop, with_wave},
};
use crate::{
    simulator::{Call, Fault},
    support::{Process, World},
};

/// A mailing of which so many mails have come back, so many were accepted, and one is still to go.
fn gone_wrong(world: &World, bounced: usize, handed_over: usize) -> String {
    super::family(world, "MANY-1", "many1@example.org");
    world.execute(&format!(
        "INSERT INTO orders (id, content_hash, reference, email, name, locale, currency, amount_total, lines, mode, created_at) \
         SELECT gen_random_uuid(), '', 'MANY-' || n, 'many' || n || '@example.org', 'Kim ' || n, locale, currency, \
             amount_total, lines, mode, created_at FROM orders, generate_series(2, {}) n",
        handed_over + 1
    ));
    let id = super::written(world, json!({ "filter": {} }));
    started(world, &id);
    world.execute(&format!(
        "UPDATE outbox SET state = 'sent', sent_at = now() WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT {handed_over})"
    ));
    world.execute(&format!(
        "UPDATE outbox SET state = 'bounced', sent_at = NULL, last_error = '550 5.1.1 gone' \
         WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT {bounced})"
    ));
    id
}

#[test]
fn five_that_are_three_of_a_hundred_stop_it() {
    for (bounced, handed_over, shown) in
        [(4, 133, "sending"), (5, 166, "paused"), (5, 167, "sending")]
    {
        let world = shop();
        let id = gone_wrong(&world, bounced, handed_over);
        look(&world);
        assert_eq!(state(&world, &id), shown, "{bounced} of {handed_over}");
    }
}

#[test]
fn resumed_it_stops_for_what_comes_after_what_a_person_knows_of() {
    let world = shop();
    let id = gone_wrong(&world, 6, 100);
    look(&world);
    let because = show(&world, &id)["paused_because"].to_string();
    assert!(because.contains("6 of 100 mails came back"), "{because}");
    done(&world, &id, "resume");
    look(&world);
    assert_eq!(state(&world, &id), "sending");
    let more = |count: usize| {
        world.execute(&format!(
            "UPDATE outbox SET state = 'bounced', sent_at = NULL, last_error = '550' \
             WHERE id IN (SELECT id FROM outbox WHERE state = 'sent' ORDER BY id LIMIT {count})"
        ))
    };
    more(4);
    look(&world);
    assert_eq!(state(&world, &id), "sending");
    more(1);
    look(&world);
    assert_eq!(state(&world, &id), "paused");
}

#[test]
fn a_worker_stops_it_while_most_of_it_is_still_in_the_queue() {
    let world = World::with_mailbox(&[("MAIL_PER_SECOND", "30")]);
    families(&world, 150);
    let bad: Vec<usize> = (1..=150).filter(|n| n % 4 == 0).collect();
    replies(&world, &bad, 550, "5.2.1 disabled");
    let id = super::written(&world, json!({ "filter": {} }));
    started(&world, &id);
    let worker = Process::work(world.settings());
    let begun = Instant::now();
    while state(&world, &id) == "sending" && begun.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(50));
    }
    let counts = show(&world, &id)["counts"].clone();
    worker.kill();
    assert_eq!(state(&world, &id), "paused", "{counts}");
    assert!(counts["bounced"].as_i64().unwrap() < 10, "{counts}");
    assert!(counts["queued"].as_i64().unwrap() > 100, "{counts}");
}

/// Stripe has opened no checkout for an order.
fn refused(world: &World, reference: &str, minutes_ago: i64) {
    world.execute(&format!(
        "INSERT INTO activity (at, order_id, category, level, actor, what, detail) \
         SELECT now() - interval '{minutes_ago} minutes', id, 'checkout', 'attention', 'stripe', 'refused', '{{}}' \
         FROM orders WHERE reference = '{reference}'"
    ));
}

#[test]
fn refused_checkouts_of_three_orders_within_ten_minutes_stop_it() {
    let world = shop();
    families(&world, 5);
    super::family(&world, "OTHER", "other@example.org");
    let id = super::written(
        &world,
        json!({ "references": ["CUP-1", "CUP-2", "CUP-3", "CUP-4", "CUP-5"] }),
    );
    started(&world, &id);
    world.execute("UPDATE blasts SET started_at = started_at - interval '1 hour'");
    for (reference, minutes_ago) in [
        ("CUP-1", 1),
        ("CUP-1", 2),
        ("CUP-2", 9),
        ("OTHER", 1),
        ("CUP-3", 11),
    ] {
        refused(&world, reference, minutes_ago);
    }
    look(&world);
    assert_eq!(state(&world, &id), "sending");
    refused(&world, "CUP-4", 3);
    look(&world);
    let blast = show(&world, &id);
    assert_eq!(blast["state"], "paused");
    assert!(
        blast["paused_because"]
            .as_str()
            .unwrap()
            .contains("for 3 of its orders")
    );
    done(&world, &id, "resume");
    look(&world);
    assert_eq!(state(&world, &id), "sending", "a person knows of those");
}

#[test]
fn three_families_who_click_and_see_no_payment_page_stop_it() {
    let world = World::new();
    let orders = super::families(&world, 5);
    let id = super::to_all(&world);
    started(&world, &id);
    let refuse = Fault::Refuse {
        status: 400,
        code: "",
        message: "This account cannot make charges".to_owned(),
    };
    world.stripe.inject(Call::CreateSession, refuse, usize::MAX);
    for order in [&orders[0], &orders[0], &orders[1]] {
        assert_eq!(world.click(order).status, 502);
    }
    look(&world);
    assert_eq!(state(&world, &id), "sending", "two families");
    assert_eq!(world.click(&orders[2]).status, 502);
    look(&world);
    let blast = show(&world, &id);
    assert_eq!(blast["state"], "paused");
    let because = blast["paused_because"].as_str().unwrap();
    assert!(because.contains("for 3 of its orders"), "{because}");
}

#[test]
fn each_stop_is_told_when_it_begins_and_when_it_is_over() {
    let world = World::with_mailbox(&[
        ("FIRST_WAVE_WAIT_SECONDS", "0"),
        ("ALERT_EMAIL", "treasurer@rovers.example.org"),
    ]);
    crate::alerts::tell(&world);
    families(&world, 12);
    let id = with_wave(&world, 4);
    world.execute(
        "UPDATE outbox SET state = 'bounced', last_error = '550 5.1.1 gone' WHERE wave = 'first'",
    );
    look(&world);
    world.pass(chrono::Duration::seconds(6));
    assert!(crate::alerts::tell(&world));
    let key = format!("stopped_mailing:{id}");
    let causes =
        world.texts("SELECT key AS text FROM alert_causes WHERE detail LIKE '%came back%'");
    assert_eq!(causes, [key], "and no second one for its line");
    let told = world.text(
        "SELECT subject || body AS text FROM outbox WHERE kind = 'alert' ORDER BY id DESC LIMIT 1",
    );
    assert!(told.contains("4 of the first 4 mails came back"), "{told}");
    assert!(told.contains("mailing Summer cup"), "{told}");
    done(&world, &id, "resume");
    crate::alerts::tell(&world);
    world.pass(chrono::Duration::minutes(1));
    crate::alerts::tell(&world);
    let over = "alert_causes WHERE over_at IS NOT NULL AND kind = 'stopped_mailing'";
    assert_eq!(world.count(over), 1);
}
