//! Whom we write to, once, and whom not.

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use super::{an_hour, decisions, left, opened, shop, switch};
use crate::support::World;

const KIM: Option<&str> = Some("kim@example.org");

#[test]
fn an_hour_after_somebody_left_they_get_one_mail() {
    let world = shop();
    left(&world, KIM);
    assert_eq!(decisions(&world), ["scheduled"]);
    world.pass(Duration::minutes(58));
    assert_eq!(world.carry(), []);
    world.pass(Duration::minutes(2));
    let mails = world.carry();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["kim@example.org"]);
    assert_eq!(decisions(&world), ["sent"]);
}

#[test]
fn nobody_is_written_to_until_the_shop_turns_it_on_and_then_not_about_the_past() {
    let world = World::with_mailbox(&[]);
    let session = left(&world, KIM);
    assert_eq!(decisions(&world), ["skipped recovery_disabled"]);
    switch(&world, true);
    world.execute("UPDATE stripe_events SET state = 'pending', not_before = to_timestamp(0)");
    world.work_off();
    an_hour(&world);
    assert_eq!(world.carry(), []);
    assert_eq!(decisions(&world), ["skipped recovery_disabled"]);
    assert_eq!(world.count("orders"), 0);
    assert!(!session.is_empty());
}

#[test]
fn turning_it_off_stops_what_is_scheduled() {
    let world = shop();
    left(&world, KIM);
    switch(&world, false);
    an_hour(&world);
    assert_eq!(world.carry(), []);
    assert_eq!(decisions(&world), ["skipped recovery_disabled"]);
}

#[test]
fn on_again_before_its_time_does_not_bring_it_back() {
    let world = shop();
    left(&world, KIM);
    switch(&world, false);
    assert_eq!(decisions(&world), ["skipped recovery_disabled"]);
    assert_eq!(world.mail_states(), ["cancelled"]);
    switch(&world, true);
    an_hour(&world);
    assert_eq!(world.carry(), []);
}

#[test]
fn reminders_of_our_own_orders_have_a_switch_of_their_own() {
    let world = shop();
    world.execute("UPDATE settings SET reminders_enabled = false");
    left(&world, KIM);
    an_hour(&world);
    assert_eq!(world.carry().len(), 1);
}

#[test]
fn the_same_session_expired_five_times_is_one_mail() {
    let world = shop();
    left(&world, KIM);
    let event = world.stripe.events().pop().expect("the expiry");
    for number in 0..4 {
        let mut twin = event.clone();
        twin["id"] = json!(format!("evt_twin_{number}"));
        crate::webhook::post_signed(&world, &twin.to_string());
        world.work_off();
    }
    an_hour(&world);
    assert_eq!(world.carry().len(), 1);
    assert_eq!(decisions(&world), ["sent"]);
    assert_eq!(world.count("orders"), 1);
}

#[test]
fn three_sessions_of_one_address_in_an_hour_are_one_mail_and_a_week_later_another() {
    let world = shop();
    for address in ["kim@example.org", "Kim@Example.org", " kim@example.org"] {
        left(&world, Some(address.trim()));
        world.pass(Duration::minutes(10));
    }
    an_hour(&world);
    assert_eq!(world.carry().len(), 1);
    assert_eq!(
        decisions(&world),
        [
            "sent",
            "skipped recently_reminded",
            "skipped recently_reminded"
        ]
    );
    world.pass(Duration::days(6));
    left(&world, KIM);
    world.pass(Duration::days(1));
    left(&world, KIM);
    an_hour(&world);
    assert_eq!(world.carry().len(), 1);
    assert_eq!(
        decisions(&world)[3..],
        ["skipped recently_reminded", "sent"]
    );
}

#[test]
fn two_replicas_that_look_at_two_carts_of_one_address_write_once() {
    let world = shop();
    for _ in 0..6 {
        let session = opened(&world, KIM);
        world.stripe.expire(&session).expect("it is open");
    }
    // All in one go: they are worked on at the same time.
    world.deliver();
    an_hour(&world);
    world.carry_with(vec![world.courier(), world.courier(), world.courier()]);
    assert_eq!(world.mailbox().mails().len(), 1);
    assert_eq!(
        decisions(&world)
            .iter()
            .filter(|line| *line == "sent")
            .count(),
        1
    );
}

