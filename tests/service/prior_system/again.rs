//! The same export again, and the ones that follow it.

use serde_json::json;

use super::{
    at_stripe, attention, export, opened, order, payments, refused, rehearsed, sessions, taken,
};
use crate::{
    import::import,
    support::{Order, World},
};

/// Imports and tells the verdict of the only order.
fn verdict(world: &World, row: &str) -> String {
    let rehearsed = rehearsed(world, &[row]);
    taken(world, &[row]);
    let (_, verdict) = rehearsed
        .lines()
        .next()
        .unwrap()
        .rsplit_once("CUP-1: ")
        .unwrap();
    verdict.to_owned()
}

fn paid_at(world: &World, order: &Order) -> String {
    world.text(&format!(
        "SELECT to_char(paid_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS text FROM orders WHERE id = '{}'",
        order.id
    ))
}

#[test]
fn a_day_of_payment_is_one_of_the_shops() {
    let world = World::with(&[("TIME_ZONE", "America/New_York")]);
    taken(&world, &["CUP-1,,2025-11-03"]);
    let at = "SELECT to_char(paid_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS text FROM orders";
    assert_eq!(world.text(at), "2025-11-03 05:00");
    assert_eq!(
        taken(&world, &["CUP-1,,2025-11-03"]),
        "0 created, 1 unchanged, 0 bad\n"
    );
}

#[test]
fn the_same_file_again_changes_nothing() {
    let world = World::new();
    let rows = [
        "CUP-1,cs_test_1 cs_test_2,",
        "CUP-2,cs_test_3,2025-11-03",
        "CUP-3,,2025-11-03",
        "CUP-4,,",
    ];
    taken(&world, &rows);
    let before = super::everything(&world);
    assert_eq!(taken(&world, &rows), "0 created, 4 unchanged, 0 bad\n");
    assert_eq!(super::everything(&world), before);
}

