//! Every order in which the events of a story can arrive, and each of them twice, leads to one end.

use super::forget_a_session;
use crate::{
    simulator::RefundStatus,
    support::{Order, World},
};

struct Story {
    name: &'static str,
    /// What happens at Stripe, and nobody hears of it yet.
    happens: fn(&World, &Order),
    /// Status, what was refunded, the open cases.
    end: (&'static str, i64, &'static [&'static str]),
}

const STORIES: [Story; 15] = [
    Story {
        name: "paid",
        happens: |world, order| drop(paid(world, order)),
        end: ("paid", 0, &[]),
    },
    Story {
        name: "left",
        happens: |world, order| {
            world.stripe.expire(&world.click_through(order)).unwrap();
        },
        end: ("open", 0, &[]),
    },
    Story {
        name: "paid, then partly refunded",
        happens: |world, order| refund(world, &paid(world, order), Some(1000)),
        end: ("partially_refunded", 1000, &[]),
    },
    Story {
        name: "paid, then refunded in three parts",
        happens: |world, order| {
            let session = paid(world, order);
            refund(world, &session, Some(1000));
            refund(world, &session, Some(2000));
            refund(world, &session, None);
        },
        end: ("refunded", 4500, &[]),
    },
    Story {
        name: "a debit that arrived, partly refunded",
        happens: |world, order| {
            let session = debit(world, order, true);
            refund(world, &session, Some(500));
        },
        end: ("partially_refunded", 500, &[]),
    },
    Story {
        name: "a debit that did not arrive",
        happens: |world, order| drop(debit(world, order, false)),
        end: ("open", 0, &[]),
    },
    Story {
        name: "paid, disputed and won",
        happens: |world, order| dispute(world, &paid(world, order), Some(true)),
        end: ("paid", 0, &[]),
    },
    Story {
        name: "paid, disputed and lost",
        happens: |world, order| dispute(world, &paid(world, order), Some(false)),
        end: ("paid", 0, &["dispute"]),
    },
    Story {
        name: "paid, partly refunded, disputed",
        happens: |world, order| {
            let session = paid(world, order);
            refund(world, &session, Some(1500));
            dispute(world, &session, None);
        },
        end: ("partially_refunded", 1500, &["dispute"]),
    },
    Story {
        name: "paid too little",
        happens: |world, order| drop(paid_too_little(world, order)),
        end: ("in_review", 0, &["mismatch"]),
    },
    Story {
        name: "paid too little, and given back in two parts",
        happens: |world, order| {
            let session = paid_too_little(world, order);
            refund(world, &session, Some(1));
            refund(world, &session, None);
        },
        end: ("open", 0, &[]),
    },
    Story {
        name: "paid, refunded, and the refund failed",
        happens: |world, order| {
            let session = paid(world, order);
            refund(world, &session, None);
            fail_refund(world, &session);
        },
        end: ("paid", 0, &[]),
    },
    Story {
        name: "paid too little, refunded, and the refund failed",
        happens: |world, order| {
            let session = paid_too_little(world, order);
            refund(world, &session, None);
            fail_refund(world, &session);
        },
        end: ("in_review", 0, &["mismatch"]),
    },
    Story {
        name: "a debit of another amount, refunded",
        happens: |world, order| {
            let session = world.click_through(order);
            world.execute(&format!(
                "UPDATE orders SET amount_total = 5000 WHERE id = '{}'",
                order.id
            ));
            world.stripe.start_debit(&session).unwrap();
            world.stripe.settle_debit(&session, true).unwrap();
            refund(world, &session, None);
        },
        end: ("open", 0, &[]),
    },
    Story {
        name: "cancelled while it was being paid",
        happens: |world, order| {
            let session = world.click_through(order);
            forget_a_session(world);
            assert_eq!(super::end(world, order, "cancel", super::cancelled()), 200);
            world.stripe.pay(&session).unwrap();
            refund(world, &session, Some(100));
        },
        end: ("cancelled", 0, &["mismatch"]),
    },
];

#[test]
fn every_order_of_arrival_leads_to_the_same_end() {
    let world = World::new();
    let mut number = 0;
    for story in &STORIES {
        for arrival in permutations(events_of(&world, story, &mut number).1.len()) {
            let (order, events) = events_of(&world, story, &mut number);
            for at in arrival.iter().chain(&arrival) {
                assert_eq!(world.stripe.deliver(&events[*at]), Ok(200));
                world.work_off();
            }
            let (status, refunded, cases) = story.end;
            let what = format!("{}, arriving as {arrival:?}", story.name);
            assert_eq!(world.status(&order), status, "{what}");
            let column = format!(
                "SELECT refunded_amount::text AS text FROM orders WHERE id = '{}'",
                order.id
            );
            assert_eq!(world.text(&column), refunded.to_string(), "{what}");
            assert_eq!(open_cases(&world, &order), cases, "{what}");
        }
    }
    assert_eq!(
        world.count("stripe_events WHERE state IN ('pending', 'failed')"),
        0
    );
}

/// Lets a story happen to a fresh order; tells the events that follow from it.
fn events_of(world: &World, story: &Story, number: &mut usize) -> (Order, Vec<String>) {
    *number += 1;
    let order = world.order(&format!("CUP-{number}"));
    let before = world.stripe.events().len();
    (story.happens)(world, &order);
    let events = world.stripe.events();
    let ids = events[before..].iter().map(|event| {
        let id = event["id"].as_str().expect("an id");
        id.to_owned()
    });
    (order, ids.collect())
}

fn open_cases(world: &World, order: &Order) -> Vec<String> {
    world.texts(&format!(
        "SELECT kind AS text FROM cases WHERE order_id = '{}' AND resolved_at IS NULL ORDER BY kind",
        order.id
    ))
}

fn paid(world: &World, order: &Order) -> String {
    let session = world.click_through(order);
    world.stripe.pay(&session).unwrap();
    session
}

fn paid_too_little(world: &World, order: &Order) -> String {
    let session = world.click_through(order);
    world.stripe.pay_amount(&session, 4000).unwrap();
    session
}

fn debit(world: &World, order: &Order, arrives: bool) -> String {
    let session = world.click_through(order);
    world.stripe.start_debit(&session).unwrap();
    world.stripe.settle_debit(&session, arrives).unwrap();
    session
}

fn intent(world: &World, session: &str) -> String {
    let session = world.stripe.session(session).expect("it is there");
    session["payment_intent"]
        .as_str()
        .expect("an intent")
        .to_owned()
}

fn refund(world: &World, session: &str, part: Option<i64>) {
    world.stripe.refund(&intent(world, session), part).unwrap();
}

fn fail_refund(world: &World, session: &str) {
    let refunds = world.stripe.refunds_of(&intent(world, session));
    let refund = refunds[0]["id"].as_str().expect("an id");
    world
        .stripe
        .move_refund(refund, RefundStatus::Failed)
        .unwrap();
}

fn dispute(world: &World, session: &str, won: Option<bool>) {
    let intent = intent(world, session);
    world.stripe.dispute(&intent).unwrap();
    if let Some(won) = won {
        world.stripe.close_dispute(&intent, won).unwrap();
    }
}

/// All ways to arrange `0..count`.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1);
    let longer = shorter.iter().flat_map(|arranged| {
        (0..count).map(move |at| {
            let mut longer = arranged.clone();
            longer.insert(at, count - 1);
            longer
        })
    });
    longer.collect()
}
