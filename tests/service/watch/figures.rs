//! What stands in the database, told by each process with a worker.

use std::collections::BTreeMap;

use chrono::Duration;
use serde_json::json;

use super::{looked, told};
use crate::support::{Order, World, runtime};

fn of(told: &BTreeMap<String, f64>, metric: &str) -> BTreeMap<String, f64> {
    let named = told.iter().filter(|(name, _)| name.starts_with(metric));
    let labels = named.map(|(name, value)| (name[metric.len()..].to_owned(), *value));
    labels.collect()
}

/// A link that was mailed, opened, and not paid.
fn stranded(world: &World, reference: &str) -> Order {
    let order = world.order(reference);
    world.queue_link(&order);
    world.carry();
    world.abandon(&order);
    order
}

#[test]
fn three_replicas_tell_the_same_and_a_replica_without_a_worker_nothing() {
    let world = World::with_mailbox(&[]);
    stranded(&world, "CUP-1");
    let apps = [world.app.clone(), world.another_app(), world.another_app()];
    for app in &apps {
        let told = looked(app);
        assert_eq!(told["freshmint_stranded_orders{blast=\"none\"}"], 1.0);
        assert_eq!(told["freshmint_stranded_orders{blast=\"other\"}"], 0.0);
        let owed = told["freshmint_stranded_amount_minor_units{currency=\"eur\"}"];
        assert_eq!(owed, 4500.0);
        assert_eq!(told["freshmint_dead_links_last_day"], 1.0);
        assert_eq!(told["freshmint_paid_orders_last_day"], 0.0);
    }
    let web_only = world.another_app();
    let told = told(&web_only);
    assert!(
        told.keys().all(|name| !name.contains("stranded")),
        "{told:?}"
    );
    assert!(told.contains_key("freshmint_click_seconds_count"));
}

#[test]
fn what_was_looked_up_long_ago_is_told_no_more() {
    let world = World::new();
    let name = "freshmint_figures_timestamp_seconds";
    assert!(looked(&world.app).contains_key(name));
    world.pass(Duration::minutes(4));
    assert!(told(&world.app).contains_key(name));
    world.pass(Duration::minutes(1));
    assert!(!told(&world.app).contains_key(name));
    // What the database refuses says nothing of others, and is no reason to stand still.
    world.execute("ALTER TABLE sweeps RENAME TO elsewhere");
    assert!(!looked(&world.app).contains_key(name));
    world.execute("ALTER TABLE elsewhere RENAME TO sweeps");
    assert!(looked(&world.app).contains_key(name));
}

#[test]
fn dead_links_are_told_by_mailing_and_there_are_never_many_series() {
    let world = World::with_mailbox(&[]);
    let orders = ["CUP-1", "CUP-2", "CUP-3"].map(|reference| stranded(&world, reference));
    // Thirty mailings; the second order had two of them, the newer one counts.
    world.execute(
        "INSERT INTO blasts (id, name, subject, body, selection, state, author, created_at, started_at) \
         SELECT lpad(n::text, 32, '0')::uuid, 'kim@example.org', '', '', '{\"references\": []}', \
             CASE WHEN n = 30 THEN 'recalled' ELSE 'sending' END, '', now(), now() \
         FROM generate_series(1, 30) n",
    );
    for (order, mailing) in [(0, 1), (1, 1), (1, 29), (2, 30)] {
        world.execute(&format!(
            "WITH mail AS (INSERT INTO outbox (id, kind, blast_id, address_hash, message_id, state, handed_over, \
                 sent_at, created_at, queued_at, not_before) \
                 SELECT ('f' || lpad('{mailing}', 31, '0'))::uuid, 'blast', lpad('{mailing}', 32, '0')::uuid, \
                     decode(repeat('00', 16), 'hex'), \
                     'm{order}-{mailing}', 'sent', true, now(), now(), now(), now() \
                 ON CONFLICT (id) DO UPDATE SET subject = NULL RETURNING id) \
             INSERT INTO outbox_orders (mail_id, order_id, kind, blast_id, version, link_version) \
             SELECT id, '{}', 'blast', lpad('{mailing}', 32, '0')::uuid, 1, 1 FROM mail",
            orders[order].id
        ));
    }
    let told = of(&looked(&world.app), "freshmint_stranded_orders");
    assert_eq!(told.len(), 22);
    assert_eq!(
        told["{blast=\"00000000-0000-0000-0000-000000000029\"}"],
        1.0
    );
    assert_eq!(told["{blast=\"other\"}"], 2.0);
    assert_eq!(told["{blast=\"none\"}"], 0.0);
    assert_eq!(told.values().sum::<f64>(), 3.0);
    // Paid, it is gone, and its series goes with its mailing.
    world.execute(&format!(
        "UPDATE orders SET settled_at = now(), settled_how = 'cash' WHERE id = '{}'",
        orders[1].id
    ));
    world.execute("UPDATE blasts SET state = 'cancelled' WHERE id <> lpad('29', 32, '0')::uuid");
    let told = of(&looked(&world.app), "freshmint_stranded_orders");
    assert_eq!(told.len(), 3);
    assert_eq!(
        told["{blast=\"00000000-0000-0000-0000-000000000029\"}"],
        0.0
    );
}