#[test]
fn whoever_has_bought_lately_is_left_alone() {
    // With the shop's site, before and after they left; and with an order of ours.
    for when in ["before", "between", "ours"] {
        let world = shop();
        let buy = || {
            let session = opened(&world, KIM);
            world.stripe.pay(&session).expect("it is open");
            world.deliver();
        };
        match when {
            "before" => buy(),
            "ours" => {
                let order = world.order_with("CUP-1", json!({ "email": "KIM@example.org" }));
                let session = world.click_through(&order);
                world.stripe.pay(&session).expect("it is open");
                world.deliver();
            }
            _ => {}
        }
        left(&world, KIM);
        if when == "between" {
            buy();
        }
        an_hour(&world);
        assert_eq!(world.carry(), [], "{when}");
        assert_eq!(decisions(&world), ["skipped recent_purchase"], "{when}");
        world.pass(Duration::days(7));
        left(&world, KIM);
        an_hour(&world);
        assert_eq!(world.carry().len(), 1, "{when}");
    }
}

#[test]
fn a_bank_debit_on_its_way_is_a_purchase_until_it_does_not_arrive() {
    let world = shop();
    let debit = opened(&world, KIM);
    world.stripe.start_debit(&debit).expect("it is open");
    world.deliver();
    left(&world, KIM);
    world
        .stripe
        .settle_debit(&debit, false)
        .expect("it is on its way");
    world.deliver();
    left(&world, KIM);
    assert_eq!(decisions(&world), ["skipped recent_purchase", "scheduled"]);

    // Stripe tells the end before the beginning.
    let world = shop();
    let debit = opened(&world, KIM);
    world.stripe.start_debit(&debit).expect("it is open");
    world
        .stripe
        .settle_debit(&debit, false)
        .expect("it is on its way");
    world.deliver_in(crate::simulator::Order::Reversed);
    left(&world, KIM);
    assert_eq!(decisions(&world), ["scheduled"]);

    let world = shop();
    let order = world.order_with("CUP-1", json!({ "email": "kim@example.org" }));
    let session = world.click_through(&order);
    world.stripe.start_debit(&session).expect("it is open");
    world.deliver();
    left(&world, KIM);
    assert_eq!(decisions(&world), ["skipped recent_purchase"]);
}

#[test]
fn whoever_has_settled_with_us_in_cash_has_bought() {
    let world = shop();
    let order = world.order_with("CUP-1", json!({ "email": "kim@example.org" }));
    let path = format!("/orders/{}/settle", order.id);
    let answer = world.api(
        Role::Operator,
        Method::POST,
        &path,
        Some(json!({ "how": "cash" })),
    );
    assert_eq!(answer.status, 200, "{}", answer.body);
    left(&world, KIM);
    assert_eq!(decisions(&world), ["skipped recent_purchase"]);
}

#[test]
fn whoever_paid_us_with_an_address_that_they_typed_has_bought() {
    let world = shop();
    let order = world.order_with("CUP-1", json!({ "email": null }));
    let session = world.click_through(&order);
    world
        .stripe
        .type_email(&session, "Kim@example.org", false)
        .expect("it is open");
    world.stripe.pay(&session).expect("it is open");
    world.deliver();
    assert_eq!(world.status(&order), "paid");
    left(&world, KIM);
    assert_eq!(decisions(&world), ["skipped recent_purchase"]);
}

#[test]
fn a_checkout_that_names_an_order_of_ours_is_no_cart() {
    let world = shop();
    let order = world.order("CUP-1");
    for naming in [
        json!({ "client_reference_id": order.id }),
        json!({ "metadata": { "order_id": order.id } }),
        json!({ "metadata": { "reference": "CUP-1" } }),
    ] {
        let mut params = json!({
            "mode": "payment",
            "success_url": "https://shop.example/thanks",
            "customer_email": "kim@example.org",
            "line_items": [{ "price_data": { "currency": "eur", "unit_amount": 2900,
                "product_data": { "name": "Scarf" } }, "quantity": 1 }],
        });
        for (key, value) in naming.as_object().expect("an object") {
            params[key] = value.clone();
        }
        let session = super::opened_with(&world, params);
        world.stripe.expire(&session).expect("it is open");
        world.deliver();
        assert_eq!(decisions(&world), [""; 0], "{naming}");
    }
    assert_eq!(world.count("orders"), 1);
}

