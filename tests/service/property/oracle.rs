//! What must be true in the end, told from Stripe's sessions alone.

use serde_json::Value;

use super::action::Scene;
use crate::support::{Answer, world::session_in};

pub fn check(scene: &Scene, last_click: &Answer) {
    let sessions = scene.at_stripes();
    let owed = amount_owed(scene);
    let paid: Vec<&Value> = sessions
        .iter()
        .filter(|one| one["payment_status"] == "paid")
        .collect();
    let in_full = paid.iter().any(|one| one["amount_total"] == owed);
    let on_its_way = |one: &Value| one["status"] == "complete" && one["payment_status"] == "unpaid";

    let expected = if in_full {
        "paid"
    } else if !paid.is_empty() {
        "in_review"
    } else if sessions.iter().any(on_its_way) {
        "processing"
    } else {
        scene.ended.as_deref().unwrap_or("open")
    };
    assert_eq!(scene.world.status(&scene.order), expected, "{sessions:#?}");
    assert_eq!(payments(scene), paid.len(), "payments");
    assert_eq!(
        settling(scene),
        usize::from(in_full),
        "payments that settle"
    );
    assert_eq!(unfinished_events(scene), 0, "events without an end");
    assert_eq!(
        open_rows(scene),
        scene.world.payable_sessions(&scene.order),
        "open sessions"
    );
    if expected == "open" {
        leads_to_a_session_over(owed, last_click, &sessions);
    } else {
        assert_ne!(last_click.status, 303, "{expected}");
    }
}

fn leads_to_a_session_over(owed: i64, click: &Answer, sessions: &[Value]) {
    assert_eq!(click.status, 303, "{}", click.body);
    let id = session_in(click.location());
    let session = sessions.iter().find(|one| one["id"] == id).unwrap();
    assert_eq!(session["status"], "open");
    assert_eq!(session["amount_total"], owed);
}

fn amount_owed(scene: &Scene) -> i64 {
    let id = scene.order.id;
    let amount = format!("SELECT amount_total::text AS text FROM orders WHERE id = '{id}'");
    scene.world.text(&amount).parse().unwrap()
}

fn payments(scene: &Scene) -> usize {
    of_sessions(
        scene,
        "payments p JOIN checkout_sessions s ON s.id = p.session_id",
        "true",
    )
}

fn open_rows(scene: &Scene) -> usize {
    of_sessions(scene, "checkout_sessions s", "s.live")
}

fn of_sessions(scene: &Scene, from: &str, condition: &str) -> usize {
    let id = scene.order.id;
    scene.world.count(&format!(
        "{from} JOIN session_orders o ON o.session_id = s.id WHERE o.order_id = '{id}' AND {condition}"
    ))
}

fn settling(scene: &Scene) -> usize {
    let id = scene.order.id;
    scene.world.count(&format!(
        "payment_allocations WHERE order_id = '{id}' AND verdict = 'settles'"
    ))
}

fn unfinished_events(scene: &Scene) -> usize {
    scene
        .world
        .count("stripe_events WHERE state <> 'processed'")
}
