//! Carts that nobody paid for.

use chrono::Duration;
use freshmint::{
    recovery::{
        Asking, Decision,
        backfill::{Backfill, Wanted},
    },
    reminder::Terms,
};
use insta::assert_snapshot;
use reqwest::Method;

use super::{holds, left, opened, prune, reminded, shop, totals, try_to_prune};
use crate::support::{World, browser::runtime};

#[test]
fn a_cart_stays_for_thirty_days_and_goes_with_all_that_came_of_it() {
    let world = shop();
    let order = reminded(&world, "ann@example.org");
    world.pass(Duration::days(29));
    assert_eq!(prune(&world).carts, 0);
    assert_eq!(world.click(&order).status, 303, "its link works");
    world.pass(Duration::hours(24) + Duration::seconds(1));
    world.deliver();

    world.pass(Duration::days(1));
    let pruned = prune(&world);
    assert_eq!((pruned.carts, pruned.orders, pruned.mails), (1, 1, 1));
    for table in [
        "orders",
        "carts",
        "checkout_sessions",
        "session_orders",
        "reminder_decisions",
        "outbox",
        "outbox_orders",
        "activity WHERE order_id IS NOT NULL",
    ] {
        assert_eq!(world.count(table), 0, "{table}");
    }
    assert_eq!(
        totals(&world),
        [
            "eur abandoned: 1 3500",
            "eur reminded: 1 3500",
            "eur with_email: 1 3500"
        ]
    );
    world.pass(Duration::days(30));
    prune(&world);
    assert_eq!(holds(&world, "ann@example.org"), [""; 0]);
    assert_eq!(holds(&world, &order.reference), [""; 0]);
}

#[test]
fn its_link_says_that_it_has_run_out() {
    let world = shop();
    let order = reminded(&world, "ann@example.org");
    world.pass(Duration::days(31));
    assert_eq!(prune(&world).orders, 1);
    world.stripe.clear_requests();
    for answer in [world.click(&order), world.press(&order.path)] {
        assert_eq!(answer.status, 410);
        assert!(answer.body.contains("https://rovers.example.org/"));
    }
    let forged = format!("{}x", order.path);
    assert_eq!(world.get(&forged).status, 404);
    assert_eq!(world.ask(Method::OPTIONS, &order.path, &[]).status, 204);
    assert_eq!(world.traffic(), [""; 0]);
}

#[test]
fn who_unsubscribes_after_everything_is_gone_is_heard() {
    let world = shop();
    reminded(&world, "ann@example.org");
    let link = world.mailbox().mails()[0]
        .unsubscribe_url()
        .expect("RFC 8058");
    world.pass(Duration::days(31));
    prune(&world);
    assert_eq!(world.count("outbox"), 0);
    let path = &link[link.find("/unsubscribe/").unwrap()..];
    assert_eq!(world.press(path).status, 200);
    left(&world, Some("ann@example.org"));
    assert_eq!(
        world.texts("SELECT reason AS text FROM reminder_decisions"),
        ["suppressed"]
    );
}

#[test]
fn a_cart_that_led_to_no_order_goes_after_the_same_time() {
    let world = shop();
    left(&world, None);
    world.execute("UPDATE settings SET recovery_enabled = false");
    left(&world, Some("bo@example.org"));
    assert_eq!(world.count("orders"), 0);
    world.pass(Duration::days(29));
    assert_eq!(prune(&world).carts, 0);
    world.pass(Duration::days(2));
    let pruned = prune(&world);
    assert_eq!((pruned.carts, pruned.orders), (2, 0));
    assert_eq!(
        (
            world.count("carts"),
            world.count("checkout_sessions"),
            world.count("reminder_decisions")
        ),
        (0, 0, 0)
    );
    assert_eq!(
        totals(&world),
        [
            "eur abandoned: 2 7000",
            "eur not_sent: no_email: 1 3500",
            "eur not_sent: recovery_disabled: 1 3500",
            "eur with_email: 1 3500"
        ]
    );
}