/// Whatever was told before the mail's turn has come counts, also while nobody has worked on it.
#[test]
fn what_lies_in_the_intake_holds_a_mail_back_until_it_was_worked_on() {
    let world = shop();
    left(&world, KIM);
    let fee = world.order_with("CUP-1", json!({ "email": "ann@example.org" }));
    let session = world.click_through(&fee);
    world.queue_link(&fee);
    an_hour(&world);
    // Kim buys with the shop's site, Ann pays her fee; and nobody looks at it yet.
    for session in [&opened(&world, KIM), &session] {
        world.stripe.pay(session).expect("it is open");
    }
    let told = world
        .stripe
        .deliver_all(crate::simulator::Order::AsHappened);
    assert_eq!(told, Ok(vec![200, 200]));
    assert_eq!(world.carry(), []);
    assert_eq!(world.mail_states(), ["queued", "queued"]);
    world.work_off();
    world.execute("UPDATE outbox SET not_before = now()");
    assert_eq!(world.carry(), []);
    assert_eq!(world.mail_states(), ["cancelled", "cancelled"]);
}

#[test]
fn what_lies_in_the_intake_about_somebody_else_holds_nothing_back() {
    let world = shop();
    left(&world, KIM);
    an_hour(&world);
    let session = opened(&world, Some("ann@example.org"));
    world.stripe.pay(&session).expect("it is open");
    let told = world
        .stripe
        .deliver_all(crate::simulator::Order::AsHappened);
    assert_eq!(told, Ok(vec![200]));
    assert_eq!(world.carry().len(), 1);
}

#[test]
fn whoever_does_not_want_mail_is_left_alone_and_nothing_of_the_cart_is_kept() {
    let world = shop();
    suppress(&world);
    left(&world, KIM);
    assert_eq!(decisions(&world), ["skipped suppressed"]);
    assert_eq!(world.count("orders"), 0);

    let world = shop();
    left(&world, KIM);
    suppress(&world);
    an_hour(&world);
    assert_eq!(world.carry(), []);
    assert_eq!(decisions(&world), ["skipped suppressed"]);
}

#[test]
fn a_cart_without_an_address_is_counted_and_nothing_else() {
    let world = shop();
    left(&world, None);
    assert_eq!(decisions(&world), ["skipped no_email"]);
    assert_eq!(world.count("orders"), 0);
    assert_eq!(world.count("carts WHERE address_hash IS NULL"), 1);
    assert!(
        !world
            .traffic()
            .iter()
            .any(|call| call.contains("line_items"))
    );
}

#[test]
fn what_expired_long_ago_is_too_old() {
    let world = shop();
    let session = opened(&world, KIM);
    world.stripe.expire(&session).expect("it is open");
    world.pass(Duration::hours(49));
    world.deliver();
    assert_eq!(decisions(&world), ["skipped too_old"]);
}

#[test]
fn an_event_of_the_other_mode_leads_to_nothing_and_the_decision_says_so() {
    let world = shop();
    let session = opened(&world, KIM);
    world.stripe.expire(&session).expect("it is open");
    let mut event = world.stripe.events().pop().expect("the expiry");
    event["id"] = json!("evt_live");
    event["livemode"] = json!(true);
    event["data"]["object"]["livemode"] = json!(true);
    crate::webhook::post_signed(&world, &event.to_string());
    world.work_off();
    assert_eq!(decisions(&world), ["skipped test_mode"]);
    assert_eq!(world.count("orders"), 0);
    assert_eq!(
        world.text("SELECT left(last_error, 9) AS text FROM stripe_events"),
        "test_mode"
    );
}

fn suppress(world: &World) {
    let body = json!({ "email": "Kim@example.org" });
    let answer = world.api(Role::Operator, Method::POST, "/suppressions", Some(body));
    assert_eq!(answer.status, 201, "{}", answer.body);
}
