//! What a payer reads where there is nothing, or not at once, to be paid.

use serde_json::json;

use super::{seen, tell};
use crate::support::World;

#[test]
fn a_bank_debit_on_its_way_is_being_processed() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.start_debit(&session).unwrap();
    world.deliver();
    assert_page!(seen(&world.click(&order)), @r"
        200
        Your payment is being processed
        Your bank is sending us the money. That usually takes a few working days.
        There is nothing more for you to do. Please do not pay a second time.
        On its way
        €45.00
        Reference
        CUP-1
        What it is for
        Description
        Amount
        Summer cup, U12
        €45.00
        ");
    assert_eq!(world.payable_sessions(&order), 0);
    world.stripe.settle_debit(&session, true).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn a_wrong_amount_is_being_checked_and_nobody_is_sent_to_pay_again() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay_amount(&session, 4000).unwrap();
    world.deliver();
    assert_page!(seen(&world.click(&order)), @r"
        200
        We have received your payment and are checking it
        It does not quite match what we asked for, so one of us is going to look at it.
        There is nothing more for you to do. Please do not pay a second time.
        Received
        €40.00
        Reference
        CUP-1
        Amount asked for
        €45.00
        What it is for
        Description
        Amount
        Summer cup, U12
        €45.00
        ");
    assert_eq!(world.press(&order.path).status, 200);
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn who_has_paid_reads_when_how_much_and_under_which_reference() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world.deliver();
    assert_page!(world.click(&order).body);
    assert_page!(seen(&world.press(&order.path)), @r"
        200
        Already paid, thank you
        We have your payment. There is nothing more for you to do.
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
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn what_was_settled_in_cash_is_not_asked_for() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    tell(
        &world,
        &order,
        "settle",
        json!({ "how": "cash", "note": "at the gate" }),
    );
    assert_page!(seen(&world.click(&order)), @r"
        200
        There is nothing to pay
        This has been settled with us directly, without an online payment.
        There is nothing more for you to do.
        Reference
        CUP-1
        What it is for
        Description
        Amount
        Summer cup, U12
        €45.00
        ");
    assert_eq!(world.payable_sessions(&order), 0);
}

#[test]
fn a_refund_is_said_and_asks_for_nothing() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.execute("UPDATE orders SET paid_at = now(), refunded_amount = 1500");
    assert_page!(seen(&world.click(&order)), @r"
        200
        Part of your payment has been refunded
        The money goes back the way it came. With some banks it takes up to ten working days to appear.
        There is nothing to pay.
        Refunded
        €15.00
        Reference
        CUP-1
        What it is for
        Description
        Amount
        Summer cup, U12
        €45.00
        ");
    world.execute("UPDATE orders SET refunded_amount = 4500");
    assert_page!(seen(&world.click(&order)), @r"
        200
        Your payment has been refunded
        The money goes back the way it came. With some banks it takes up to ten working days to appear.
        There is nothing to pay.
        Refunded
        €45.00
        Reference
        CUP-1
        What it is for
        Description
        Amount
        Summer cup, U12
        €45.00
        ");
    assert_eq!(world.traffic(), [""; 0]);
}

#[test]
fn a_cancelled_order_is_gone_and_names_whom_to_ask() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    tell(&world, &order, "cancel", json!({}));
    let page = world.click(&order);
    assert_page!(seen(&page), @r"
        410
        This payment request was cancelled
        There is nothing to pay.
        If that comes as a surprise, please get in touch and mention the reference.
        Reference
        CUP-1
        ");
    assert!(page.body.contains("mailto:treasurer@rovers.example.org"));
    assert_eq!(world.payable_sessions(&order), 0);
}
