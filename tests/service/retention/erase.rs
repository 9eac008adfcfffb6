//! One person asks to be forgotten.

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{holds, left, opened, prune, reminded, shop, totals};
use crate::support::{World, browser::runtime};

const ANN: &str = "ann@example.org";

#[track_caller]
fn erased(world: &World, email: &str) -> Value {
    let (code, told, said) = world.command(&["erase", email, "--format", "json"]);
    assert_eq!(code, 0, "{said}");
    serde_json::from_str(&told).unwrap()
}

#[test]
fn an_address_is_removed_everywhere_and_the_books_stay() {
    let world = shop();
    // In a cart with its reminder, in a paid order, in an open one with a mail that waits, in a
    // case, on the list; and others' with a longer address.
    reminded(&world, ANN);
    let paid = world.order_with(
        "PAID",
        json!({ "email": "Ann@Example.org", "name": "Ann Lee" }),
    );
    world.stripe.pay(&world.click_through(&paid)).unwrap();
    let fields =
        json!({ "email": ANN, "name": "Ann Lee", "metadata": { "contact": ANN, "team": "U12" } });
    let open = world.order_with("OPEN", fields);
    let session = world.click_through(&open);
    let other = world.order_with("OTHER", json!({ "email": "joann@example.org" }));
    world.stripe.expire(&world.click_through(&other)).unwrap();
    world.deliver();
    world.queue_link(&open);
    world.execute(
        "UPDATE outbox SET last_error = '550 <ANN@example.org> unknown' WHERE state = 'queued' AND address = 'ann@example.org'",
    );
    world.execute(
        "INSERT INTO cases (id, kind, about, amount, currency, email, opened_at) \
         VALUES (gen_random_uuid(), 'orphan', 'cs_test_x', 1, 'eur', 'Ann@example.org', now())",
    );
    let (code, ..) = world.command(&["suppressions", "add", ANN]);
    assert_eq!(code, 0);
    assert!(holds(&world, ANN).len() > 6, "{:?}", holds(&world, ANN));

    let told = erased(&world, " ANN@example.org");
    assert_eq!(told["carts"], 1, "{told}");
    assert_eq!((&told["orders"], &told["cases"]), (&2.into(), &1.into()));
    assert_eq!(
        (&told["suppressed"], &told["events_left"]),
        (&true.into(), &0.into())
    );
    let of_joann = ["orders.email", "outbox.address", "stripe_events.body"];
    assert_eq!(holds(&world, "ann@example.org"), of_joann);
    assert_eq!(holds(&world, "joann@example.org"), of_joann);
    assert_eq!(holds(&world, "Ann Lee"), [""; 0]);

    assert_eq!(
        (world.status(&paid), world.status(&open)),
        ("paid".into(), "open".into())
    );
    assert_eq!(world.count("payments"), 1);
    assert_eq!(
        world.text("SELECT metadata ->> 'team' AS text FROM orders WHERE reference = 'OPEN'"),
        "U12"
    );
    assert_eq!(totals(&world)[0], "eur abandoned: 1 3500");
    assert_eq!(world.count("suppressions WHERE address IS NULL"), 1);
    let lines = world.texts(
        "SELECT actor || ': ' || what AS text FROM activity WHERE category = 'retention' ORDER BY id",
    );
    assert_eq!(lines, ["command line: a person's data was erased"]);
    assert_eq!(world.carry().len(), 0, "what waited is not sent");

    // The link of the order that stays goes on working, without the address at Stripe.
    world.stripe.expire(&session).unwrap();
    world.deliver();
    let session = world.click_through(&open);
    assert_eq!(
        world.stripe.session(&session).unwrap()["customer_email"],
        json!(null)
    );
    let again = erased(&world, ANN);
    for done in ["carts", "orders", "mails", "cases"] {
        assert_eq!(again[done], 0, "{done}: {again}");
    }
}

#[test]
fn who_is_not_on_the_list_does_not_come_onto_it_and_may_be_reminded_again_one_day() {
    let world = shop();
    reminded(&world, ANN);
    assert_eq!(erased(&world, ANN)["suppressed"], false);
    assert_eq!((world.count("suppressions"), world.count("orders")), (0, 0));
    // The old event is known still: Stripe may send it again.
    let before = world.count("stripe_events");
    world.deliver();
    assert_eq!(
        (world.count("stripe_events"), world.count("carts")),
        (before, 0)
    );
    left(&world, Some(ANN));
    assert_eq!(world.count("carts"), 1);
}

