//! The quick way of a click says *the same* or nothing: where it hands a session out again, the long way
//! would have handed out the same one.

use std::{collections::BTreeSet, time::Duration};

use diesel::connection::SimpleConnection;
use futures::future::join_all;
use proptest::{
    collection::vec,
    sample::select,
    test_runner::{Config, TestRunner},
};

use reqwest::Method;

use crate::support::{
    Order, World,
    browser::{person, runtime, send},
};

/// A change of each column of an order, as PostgreSQL writes it. Each is one more at each turn.
const CHANGES: &[Update] = &[
    ("reference", "reference || 'x'"),
    (
        "kind",
        "CASE kind WHEN 'billed' THEN 'recovered' ELSE 'billed' END",
    ),
    (
        "email",
        "CASE WHEN email IS NULL THEN 'kim@example.org' ELSE NULL END",
    ),
    ("name", "coalesce(name, '') || 'x'"),
    ("locale", "CASE locale WHEN 'de' THEN 'en' ELSE 'de' END"),
    (
        "currency",
        "CASE currency WHEN 'eur' THEN 'gbp' ELSE 'eur' END",
    ),
    ("amount_total", "amount_total + 1"),
    (
        "lines",
        "jsonb_set(lines, '{0,unit_amount}', to_jsonb((lines->0->>'unit_amount')::int + 1))",
    ),
    (
        "metadata",
        "metadata || jsonb_build_object('team', coalesce(metadata->>'team', '') || 'x')",
    ),
    ("mode", "mode"),
    ("remind", "NOT remind"),
    ("import", "coalesce(import, '') || 'x'"),
    ("content_hash", "content_hash || 'x'"),
    ("version", "version + 1"),
    ("link_version", "link_version + 1"),
    ("created_at", "created_at - interval '1 second'"),
    (
        "processing_at",
        "CASE WHEN processing_at IS NULL THEN now() ELSE NULL END",
    ),
    (
        "in_review_at",
        "CASE WHEN in_review_at IS NULL THEN now() ELSE NULL END",
    ),
    (
        "paid_at",
        "CASE WHEN paid_at IS NULL THEN now() ELSE NULL END",
    ),
    ("refunded_amount", "refunded_amount"),
    ("settled_at", "settled_at"),
    ("settled_how", "settled_how"),
    (
        "cancelled_at",
        "CASE WHEN cancelled_at IS NULL THEN now() ELSE NULL END",
    ),
    ("paid_amount", "coalesce(paid_amount, 0) + 1"),
    ("paid_currency", "'eur'"),
    (
        "debit_failed_at",
        "CASE WHEN debit_failed_at IS NULL THEN now() ELSE NULL END",
    ),
    ("automatic_tax", "NOT automatic_tax"),
    ("promotion_codes", "NOT promotion_codes"),
    (
        "checkout_params",
        "CASE checkout_params WHEN '[]' THEN '[[\"submit_type\", \"pay\"]]'::jsonb ELSE '[]' END",
    ),
];

/// What PostgreSQL makes itself, and what an order is.
const NO_CHANGE: [&str; 3] = ["id", "status", "params_version"];

/// Changes of the settings that a checkout may depend on.
const SETTINGS: &[Update] = &[
    ("reminders_enabled", "NOT reminders_enabled"),
    ("recovery_enabled", "NOT recovery_enabled"),
    ("notice_text", "coalesce(notice_text, '') || 'x'"),
    ("activity_days", "activity_days + 1"),
];

/// A column, and what it becomes.
type Update = (&'static str, &'static str);

/// Two orders that are the same but for their names; of the second one's session the basis is never known.
struct Twins {
    quick: Order,
    long: Order,
}

impl Twins {
    fn new(world: &World, name: &str) -> Self {
        let twins = Self {
            quick: world.order(&format!("{name}-quick")),
            long: world.order(&format!("{name}-long")),
        };
        twins.click(world);
        twins
    }

    fn change(&self, world: &World, column: &str, value: &str) {
        let Self { quick, long } = self;
        // A constraint may refuse it, for both.
        let update = format!(
            "UPDATE orders SET {column} = {value} WHERE id IN ('{}', '{}')",
            quick.id, long.id
        );
        let _ = world.database.connect().batch_execute(&update);
    }

    /// Where each leads, and whether to a fresh session.
    fn click(&self, world: &World) -> [(u16, bool); 2] {
        let long = format!(
            "UPDATE checkout_sessions SET basis_order = NULL WHERE id IN \
             (SELECT session_id FROM session_orders WHERE order_id = '{}')",
            self.long.id
        );
        world.execute(&long);
        [&self.quick, &self.long].map(|order| {
            let before = world.stripe.creations();
            let answer = world.click(order);
            (answer.status, world.stripe.creations() > before)
        })
    }

    fn assert_agree(&self, world: &World, after: &str) {
        let [quick, long] = self.click(world);
        assert_eq!(quick, long, "the quick and the long way, after {after}");
    }
}