#[test]
fn a_day_of_links_that_died_payments_and_reminders() {
    let world = World::with_mailbox(&[]);
    let early = stranded(&world, "EARLY");
    world.pass(Duration::hours(30));
    stranded(&world, "DEAD-1");
    world.pass(Duration::hours(1));
    stranded(&world, "DEAD-2");
    let paid = world.order("PAID");
    let session = world.click_through(&paid);
    world.stripe.pay(&session).unwrap();
    let alive = world.order("ALIVE");
    world.click_through(&alive);
    world.deliver();
    let told = looked(&world.app);
    assert_eq!(told["freshmint_dead_links_last_day"], 1.0, "a day each");
    assert_eq!(told["freshmint_paid_orders_last_day"], 1.0);
    let reminders = of(&told, "freshmint_reminder_decisions_last_day");
    assert_eq!(
        reminders["{decision=\"scheduled\",reason=\"\"}"], 1.0,
        "a day each"
    );
    assert_eq!(world.status(&early), "open");
    world.pass(Duration::hours(25));
    let told = looked(&world.app);
    assert_eq!(told["freshmint_paid_orders_last_day"], 0.0);
    // Nobody told us, and the checkout's time is over.
    assert_eq!(told["freshmint_dead_links_last_day"], 1.0);
}

#[test]
fn cases_mails_events_and_the_last_webhook() {
    let world = World::with_mailbox(&[]);
    let told = looked(&world.app);
    assert_eq!(told["freshmint_open_cases{kind=\"mismatch\"}"], 0.0);
    assert_eq!(of(&told, "freshmint_oldest_open_case").len(), 0);
    assert_eq!(of(&told, "freshmint_last_webhook").len(), 0);
    assert_eq!(told["freshmint_failed_events"], 0.0);

    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world.deliver();
    let opened = world.now();
    world.execute(&format!(
        "INSERT INTO cases (id, kind, about, amount, currency, opened_at) \
         VALUES (gen_random_uuid(), 'orphan', 'cs_1', 1, 'eur', '{}')",
        opened.to_rfc3339()
    ));
    world.execute(
        "INSERT INTO stripe_events (id, type, body, received_at, state, last_error) \
         VALUES ('evt_1', 'price.created', '{}', now() - interval '1 hour', 'failed', 'no')",
    );
    world.queue_link(&world.order("CUP-2"));
    let told = looked(&world.app);
    assert_eq!(told["freshmint_open_cases{kind=\"orphan\"}"], 1.0);
    let oldest = told["freshmint_oldest_open_case_timestamp_seconds"];
    assert_eq!(oldest, opened.timestamp() as f64);
    assert_eq!(told["freshmint_failed_events"], 1.0);
    assert_eq!(told["freshmint_outbox_mails{state=\"queued\"}"], 1.0);
    assert_eq!(told["freshmint_outbox_mails{state=\"unknown\"}"], 0.0);
    let since = told["freshmint_outbox_oldest_timestamp_seconds{state=\"queued\"}"];
    let last = told["freshmint_last_webhook_timestamp_seconds"];
    for time in [since, last] {
        assert!(
            (time - world.now().timestamp() as f64).abs() < 60.0,
            "{told:?}"
        );
    }
    // Nobody's address, name or reference.
    let text = world.app.metrics.text(world.now());
    for foreign in ["@", "CUP", "Kim"] {
        assert!(!text.contains(foreign), "{text}");
    }
}