#[test]
fn a_reminder_that_waits_is_cancelled() {
    let world = shop();
    let order = world.order_with("CUP-1", json!({ "email": ANN }));
    world.abandon(&order);
    assert_eq!(world.mail_states(), ["queued"]);
    assert_eq!(erased(&world, ANN)["mails"], 1);
    assert_eq!(world.mail_states(), ["cancelled"]);
    assert_eq!(
        world.texts("SELECT decision || ' ' || reason AS text FROM reminder_decisions"),
        ["skipped no_email"]
    );
    world.pass(Duration::hours(2));
    assert_eq!(world.carry().len(), 0);
}

#[test]
fn an_account_of_the_address_is_kept_and_that_is_said() {
    let world = World::new();
    world.user("Ann", Role::Viewer);
    let email = world.text("SELECT email AS text FROM ops_users");
    let (code, _, said) = world.command(&["erase", &email]);
    assert_eq!((code, world.count("ops_users")), (0, 1));
    let disable = format!("freshmint ops user disable {email}");
    assert!(
        said.contains("An account of the ops pages has this address"),
        "{said}"
    );
    assert!(said.contains(&disable), "{said}");
    assert_eq!(world.command(&["erase", ANN]).2, "");
}

#[test]
fn while_a_mail_to_the_address_is_being_sent_nothing_is_erased() {
    let world = shop();
    let order = world.order_with("CUP-1", json!({ "email": ANN }));
    world.queue_link(&order);
    world.execute(
        "UPDATE outbox SET state = 'sending', claim_id = gen_random_uuid(), \
         claimed_until = clock_timestamp() + interval '1 minute'",
    );
    let before = holds(&world, ANN);
    let (code, told, said) = world.command(&["erase", ANN]);
    assert_eq!((code, told.as_str()), (1, ""));
    assert!(
        said.contains("run it again") && !said.contains(ANN),
        "{said}"
    );
    assert_eq!(holds(&world, ANN), before);
    // Its worker died: nobody holds it any more.
    world.execute("UPDATE outbox SET claimed_until = clock_timestamp()");
    assert_eq!(erased(&world, ANN)["mails"], 1);
    assert_eq!(holds(&world, ANN), [""; 0]);
}

#[test]
fn an_address_that_we_would_not_take_is_removed_as_well() {
    let world = shop();
    let odd = "dot.@docomo.example";
    let session = opened(&world, None);
    world.stripe.expire(&session).unwrap();
    let mut event = world.stripe.events().pop().expect("the expiry");
    event["data"]["object"]["customer_details"]["email"] = json!(odd);
    crate::webhook::post_signed(&world, &event.to_string());
    world.work_off();
    assert_eq!(holds(&world, odd), ["stripe_events.body"]);
    assert_eq!(erased(&world, "Dot.@docomo.example")["events"], 1);
    assert_eq!(holds(&world, odd), [""; 0]);
}

#[test]
fn nobody_is_written_to_again_about_a_cart_that_was_erased_and_it_counts_once() {
    let world = shop();
    reminded(&world, ANN);
    erased(&world, ANN);
    let figures = totals(&world);
    // Stripe tells it again, under another id; and somebody looks at the past.
    let mut event = world.stripe.events().pop().expect("the expiry");
    event["id"] = json!("evt_again");
    crate::webhook::post_signed(&world, &event.to_string());
    world.work_off();
    let (code, told, said) = world.command(&[
        "recovery",
        "backfill",
        "--from-stripe",
        "--since",
        "2020-01-01",
    ]);
    assert_eq!(code, 0, "{said}");
    assert!(
        told.contains("1 carts: 1 decided before") || told.contains("1 decided before"),
        "{told}"
    );
    world.pass(Duration::hours(2));
    assert_eq!(world.carry(), []);
    assert_eq!((world.count("carts"), world.count("orders")), (0, 0));
    // Its bare id goes like a cart.
    assert_eq!(world.count("checkout_sessions"), 1);
    world.pass(Duration::days(31));
    prune(&world);
    assert_eq!(world.count("checkout_sessions"), 0);
    assert_eq!(totals(&world), figures);
}

