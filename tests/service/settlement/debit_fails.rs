//! Bank debits that do not arrive: the order can be paid again, and the payer is told.

use super::{attention, history, payments, sessions};
use crate::{
    simulator::{self, Call, Fault},
    support::World,
};

#[test]
fn the_order_is_open_again_and_the_payer_reads_why() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.start_debit(&session).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "processing");
    world.stripe.settle_debit(&session, false).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "open");
    assert_eq!(
        attention(&world),
        ["a bank debit did not arrive; the order can be paid again"]
    );
    let back = world.get(&format!("{}/return", order.path));
    assert!(
        back.text()
            .contains("Your last bank payment did not arrive"),
        "{}",
        back.text()
    );
    let again = world.click_through(&order);
    assert_ne!(again, session);
    let checkout = world.stripe.session(&again).unwrap();
    let said = checkout["custom_text"]["submit"]["message"]
        .as_str()
        .unwrap();
    assert!(
        said.starts_with("Your last bank payment did not arrive"),
        "{said}"
    );
    world.stripe.pay(&again).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "paid");
    assert_eq!(payments(&world, &order), ["4500 eur settles by webhook"]);
    assert_eq!(sessions(&world), ["complete", "complete"]);
}

#[test]
fn in_whatever_order_the_events_come_the_end_is_the_same() {
    for arrival in [
        simulator::Order::AsHappened,
        simulator::Order::Reversed,
        simulator::Order::Twice,
    ] {
        let world = World::new();
        let order = world.order("CUP-1");
        let session = world.click_through(&order);
        world.stripe.start_debit(&session).unwrap();
        world.stripe.settle_debit(&session, false).unwrap();
        world.deliver_in(arrival);
        assert_eq!(world.status(&order), "open", "{arrival:?}");
        assert_eq!(attention(&world).len(), 1, "{arrival:?}");
        world.click_through(&order);
    }
}

#[test]
fn the_return_page_learns_of_it_though_no_webhook_came() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.drop_deliveries(true);
    world.stripe.start_debit(&session).unwrap();
    world.stripe.settle_debit(&session, false).unwrap();
    let back = world.get(&format!("{}/return", order.path));
    assert!(back.text().contains("did not arrive"), "{}", back.text());
    assert_eq!(world.status(&order), "open");
    assert!(
        history(&world, &order)
            .iter()
            .any(|line| line.contains("bank debit"))
    );
    world.click_through(&order);
}

#[test]
fn an_older_word_that_the_money_is_on_its_way_does_not_undo_it() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.start_debit(&session).unwrap();
    world.stripe.settle_debit(&session, false).unwrap();
    // Nor does Stripe's word on the session, which looks the same before and after.
    let plain = Fault::MissingField("payment_intent");
    world
        .stripe
        .inject(Call::RetrieveSession, plain, usize::MAX);
    world.deliver_in(simulator::Order::Reversed);
    assert_eq!(world.status(&order), "open");
}

#[test]
fn who_comes_back_or_clicks_while_it_is_on_its_way_learns_what_became_of_it() {
    for (arrives, by_click) in [(true, true), (true, false), (false, true), (false, false)] {
        let world = World::new();
        let order = world.order("CUP-1");
        let session = world.click_through(&order);
        world.stripe.start_debit(&session).unwrap();
        world.deliver();
        world.stripe.drop_deliveries(true);
        world.stripe.settle_debit(&session, arrives).unwrap();
        if by_click {
            world.click(&order);
        } else {
            world.get(&format!("{}/return", order.path));
        }
        let (status, found_by) = if by_click {
            ("paid", "click")
        } else {
            ("paid", "return")
        };
        if arrives {
            assert_eq!(world.status(&order), status);
            assert_eq!(
                payments(&world, &order),
                [format!("4500 eur settles by {found_by}")]
            );
        } else {
            assert_eq!(world.status(&order), "open");
        }
    }
}

#[test]
fn while_it_is_on_its_way_and_stripe_is_away_the_page_says_so() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.start_debit(&session).unwrap();
    world.deliver();
    world.stripe.stop();
    for path in [order.path.clone(), format!("{}/return", order.path)] {
        let page = world.get(&path);
        assert_eq!(page.status, 200);
        assert!(page.text().contains("being processed"), "{}", page.text());
    }
}
