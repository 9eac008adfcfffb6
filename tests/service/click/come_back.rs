//! Back from the checkout: the redirect proves nothing, Stripe is asked.

use std::time::{Duration, Instant};

use insta::assert_snapshot;

use super::{assert_is_busy, hasty_world, rows, seen, wait_until};
use crate::{
    simulator::{Call, Fault},
    support::{Answer, Order, World},
};

fn come_back(world: &World, order: &Order) -> Answer {
    world.get(&format!("{}/return", order.path))
}

#[test]
fn a_payer_who_is_back_before_the_webhook_is_thanked_and_the_payment_counts_once() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    assert_page!(seen(&come_back(&world, &order)), @r"
            200
            Thank you, your payment has arrived
            Everything is settled. You can close this page.
            Paid
            €45.00
            Reference
            CUP-1
            Paid on
            [when]
            What it is for
            Description
            Amount
            Summer cup, U12
            €45.00
            ");
    assert_eq!(
        world.text("SELECT found_by AS text FROM payments"),
        "return"
    );
    world.deliver();
    assert_eq!(come_back(&world, &order).status, 200);
    assert_eq!(world.count("payments"), 1);
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn a_payer_who_gave_up_reads_that_nothing_was_taken_and_can_go_on() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    assert_snapshot!(seen(&come_back(&world, &order)), @r"
        200
        Not paid yet
        Your payment was not completed, and no money has been taken.
        You can pay now, or later with the link in your mail. It keeps working.
        Still open
        €45.00
        Reference
        CUP-1
        Continue to payment
        You pay on a secure page run by Stripe. We never see your card number.
        What it is for
        Description
        Amount
        Summer cup, U12
        €45.00
        ");
    let pressed = world.press(&order.path);
    assert!(pressed.location().contains(&session));
}

#[test]
fn a_redirect_is_no_proof_whatever_it_claims() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    let claims = format!(
        "{}/return?session_id={session}&payment_status=paid",
        order.path
    );
    assert!(seen(&world.get(&claims)).contains("Not paid yet"));
    assert_eq!(world.status(&order), "open");
}

#[test]
fn while_stripe_does_not_tell_nobody_is_told_that_nothing_was_paid() {
    let world = hasty_world();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world
        .stripe
        .inject(Call::RetrieveSession, Fault::HangBefore, 1);
    assert_is_busy(&come_back(&world, &order));
    world
        .stripe
        .inject(Call::RetrieveSession, Fault::ErrorBefore, 2);
    assert_is_busy(&come_back(&world, &order));
    assert_eq!(world.status(&order), "open");
    assert!(seen(&come_back(&world, &order)).contains("Thank you"));
}

#[test]
fn a_bank_debit_is_seen_on_the_way_back() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.start_debit(&session).unwrap();
    assert!(seen(&come_back(&world, &order)).contains("being processed"));
    assert_eq!(world.status(&order), "processing");
}

#[test]
fn a_wrong_amount_is_seen_on_the_way_back() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay_amount(&session, 100).unwrap();
    assert!(seen(&come_back(&world, &order)).contains("are checking it"));
    assert_eq!(world.status(&order), "in_review");
}

#[test]
fn a_session_that_ended_meanwhile_is_found_and_the_button_brings_a_fresh_one() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.expire(&session).unwrap();
    assert!(seen(&come_back(&world, &order)).contains("Not paid yet"));
    assert_eq!(rows(&world, &order), ["expired"]);
    assert_eq!(world.press(&order.path).status, 303);
    assert_eq!(world.payable_sessions(&order), 1);
}

#[test]
fn without_a_checkout_stripe_is_not_asked() {
    let world = World::new();
    let order = world.order("CUP-1");
    assert!(seen(&come_back(&world, &order)).contains("Not paid yet"));
    assert_eq!(world.traffic(), [""; 0]);
}

#[test]
fn a_click_that_waits_for_stripe_does_not_keep_the_return_page_waiting() {
    let world = World::with(&[("STRIPE_TIMEOUT_SECONDS", "6")]);
    let order = world.order("CUP-1");
    world.click_through(&order);
    world.pass(chrono::Duration::hours(13));
    world.stripe.clear_requests();
    world
        .stripe
        .inject(Call::ExpireSession, Fault::HangBefore, 1);
    std::thread::scope(|scope| {
        let click = scope.spawn(|| world.click(&order));
        wait_until("Stripe is asked", || !world.traffic().is_empty());
        let asked = Instant::now();
        assert!(seen(&come_back(&world, &order)).contains("Not paid yet"));
        assert!(
            asked.elapsed() < Duration::from_secs(3),
            "{:?}",
            asked.elapsed()
        );
        assert_eq!(click.join().unwrap().status, 303);
    });
}