#[test]
fn a_reminder_that_waited_counts_as_not_sent() {
    let world = shop();
    left(&world, Some(ANN));
    erased(&world, ANN);
    assert_eq!(
        totals(&world),
        [
            "eur abandoned: 1 3500",
            "eur not_sent: no_email: 1 3500",
            "eur with_email: 1 3500"
        ]
    );
}

#[test]
fn an_event_that_failed_for_good_is_emptied_and_cannot_be_worked_on_again() {
    let world = shop();
    world.post_webhook("{}", None);
    crate::webhook::post_signed(&world, &format!("no event, but {ANN}"));
    world.work_off();
    assert_eq!(
        world.texts("SELECT state AS text FROM stripe_events"),
        ["failed"]
    );
    let told = erased(&world, ANN);
    assert_eq!(
        (&told["events"], &told["events_left"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(holds(&world, ANN), [""; 0]);
    let id = world.text("SELECT id AS text FROM stripe_events");
    let path = format!("/events/{id}/replay");
    let answer = world.api(Role::Operator, Method::POST, &path, None);
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.body.contains("erased"), "{}", answer.body);
}

#[test]
fn an_event_that_is_still_to_be_worked_on_keeps_its_content_until_it_was() {
    let world = shop();
    let order = world.order_with("CUP-1", json!({ "email": ANN }));
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world.deliver();
    world.execute("UPDATE stripe_events SET state = 'pending'");
    let (code, told, _) = world.command(&["erase", ANN]);
    assert!(
        code == 0 && told.contains("is still to be worked on"),
        "{told}"
    );
    assert!(holds(&world, ANN).contains(&"stripe_events.body".to_owned()));
    world.work_off();
    assert_eq!(erased(&world, ANN)["events_left"], 0);
    assert_eq!(holds(&world, ANN), [""; 0]);
}

#[test]
fn what_was_read_off_an_event_goes_with_its_content() {
    let world = shop();
    left(&world, Some(ANN));
    left(&world, Some("joann@example.org"));
    let emptied = "stripe_events WHERE encode(body, 'escape') = '{}' AND named = 'nobody' AND address_hashes = '{}' \
         AND order_names = '{}' AND session_id IS NULL AND session_row IS NULL AND account IS NULL";
    assert_eq!(
        world.count("stripe_events WHERE cardinality(address_hashes) = 1"),
        2
    );
    assert_eq!(erased(&world, ANN)["events"], 1);
    assert_eq!(world.count(emptied), 1);
    assert_eq!(
        world.count("stripe_events WHERE cardinality(address_hashes) = 1"),
        1
    );
    // An older version empties the body alone: the hash tells which it was.
    world.execute("UPDATE stripe_events SET body = '{}'");
    assert_eq!(erased(&world, "joann@example.org")["events"], 1);
    assert_eq!(world.count(emptied), 2);
}

#[test]
fn an_event_that_is_emptied_before_it_was_read_names_nobody() {
    let world = shop();
    left(&world, Some(ANN));
    world.execute("UPDATE stripe_events SET body = '{}', named = NULL");
    let read = runtime().block_on(freshmint::inbox::unread::read(&world.app));
    assert_eq!(read.expect("the database answers"), 1);
    assert_eq!(world.count("stripe_events WHERE named = 'nobody'"), 1);
}

#[test]
fn a_mint_that_never_ended_forgets_what_was_sent_once_nothing_can_come_of_it() {
    let world = shop();
    let order = world.order_with("CUP-1", json!({ "email": ANN }));
    world.click_through(&order);
    world.execute(
        "UPDATE checkout_sessions SET state = 'minting', stripe_id = NULL, url = NULL, \
             request_body = 'mode=payment&customer_email=ann%40example.org'",
    );
    erased(&world, ANN);
    assert_eq!(
        holds(&world, "ann%40example.org"),
        ["checkout_sessions.request_body"]
    );
    world.execute("UPDATE checkout_sessions SET created_at = created_at - interval '3 days'");
    erased(&world, ANN);
    assert_eq!(holds(&world, "ann%40example.org"), [""; 0]);
    assert_eq!(world.click(&order).status, 303);
}

#[test]
fn what_is_no_address_is_wrong_usage() {
    let world = World::new();
    assert_eq!(world.command(&["erase", "everybody"]).0, 2);
}