#[test]
fn who_bought_within_two_days_is_counted_as_recovered_before_it_is_forgotten() {
    let world = shop();
    for (email, buys_after) in [
        ("ann@example.org", Some(Duration::hours(47))),
        ("bo@example.org", Some(Duration::hours(49))),
        ("cy@example.org", None),
    ] {
        left(&world, Some(email));
        if let Some(time) = buys_after {
            world.pass(time);
            world.stripe.pay(&opened(&world, Some(email))).unwrap();
            world.deliver();
        }
    }
    // Here, not with another system, and in other letters.
    left(&world, Some("di@example.org"));
    let bought = world.order_with("CUP-1", serde_json::json!({ "email": "DI@example.org" }));
    world.stripe.pay(&world.click_through(&bought)).unwrap();
    world.deliver();

    world.pass(Duration::days(31));
    let pruned = prune(&world);
    assert_eq!((pruned.carts, pruned.orders), (4, 4));
    assert_snapshot!(totals(&world).join("\n"), @r"
    eur abandoned: 4 14000
    eur not_sent: too_old: 4 14000
    eur recovered: 2 7000
    eur with_email: 4 14000
    ");
    assert_eq!((pruned.purchases, world.count("purchases")), (3, 0));
    assert_eq!(world.status(&bought), "paid");
    assert_eq!(prune(&world), freshmint::retention::Pruned::default());
}

#[test]
fn a_reminder_that_no_server_took_is_none_in_the_figures() {
    let world = shop();
    reminded(&world, "ann@example.org");
    world.execute("UPDATE reminder_decisions SET sent_at = NULL WHERE decision = 'sent'");
    world.pass(Duration::days(31));
    prune(&world);
    assert_eq!(
        totals(&world),
        [
            "eur abandoned: 1 3500",
            "eur not_sent: not_delivered: 1 3500",
            "eur with_email: 1 3500"
        ]
    );
}

#[test]
fn a_purchase_is_remembered_for_as_long_as_a_cart_needs_it_for_its_figures() {
    let world = shop();
    let order = reminded(&world, "ann@example.org");
    let bought = opened(&world, Some("ann@example.org"));
    world.stripe.pay(&bought).unwrap();
    world.deliver();
    world.pass(Duration::days(31));
    world.click_through(&order);
    let pruned = prune(&world);
    assert_eq!((pruned.carts, pruned.purchases), (0, 0));
    world.pass(Duration::hours(25));
    world.deliver();
    let pruned = prune(&world);
    assert_eq!((pruned.carts, pruned.purchases), (1, 1));
    assert!(totals(&world).contains(&"eur recovered: 1 3500".to_owned()));
}

#[test]
fn a_run_that_dies_between_two_batches_is_finished_by_the_next_and_nothing_counts_twice() {
    let world = World::new();
    many_carts(&world, 500);
    world.pass(Duration::days(31));
    world.execute(
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RAISE EXCEPTION 'the machine stops here'; END $$",
    );
    world.execute(
        "CREATE TRIGGER stops BEFORE DELETE ON checkout_sessions FOR EACH ROW \
         WHEN (OLD.stripe_id = 'cs_test_275') EXECUTE FUNCTION stop()",
    );
    assert!(try_to_prune(&world).is_err());
    let left = world.count("carts");
    assert!((1..500).contains(&left), "{left}");
    assert_eq!(world.count("checkout_sessions"), left);
    assert_eq!(
        totals(&world)[0],
        format!("eur abandoned: {0} {0}00", 500 - left)
    );

    world.execute("DROP TRIGGER stops ON checkout_sessions");
    assert_eq!(prune(&world).carts, left);
    assert_eq!(
        totals(&world),
        [
            "eur abandoned: 500 50000",
            "eur not_sent: no_email: 500 50000"
        ]
    );
    assert_eq!(world.count("checkout_sessions"), 0);
}

/// Somebody turns the setting up after a prune: what has gone is not new, and does not count again.
#[test]
fn what_is_gone_is_not_looked_at_again_whatever_the_setting_says_later() {
    let world = shop();
    reminded(&world, "ann@example.org");
    world.pass(Duration::days(31));
    assert_eq!(prune(&world).carts, 1);
    let figures = totals(&world);
    world.execute("UPDATE settings SET recovered_orders_days = 90");
    let (code, told, said) = world.command(&[
        "recovery",
        "backfill",
        "--from-stripe",
        "--since",
        "2020-01-01",
        "--max-age",
        "60d",
    ]);
    assert_eq!(code, 0, "{said}");
    assert!(told.contains("1 too_old"), "{told}");
    assert_eq!((world.count("carts"), world.count("outbox")), (0, 0));
    assert_eq!(totals(&world), figures);
}

/// A cart that a person looked at late is kept from then on: its link works, and who was written to is
/// remembered.
#[test]
fn a_cart_of_the_past_is_kept_from_the_day_on_which_somebody_asked() {
    let world = shop();
    world.execute("UPDATE settings SET recovery_enabled = false");
    left(&world, Some("ann@example.org"));
    world.execute("UPDATE settings SET recovery_enabled = true");
    world.pass(Duration::days(29));
    let asking = Asking {
        terms: Terms {
            max_age: Duration::days(30),
            ..world.app.reminders
        },
        by_hand: true,
        dry_run: false,
    };
    let ann = Wanted::Of("ann@example.org".to_owned());
    let decision = runtime()
        .block_on(Backfill::new(&world.app, asking).look(&ann))
        .expect("Stripe answers");
    assert_eq!(decision, Decision::Scheduled);
    assert_eq!(world.carry().len(), 1);
    world.pass(Duration::days(2));
    assert_eq!(prune(&world).carts, 0);
    left(&world, Some("ann@example.org"));
    assert_eq!(
        world.texts("SELECT reason AS text FROM reminder_decisions WHERE reason IS NOT NULL"),
        ["recently_reminded"]
    );
    world.pass(Duration::days(29));
    assert_eq!(prune(&world).carts, 1);
}

#[test]
fn samples_of_mailings_go_with_the_log() {
    let world = shop();
    let sample = |kind: &str, state: &str| {
        world.execute(&format!(
            "INSERT INTO outbox (id, kind, address, address_hash, subject, body, message_id, state, created_at) \
             VALUES (gen_random_uuid(), '{kind}', 'tess@rovers.example', decode(repeat('00', 16), 'hex'), \
                 'A sample', 'Dear Ann', gen_random_uuid()::text, '{state}', '{}')",
            world.now()
        ));
    };
    sample("test", "cancelled");
    sample("test", "queued");
    sample("alert", "cancelled");
    world.pass(Duration::days(89));
    assert_eq!(prune(&world).mails, 0);
    world.pass(Duration::days(2));
    assert_eq!(prune(&world).mails, 1);
    assert_eq!(world.count("outbox"), 2);
}

/// Carts of 1.00 EUR without an address, which ended one after the other.
fn many_carts(world: &World, how_many: usize) {
    world.execute(&format!(
        "INSERT INTO checkout_sessions (id, stripe_id, state, origin, asked_by, created_at, expires_at, ended_at) \
         SELECT gen_random_uuid(), 'cs_test_' || n, 'expired', 'foreign', 'person', now(), now(), now() \
         FROM generate_series(1, {how_many}) n"
    ));
    world.execute(
        "INSERT INTO carts (session_id, amount, currency, expired_at) \
         SELECT id, 100, 'eur', now() + split_part(stripe_id, '_', 3)::int * interval '1 second' \
         FROM checkout_sessions",
    );
    world.execute(
        "INSERT INTO reminder_decisions (id, session_id, decision, reason, expired_at, decided_at, due_at) \
         SELECT gen_random_uuid(), session_id, 'skipped', 'no_email', expired_at, expired_at, expired_at \
         FROM carts",
    );
}

#[test]
fn two_runs_at_once_count_each_cart_once() {
    let world = World::new();
    many_carts(&world, 300);
    world.pass(Duration::days(31));
    std::thread::scope(|scope| {
        let runs = [(); 3].map(|()| scope.spawn(|| prune(&world).carts));
        let pruned = runs.map(|run| run.join().expect("no run fails"));
        assert_eq!(pruned.iter().sum::<usize>(), 300, "{pruned:?}");
    });
    assert_eq!(
        totals(&world),
        [
            "eur abandoned: 300 30000",
            "eur not_sent: no_email: 300 30000"
        ]
    );
}

#[test]
fn who_was_reminded_is_remembered_for_a_week_whatever_the_setting_says() {
    let world = shop();
    world.execute("UPDATE settings SET recovered_orders_days = 1");
    reminded(&world, "ann@example.org");
    world.pass(Duration::days(6));
    assert_eq!(prune(&world).carts, 0);
    left(&world, Some("ann@example.org"));
    assert_eq!(
        world.text("SELECT reason AS text FROM reminder_decisions ORDER BY id DESC LIMIT 1"),
        "recently_reminded"
    );
    world.pass(Duration::days(4));
    assert_eq!(prune(&world).carts, 1);
}