#[test]
fn a_rehearsal_gives_a_verdict_for_each_order_and_changes_nothing() {
    let world = World::new();
    let ignored = opened(&world);
    world.stripe.pay(&ignored).unwrap();
    world.deliver();
    taken(&world, &["CUP-1,,", "CUP-2,cs_test_2,", "CUP-3,cs_test_3,"]);
    let fifth = format!("CUP-5,cs_test_5 {ignored},");
    let said = rehearsed(
        &world,
        &[
            "CUP-1,,",
            "CUP-2,cs_test_2,2025-11-03",
            "CUP-3,cs_test_3 cs_test_4,",
            "CUP-4,,2025-11-03",
            &fifth,
            "CUP-6,,",
            "CUP-7,,soon",
        ],
    );
    insta::assert_snapshot!(said, @"
    line 2: CUP-1: unchanged
    line 3: CUP-2: updated, paid
    line 4: CUP-3: updated, 1 session known
    line 5: CUP-4: new, paid
    line 6: CUP-5: new, 2 sessions known
    line 7: CUP-6: new
    dry run: 3 would be created, 2 would be updated, 1 unchanged, 1 bad; nothing was changed
    from an older system: 2 paid, 3 sessions, 1 event of Stripe to act on
    line 8: CUP-7: paid_at: write a date like 2026-11-03, or a time like 2026-11-03T17:20:00Z
    1 line is bad; mend the file and import it again, or leave the bad out with --skip-bad.
    ");
}

#[test]
fn a_second_export_brings_what_happened_since() {
    let world = World::new();
    let (first, second) = (opened(&world), opened(&world));
    taken(&world, &["CUP-1,,"]);
    assert_eq!(
        verdict(&world, &format!("CUP-1,{first},")),
        "updated, 1 session known"
    );
    assert_eq!(
        verdict(&world, &format!("CUP-1,{first} {second},")),
        "updated, 1 session known"
    );
    let order = order(&world, "CUP-1");
    assert_eq!(
        sessions(&world, &order),
        ["superseded imported", "closing imported"]
    );
    assert_eq!(
        verdict(&world, &format!("CUP-1,{first} {second},2025-11-03")),
        "updated, paid"
    );
    assert_eq!(
        sessions(&world, &order),
        ["superseded imported", "complete imported"]
    );
    assert_eq!(
        payments(&world, &order),
        ["4500 settles by import, intent unknown"]
    );
    assert_eq!(verdict(&world, "CUP-1,,"), "unchanged");
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn a_payment_without_its_checkout_ends_the_wait_for_the_checkout() {
    let world = World::new();
    let session = opened(&world);
    taken(&world, &[&format!("CUP-1,{session},")]);
    assert_eq!(verdict(&world, "CUP-1,,2025-11-03"), "updated, paid");
    let order = order(&world, "CUP-1");
    assert_eq!(sessions(&world, &order), ["superseded imported"]);
    assert_eq!(payments(&world, &order), Vec::<String>::new());
    world.stripe.pay(&session).unwrap();
    world.deliver();
    assert_eq!(payments(&world, &order), ["4500 second_payment by webhook"]);
}

#[test]
fn an_order_that_came_as_paid_may_get_its_checkout_later() {
    let world = World::new();
    let session = opened(&world);
    taken(&world, &["CUP-1,,2025-11-03"]);
    let row = format!("CUP-1,{session},2025-11-04");
    assert_eq!(verdict(&world, &row), "updated, 1 session known");
    assert_eq!(verdict(&world, &row), "unchanged");
    let order = order(&world, "CUP-1");
    assert_eq!(paid_at(&world, &order), "2025-11-03");
    world.stripe.pay(&session).unwrap();
    world.deliver();
    assert_eq!(payments(&world, &order), ["4500 settles by import"]);
    assert_eq!(attention(&world), 0);
}

#[test]
fn what_was_paid_here_meanwhile_keeps_its_time_and_its_payment() {
    let world = World::new();
    let session = opened(&world);
    taken(&world, &[&format!("CUP-1,{session},")]);
    world.stripe.pay(&session).unwrap();
    world.deliver();
    let order = order(&world, "CUP-1");
    let before = super::everything(&world);
    assert_eq!(
        verdict(&world, &format!("CUP-1,{session},2025-11-03")),
        "unchanged"
    );
    assert_eq!(verdict(&world, "CUP-1,,"), "unchanged");
    assert_eq!(super::everything(&world), before);
    assert_eq!(
        verdict(&world, &format!("CUP-1,{session} cs_test_9,2025-11-03")),
        "updated, 1 session known"
    );
    assert_eq!(payments(&world, &order), ["4500 settles by webhook"]);
    assert_eq!(
        sessions(&world, &order),
        ["complete imported", "superseded imported"]
    );
}

#[test]
fn a_checkout_that_was_opened_here_is_not_pushed_aside() {
    let world = World::new();
    taken(&world, &["CUP-1,,"]);
    let order = order(&world, "CUP-1");
    let ours = world.click_through(&order);
    let theirs = opened(&world);
    assert_eq!(
        verdict(&world, &format!("CUP-1,{theirs},")),
        "updated, 1 session known"
    );
    assert_eq!(
        sessions(&world, &order),
        ["open click", "superseded imported"]
    );
    let said = refused(&world, &[&format!("CUP-1,{theirs},2025-11-03")]);
    assert!(
        said.starts_with("line 2: CUP-1: paid_at: a checkout of this order was opened here"),
        "{said}"
    );
    assert_eq!(world.click_through(&order), ours);

    // As the sentence says.
    let (code, _, said) = world.command(&["orders", "settle", "CUP-1", "--how", "other"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(at_stripe(&world, &ours), "expired");
    assert_eq!(
        verdict(&world, &format!("CUP-1,{theirs},2025-11-03")),
        "unchanged"
    );
    assert_eq!(world.status(&order), "settled_offline");
}

#[test]
fn an_order_that_was_cancelled_here_is_not_paid_behind_our_back() {
    let world = World::new();
    taken(&world, &["CUP-1,,"]);
    world.command(&["orders", "cancel", "CUP-1"]);
    let said = refused(&world, &["CUP-1,,2025-11-03"]);
    assert!(
        said.starts_with("line 2: CUP-1: paid_at: this order was cancelled here"),
        "{said}"
    );
    assert_eq!(
        verdict(&world, "CUP-1,cs_test_1,"),
        "updated, 1 session known"
    );
    assert_eq!(world.status(&order(&world, "CUP-1")), "cancelled");
}

#[test]
fn other_content_is_an_error_whatever_else_is_new() {
    let world = World::new();
    taken(&world, &["CUP-1,,"]);
    let dearer = export(&["CUP-1,cs_test_1,2025-11-03"]).replace("45.00", "46.00");
    let (code, _, said) = import(&world, dearer.as_bytes(), &["--skip-bad"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.starts_with("line 2: CUP-1: another order stands under this reference"),
        "{said}"
    );
    assert_eq!(world.count("checkout_sessions"), 0);
    assert_eq!(world.status(&order(&world, "CUP-1")), "open");
}

#[test]
fn a_file_without_the_columns_is_the_same_order() {
    let world = World::new();
    taken(&world, &["CUP-1,cs_test_1,"]);
    let plain = export(&["CUP-1,,"])
        .replace(",stripe_session_id,paid_at", "")
        .replace("45.00,,", "45.00");
    let (code, out, said) = import(&world, plain.as_bytes(), &[]);
    assert_eq!(
        (code, out.as_str()),
        (0, "0 created, 1 unchanged, 0 bad\n"),
        "{said}"
    );
    let lines = json!([{ "description": "Summer cup", "unit_amount": 4500, "quantity": 1 }]);
    let body = json!({
        "reference": "CUP-1", "email": "parent@example.org", "name": "Kim Miller",
        "currency": "eur", "lines": lines,
    });
    let again = world.api(
        freshmint::token::Role::Operator,
        reqwest::Method::POST,
        "/orders",
        Some(body),
    );
    assert_eq!(again.status, 200, "{}", again.body);
}