/// The replica that looks at Stripe is another one each time. What one of them saw once must not be told
/// for ever: `max()` over all replicas would never come down.
#[test]
fn a_silence_that_comes_and_goes_is_told_by_every_replica_and_is_over_for_each() {
    let world = World::with_mailbox(&[]);
    let replicas = [world.app.clone(), world.another_app(), world.another_app()];
    let name = "freshmint_webhooks_silent";
    let told_by_all = || replicas.each_ref().map(|app| looked(app)[name]);
    let order = world.order("CUP-1");
    let sweep = |replica: usize| {
        runtime()
            .block_on(freshmint::sweep::look(
                &replicas[replica],
                freshmint::sweep::Look::Full,
            ))
            .expect("the database answers");
    };
    assert_eq!(told_by_all(), [0.0; 3]);
    // What happened before the first order, no webhook had to tell.
    world.pass(Duration::minutes(1));
    for round in 0..2 {
        // An event that no webhook brings; one replica finds it.
        world.stripe.set_webhook_url(None);
        let session = world.click_through(&order);
        world.stripe.expire(&session).unwrap();
        world.pass(Duration::minutes(20));
        sweep(round);
        assert_eq!(told_by_all(), [1.0; 3], "{round}");
        // Webhooks arrive again; another one finds that.
        let url = format!("{}/webhooks/stripe", world.url());
        world.stripe.set_webhook_url(Some(url));
        let other = world.order_with(&format!("CUP-{round}-B"), json!({}));
        let session = world.click_through(&other);
        world.stripe.expire(&session).unwrap();
        world.deliver();
        world.pass(Duration::minutes(20));
        sweep(2);
        assert_eq!(told_by_all(), [0.0; 3], "{round}");
    }
}

/// Looks again a quarter of an hour later.
fn looked_later(world: &World) -> String {
    world.execute("UPDATE chores SET due_at = now() WHERE name = 'dead_links'");
    looked(&world.app);
    world.text("SELECT orders::text || CASE WHEN since IS NULL THEN '' ELSE ' are too many' END AS text FROM dead_links")
}

#[test]
fn links_that_die_faster_than_they_are_paid_are_a_cause_until_they_do_not() {
    let world = World::with_mailbox(&[]);
    let orders: Vec<Order> = (1..=6).map(|n| world.order(&format!("CUP-{n}"))).collect();
    assert_eq!(looked_later(&world), "0");
    for order in &orders {
        world.click_through(order);
    }
    world.pass(Duration::hours(24) + Duration::minutes(1));
    assert_eq!(looked_later(&world), "6 are too many");
    let since = "SELECT since::text AS text FROM dead_links";
    let begun = world.text(since);
    // One replica looks, and not at once again.
    world.execute("UPDATE dead_links SET orders = 7");
    looked(&world.another_app());
    assert_eq!(
        world.text("SELECT orders::text AS text FROM dead_links"),
        "7"
    );
    assert_eq!(looked_later(&world), "6 are too many");
    assert_eq!(world.text(since), begun, "it goes on");
    // Somebody pays by the link that mints anew, and so fewer are left than are news.
    for order in &orders[..2] {
        let session = world.click_through(order);
        world.stripe.pay(&session).unwrap();
    }
    world.deliver();
    assert_eq!(looked_later(&world), "4");
}