#[test]
fn the_quick_way_agrees_with_the_long_way_after_a_change_of_any_column() {
    let world = World::new();
    let known: BTreeSet<String> = world
        .texts("SELECT column_name::text AS text FROM information_schema.columns WHERE table_name = 'orders'")
        .into_iter()
        .collect();
    let changed = CHANGES.iter().map(|(column, _)| *column).chain(NO_CHANGE);
    assert_eq!(
        known,
        changed.map(str::to_owned).collect(),
        "a change for each column"
    );
    for (column, value) in CHANGES {
        let twins = Twins::new(&world, column);
        twins.change(&world, column, value);
        twins.assert_agree(&world, column);
        twins.assert_agree(&world, "nothing");
    }
    let twins = Twins::new(&world, "settings");
    for (column, value) in SETTINGS {
        world.execute(&format!("UPDATE settings SET {column} = {value}"));
        twins.assert_agree(&world, column);
    }
}

#[test]
fn the_quick_way_agrees_with_the_long_way_whatever_changes_in_whatever_order() {
    let world = World::new();
    let mut number = 0;
    let changes = vec((0..2, select(CHANGES), select(SETTINGS)), 1..=8);
    let config = Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    };
    let play = std::cell::RefCell::new(|changes: Vec<(i32, Update, Update)>| {
        number += 1;
        let twins = Twins::new(&world, &format!("CUP-{number}"));
        for (which, of_order, of_settings) in changes {
            if which == 0 {
                let (column, value) = of_settings;
                world.execute(&format!("UPDATE settings SET {column} = {value}"));
            } else {
                twins.change(&world, of_order.0, of_order.1);
            }
            twins.assert_agree(&world, &format!("{of_order:?} or {of_settings:?}"));
        }
    });
    let run = TestRunner::new(config).run(&changes, |changes| {
        (play.borrow_mut())(changes);
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn once_its_reminder_is_sent_a_checkout_no_longer_says_that_one_may_follow() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    world.abandon(&order);
    let before = world.click_through(&order);
    world.execute("UPDATE reminder_decisions SET decision = 'sent', reason = NULL");
    let after = world.click_through(&order);
    assert_ne!(before, after);
    assert_eq!(world.click_through(&order), after);
}

#[test]
fn a_session_of_an_earlier_program_is_compared_once_and_then_handed_out_the_quick_way() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    let today = world.text("SELECT basis_build::text AS text FROM checkout_sessions");
    assert_ne!(today, "");
    for earlier in ["NULL", "7"] {
        world.execute(&format!(
            "UPDATE checkout_sessions SET basis_build = {earlier}"
        ));
        assert_eq!(world.click_through(&order), session);
        let kept = world.text("SELECT basis_build::text AS text FROM checkout_sessions");
        assert_eq!(kept, today);
    }
    // The long way would not have read it.
    world.execute("UPDATE orders SET checkout_params = '{}'");
    world.execute("UPDATE checkout_sessions SET basis_order = (SELECT params_version FROM orders)");
    assert_eq!(world.click_through(&order), session);
}

#[test]
fn a_session_whose_row_is_locked_is_handed_out_all_the_same() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.execute("UPDATE checkout_sessions SET basis_build = 7");
    let mut somebody = world.database.connect();
    somebody
        .batch_execute("BEGIN; SELECT 1 FROM checkout_sessions FOR UPDATE")
        .expect("the lock is to be had");
    assert_eq!(world.click_through(&order), session);
}

#[test]
fn a_row_that_cannot_be_read_fails_its_own_click_alone() {
    let world = World::new();
    let orders: Vec<Order> = (0..12)
        .map(|number| world.order(&format!("CUP-{number}")))
        .collect();
    for order in &orders {
        world.click_through(order);
    }
    // A time that PostgreSQL has a word for, and nobody else.
    world.execute(&format!(
        "UPDATE checkout_sessions SET expires_at = 'infinity' WHERE id = \
         (SELECT session_id FROM session_orders WHERE order_id = '{}')",
        orders[0].id
    ));
    for _ in 0..5 {
        let clicks = orders.iter().map(|order| {
            let url = format!("{}{}", world.url(), order.path);
            send(person(Method::GET, &url))
        });
        let answers = runtime().block_on(join_all(clicks));
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses[0], 503);
        assert!(
            statuses[1..].iter().all(|status| *status == 303),
            "{statuses:?}"
        );
    }
}

#[test]
fn a_link_that_was_replaced_leads_nowhere_though_its_order_has_an_open_session() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    world.execute("UPDATE orders SET link_version = link_version + 1");
    world.execute("UPDATE checkout_sessions SET basis_order = (SELECT params_version FROM orders)");
    let answer = world.click(&order);
    assert_eq!((answer.status, answer.location()), (200, ""));
}

/// Whoever mints is not sent on before it is known that the page still says what it should.
#[test]
fn what_changes_while_stripe_opens_a_page_is_on_the_page_that_is_handed_out() {
    for change in [
        "UPDATE settings SET notice_text = 'A reminder may follow, once.'",
        "UPDATE orders SET locale = 'de'",
    ] {
        let world = World::new();
        let order = world.order("CUP-1");
        world.stripe.set_latency(Duration::from_millis(300));
        let answer = std::thread::scope(|scope| {
            let click = scope.spawn(|| world.click(&order));
            while world.count("checkout_sessions WHERE state = 'minting'") < 1 {
                std::thread::sleep(Duration::from_millis(5));
            }
            world.execute(change);
            click.join().expect("no panic")
        });
        assert_eq!(answer.status, 303, "{change}");
        assert_eq!(world.stripe.creations(), 2, "{change}");
        world.stripe.set_latency(Duration::ZERO);
        assert_eq!(
            world.click(&order).location(),
            answer.location(),
            "{change}"
        );
    }
}
