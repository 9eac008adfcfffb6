//! What is asked of Stripe.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use serde_json::json;

use super::click_at;
use crate::{
    simulator::{Asked, Call, Fault},
    support::{Order, Process, World},
};

/// The mints among what was asked.
fn mints(world: &World) -> Vec<Asked> {
    let mut asked = world.stripe.requests();
    asked.retain(|asked| asked.method == "POST" && asked.path == "/v1/checkout/sessions");
    asked
}

fn session_row(world: &World) -> String {
    world.text("SELECT id::text AS text FROM checkout_sessions")
}

/// A mint as text, with names in place of what differs from run to run.
fn written(world: &World, order: &Order, asked: &Asked) -> String {
    let text = format!(
        "Idempotency-Key: {}\n{:#}",
        asked.idempotency_key.as_deref().unwrap_or("none"),
        asked.params
    );
    text.replace(&order.id.to_string(), "[order]")
        .replace(&session_row(world), "[row]")
        .replace(&order.path, "/pay/[token]")
}

#[test]
fn a_mint_names_the_order_everywhere_and_leaves_the_lifetime_to_stripe() {
    let world = World::new();
    let lines = json!([
        { "description": "Summer cup, U12", "unit_amount": 4500, "quantity": 2 },
        { "description": "Bus & lunch", "unit_amount": 950, "quantity": 1 },
    ]);
    let order = world.order_with(
        "CUP-1",
        json!({ "lines": lines, "locale": "de", "metadata": { "team": "U12 girls" } }),
    );
    world.click_through(&order);
    let asked = mints(&world);
    assert_snapshot!(written(&world, &order, &asked[0]), @r#"
        Idempotency-Key: freshmint-[order]-v1-a1
        {
          "cancel_url": "http://127.0.0.1:61199/pay/[token]/return",
          "client_reference_id": "[order]",
          "custom_text": {
            "submit": {
              "message": "Wenn Sie die Seite verlassen, ohne zu bezahlen, erinnern wir Sie einmal per E-Mail, danach nicht mehr."
            }
          },
          "customer_email": "parent@example.org",
          "line_items": [
            {
              "price_data": {
                "currency": "eur",
                "product_data": {
                  "name": "Summer cup, U12"
                },
                "unit_amount": "4500"
              },
              "quantity": "2"
            },
            {
              "price_data": {
                "currency": "eur",
                "product_data": {
                  "name": "Bus & lunch"
                },
                "unit_amount": "950"
              },
              "quantity": "1"
            }
          ],
          "locale": "de",
          "metadata": {
            "freshmint_session": "[row]",
            "order_id": "[order]",
            "reference": "CUP-1",
            "team": "U12 girls"
          },
          "mode": "payment",
          "payment_intent_data": {
            "metadata": {
              "freshmint_session": "[row]",
              "order_id": "[order]",
              "reference": "CUP-1",
              "team": "U12 girls"
            }
          },
          "success_url": "http://127.0.0.1:61199/pay/[token]/return"
        }
        "#);
}

#[test]
fn an_order_without_an_address_leaves_it_to_the_payer() {
    let world = World::new();
    let order = world.order_with("CUP-1", json!({ "email": null }));
    world.click_through(&order);
    assert!(mints(&world)[0].params.get("customer_email").is_none());
}

#[test]
fn each_attempt_has_a_key_of_its_own_that_counts_versions_and_attempts() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.expire(&session).unwrap();
    world.deliver();
    world.click_through(&order);
    world.execute(
        "UPDATE orders SET version = 2, amount_total = 5000, \
        lines = jsonb_set(lines, '{0,unit_amount}', '5000')",
    );
    world.click_through(&order);
    let keys = mints(&world)
        .into_iter()
        .filter_map(|asked| asked.idempotency_key);
    let keys: Vec<_> = keys
        .map(|key| key.replace(&order.id.to_string(), "[order]"))
        .collect();
    assert_eq!(
        keys,
        [
            "freshmint-[order]-v1-a1",
            "freshmint-[order]-v1-a2",
            "freshmint-[order]-v2-a1"
        ]
    );
}

#[test]
fn a_repeat_is_the_same_request_also_after_a_deploy_that_asks_for_something_else() {
    let world = World::new();
    let order = world.order("CUP-1");
    world
        .stripe
        .inject(Call::CreateSession, Fault::HangAfter, 1);
    let before = Process::serve(
        &changed(&world, &[("STRIPE_TIMEOUT_SECONDS", "1")]),
        &["--no-worker"],
    );
    assert_eq!(click_at(&before.url, &order).status, 503);
    before.kill();

    let moved = changed(&world, &[("PUBLIC_URL", "https://pay.rovers.example.org")]);
    let after = Process::serve(&moved, &["--no-worker"]);
    assert_eq!(click_at(&after.url, &order).status, 303);
    let asked = mints(&world);
    let repeat = &asked[asked.len() - 2];
    assert_eq!(
        (&repeat.idempotency_key, &repeat.params),
        (&asked[0].idempotency_key, &asked[0].params)
    );
    assert!(repeat.replayed);
    // Then the session that leads back to the old address is replaced.
    let last = asked.last().unwrap();
    assert!(
        last.params["success_url"]
            .as_str()
            .unwrap()
            .starts_with("https://pay.rovers")
    );
    assert_eq!(world.payable_sessions(&order), 1);
}

#[test]
fn the_stored_request_is_erased_once_the_mint_is_resolved() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    assert_eq!(
        world.count("checkout_sessions WHERE request_body IS NOT NULL"),
        0
    );
}

fn changed(world: &World, settings: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut all = world.settings().clone();
    all.extend(
        settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    all
}
