//! The page with the button, where a link was replaced too, and what every page has in common.

use reqwest::Method;
use serde_json::json;

use super::{seen, tell};
use crate::support::{Order, World};

fn confirming() -> (World, Order) {
    let world = World::with(&[("PAY_CLICK", "confirm"), ("STRIPE_TIMEOUT_SECONDS", "1")]);
    let order = world.order("CUP-1");
    (world, order)
}

#[test]
fn with_confirmation_on_everybody_sees_what_is_owed_and_a_button() {
    let (world, order) = confirming();
    assert_page!(world.click(&order).body);
    assert_eq!(world.traffic(), [""; 0]);
    let pressed = world.press(&order.path);
    assert_eq!(pressed.status, 303);
    assert_eq!(pressed.location(), world.press(&order.path).location());
    assert_eq!(world.traffic(), ["POST /v1/checkout/sessions"]);
}

#[test]
fn an_order_of_several_lines_adds_them_up_in_the_payers_language() {
    let world = World::with(&[("PAY_CLICK", "confirm")]);
    let lines = json!([
        { "description": "Sommercup U12", "unit_amount": 4500, "quantity": 2 },
        { "description": "T-Shirt <M>", "unit_amount": 1250, "quantity": 1 },
    ]);
    let order = world.order_with("CUP-2", json!({ "locale": "de", "lines": lines }));
    assert_page!(seen(&world.click(&order)), @r"
        200
        Ihre Zahlung
        Bitte prüfen Sie, was offen ist, und gehen Sie dann weiter zur Zahlung.
        Zu zahlen
        102,50 €
        Referenz
        CUP-2
        Weiter zur Zahlung
        Sie bezahlen auf einer sicheren Seite von Stripe. Ihre Kartennummer sehen wir nie.
        Wofür
        Beschreibung
        Betrag
        2 ×
        Sommercup U12
        90,00 €
        T-Shirt <M>
        12,50 €
        Summe
        102,50 €
        ");
}

#[test]
fn a_replaced_link_shows_todays_amount_and_its_button_leads_to_the_checkout() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    let told = tell(
        &world,
        &order,
        "withdraw-link",
        json!({ "note": "sent to the wrong list" }),
    );
    assert_eq!(world.payable_sessions(&order), 0);

    let page = world.click(&order);
    assert_page!(seen(&page), @r"
        200
        This link has been replaced
        The link you opened is out of date: we withdrew it or sent a newer one. Nothing is lost.
        This is what is due today. You can pay it right here.
        A note from us
        sent to the wrong list
        Amount due
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
    let pay_url = told.json()["pay_url"].as_str().unwrap().to_owned();
    let path = pay_url.strip_prefix("http://127.0.0.1:61199").unwrap();
    assert_ne!(path, order.path);
    assert!(page.body.contains(&format!(r#"action="{path}""#)));
    assert_eq!(world.press(path).status, 303);
    // The button of a page that was open before the withdrawal.
    assert_eq!(world.press(&order.path).status, 200);
    assert_eq!(world.payable_sessions(&order), 1);
}

#[test]
fn a_replaced_link_of_an_order_that_is_paid_asks_for_nothing() {
    let world = World::new();
    let order = world.order("CUP-1");
    tell(&world, &order, "withdraw-link", json!({}));
    world.execute("UPDATE orders SET paid_at = now()");
    assert_page!(seen(&world.click(&order)), @r"
        200
        This link is no longer in use
        The link you opened is out of date: we withdrew it or sent a newer one.
        There is nothing for you to pay here.
        ");
}

#[test]
fn every_page_is_the_payers_own_and_names_nobody() {
    let (world, order) = confirming();
    let button = world.click(&order);
    let checkout = world.press(&order.path);
    let back = world.get(&format!("{}/return", order.path));
    let nowhere = world.get("/pay/nonsense");
    tell(&world, &order, "cancel", json!({}));
    let gone = world.click(&order);
    let head = world.ask(Method::HEAD, &order.path, &[]);
    world.stripe.stop();
    let other = world.order("CUP-2");
    let busy = world.press(&other.path);
    let answers = [button, checkout, back, nowhere, gone, head, busy];
    let statuses = [200, 303, 200, 404, 410, 200, 503];
    assert_eq!(answers.clone().map(|answer| answer.status), statuses);
    for answer in answers {
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(answer.header("x-robots-tag").contains("noindex"));
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        let leads_to = format!(
            "form-action 'self' https://checkout.stripe.com {}",
            world.stripe.url()
        );
        assert!(policy.contains(&leads_to), "{policy}");
        for personal in ["parent@example.org", "Miller", "<script"] {
            assert!(!answer.body.contains(personal), "{}", answer.body);
        }
    }
}

#[test]
fn where_no_order_tells_the_page_speaks_the_browsers_language() {
    let world = World::new();
    for (asked, language) in [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB", "en"),
        ("tlh", "en"),
        ("de;q=0,en", "en"),
        ("en;q=0.1,fr;q=0.9", "fr"),
        ("tlh, fr;q=0.5, de;q=0.5", "fr"),
        ("*, ;q=, it;q=x, nl;q=0.001", "nl"),
    ] {
        let page = world.ask(Method::GET, "/pay/x", &[("accept-language", asked)]);
        assert!(
            page.body.contains(&format!(r#"<html lang="{language}">"#)),
            "{asked}"
        );
    }
}
