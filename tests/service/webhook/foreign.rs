//! What Stripe tells is somebody else's text: it is made safe, and costs its own event and nothing else.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{event, kept, post_signed, signature};
use crate::support::World;

const COMPLETED: &str = "checkout.session.completed";
const MEBIBYTE: usize = 1024 * 1024;

fn told(world: &World, id: &str, kind: &str, object: Value) {
    let body = event(world, id, kind, object).to_string();
    assert_eq!(post_signed(world, &body).status, 200, "{id}");
    world.work_off();
}

/// Paid, and marked as ours: where its id is none, nobody may ask Stripe for it.
fn debit(id: &str) -> Value {
    json!({
        "id": id, "status": "complete", "payment_status": "unpaid", "amount_total": 4500,
        "currency": "eur", "metadata": { "freshmint_session": "unknown here" },
    })
}

#[test]
fn a_session_id_that_is_none_fails_its_event_with_the_reason_and_reaches_no_path() {
    let world = World::new();
    let odd = [
        "",
        "../../v1/balance?x=",
        "cs_1\r\nX-Odd: 1",
        "cs_\0",
        "in_1",
    ];
    for (number, id) in odd.into_iter().enumerate() {
        told(&world, &format!("evt_{number}"), COMPLETED, debit(id));
    }
    let why = "checkout.session.completed failed Stripe's answer cannot be read: \
               its id is no id of a Checkout Session";
    assert_eq!(kept(&world), vec![why; odd.len()]);
    assert!(world.traffic().is_empty(), "{:?}", world.traffic());
    assert_eq!(
        world.count("activity WHERE category = 'webhook' AND level = 'attention'"),
        odd.len()
    );
}

#[test]
fn ids_and_addresses_that_are_none_are_never_kept() {
    let world = World::new();
    let changed = |key: &str, value: &str| {
        let mut session = debit("cs_1");
        session[key] = json!(value);
        session
    };
    let mut open = changed("url", "https://checkout.stripe.com/\r\nSet-Cookie: a=b");
    open["status"] = json!("open");
    let mut paid = changed("payment_intent", "pi_1/../../balance");
    paid["payment_status"] = json!("paid");
    let dispute = json!({ "id": "dp_1\n", "amount": 1, "currency": "eur", "status": "lost" });
    let charge = json!({ "payment_intent": "", "amount_refunded": 1, "currency": "eur" });
    told(&world, "evt_1", COMPLETED, open);
    told(&world, "evt_2", COMPLETED, paid);
    told(&world, "evt_3", "charge.dispute.closed", dispute);
    told(&world, "evt_4", "charge.refunded", charge);
    let kept = kept(&world);
    let failed = kept.iter().filter(|line| line.contains(" failed "));
    assert_eq!(failed.count(), 4, "{kept:?}");
    for table in ["payments", "disputes", "refunds", "checkout_sessions"] {
        assert_eq!(world.count(table), 0, "{table}");
    }
    assert!(world.traffic().is_empty(), "{:?}", world.traffic());
}

#[test]
fn an_event_whose_id_could_be_a_path_or_another_line_is_kept_under_its_hash() {
    let world = World::new();
    let long = "e".repeat(256);
    let odd = ["../../x", "evt 1", "sha256:44", "evt_\u{202e}1", &long];
    for id in odd {
        told(&world, id, COMPLETED, debit("cs_1"));
    }
    assert_eq!(
        world.count("stripe_events WHERE state = 'failed' AND id ~ '^sha256:[0-9a-f]{64}$'"),
        odd.len()
    );
}

#[test]
fn a_payment_with_text_that_postgresql_refuses_is_written_down_with_what_is_safe_of_it() {
    let world = World::new();
    let paid = json!({
        "id": "cs_1", "status": "complete", "payment_status": "paid", "amount_total": 4500,
        "currency": "eur", "customer_email": "kim\u{0}@example.org\u{1b}[2J",
        "client_reference_id": "a\u{0}", "locale": "en\u{0}",
        "metadata": { "freshmint_session": "unknown\u{0}here", "no\u{0}te": "\u{0}" },
    });
    told(&world, "evt_1", COMPLETED, paid);
    assert_eq!(kept(&world), ["checkout.session.completed processed"]);
    assert_eq!(
        world.text("SELECT email AS text FROM cases"),
        "kim @example.org [2J"
    );
    let dispute = json!({
        "id": "dp_1", "amount": 1, "currency": "eur", "status": "needs_response\u{0}",
        "reason": "x".repeat(5_000),
    });
    told(&world, "evt_2", "charge.dispute.created", dispute);
    let reason = "SELECT status || length(reason)::text AS text FROM disputes";
    assert_eq!(world.text(reason), "needs_response100");
}

#[test]
fn a_cart_with_a_zero_byte_in_what_the_shop_noted_is_restored_with_a_blank() {
    let world = World::new();
    let on = json!({ "recovery_enabled": true });
    let answer = world.api(Role::Admin, Method::PUT, "/settings", Some(on));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let session = crate::recovery::opened(&world, Some("kim@example.org"));
    world.stripe.expire(&session).unwrap();
    let mut expired = world.stripe.events().pop().unwrap();
    expired["data"]["object"]["metadata"] = json!({ "basket": "a\u{0}b", "k\u{0}": "v" });
    expired["data"]["object"]["custom_fields"] = json!([{ "key": "size\u{0}" }]);
    assert_eq!(post_signed(&world, &expired.to_string()).status, 200);
    world.work_off();
    assert_eq!(kept(&world), ["checkout.session.expired processed"]);
    assert_eq!(
        world.text("SELECT metadata->>'basket' AS text FROM orders"),
        "a b"
    );
    assert_eq!(
        world.text("SELECT checkout_params::text AS text FROM orders"),
        r#"[["custom_fields[0][key]", "size"]]"#
    );
}

#[test]
fn a_body_of_brackets_is_kept_and_the_stack_holds() {
    let world = World::new();
    let (open, close) = ("[".repeat(500_000), "]".repeat(500_000));
    let session = |field: &str| {
        format!(
            r#"{{"id":"evt_{field}","type":"checkout.session.expired","data":{{"object":
                {{"id":"cs_{field}","status":"expired","{field}":{open}{close}}}}}}}"#
        )
    };
    let whole = format!(r#"{{"id":"evt_1","data":{{"object":{open}{close}}}}}"#);
    for body in [
        open.clone(),
        whole,
        session("custom_fields"),
        session("metadata"),
        session("shipping_address_collection"),
    ] {
        assert_eq!(post_signed(&world, &body).status, 200);
        world.work_off();
    }
    assert_eq!(world.count("stripe_events"), 5);
    assert_eq!(world.get("/healthz").status, 200);
}

/// A connection that has sent this head, and `sent` bytes of a body that it announced as longer.
fn unfinished(url: &str, header: &str, announced: usize, sent: usize) -> io::Result<TcpStream> {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let head = format!(
        "POST /webhooks/stripe HTTP/1.1\r\nHost: {address}\r\n{header}Content-Length: {announced}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&vec![b'x'; sent])?;
    Ok(stream)
}

#[test]
fn a_body_without_a_plausible_signature_is_not_read_at_all() {
    let world = World::new();
    let now = world.now().timestamp();
    let hex = "ab".repeat(32);
    for header in [
        String::new(),
        "Stripe-Signature: nonsense\r\n".to_owned(),
        format!("Stripe-Signature: t={now}\r\n"),
        format!("Stripe-Signature: t={now},v1=ab\r\n"),
        format!("Stripe-Signature: t={},v1={hex}\r\n", now - 301),
    ] {
        // Nothing of the body ever comes: whoever waits for it answers after ten seconds.
        let mut stream = unfinished(world.url(), &header, MEBIBYTE, 0).unwrap();
        let mut answer = [0; 12];
        let read = stream.read_exact(&mut answer);
        assert!(read.is_ok(), "{header:?}: {read:?}");
        assert_eq!(&answer, b"HTTP/1.1 400", "{header:?}");
    }
}

#[test]
fn bodies_take_up_64_mebibytes_at_once_and_what_comes_then_is_to_be_sent_again() {
    let world = World::new();
    let now = world.now().timestamp();
    let header = format!("Stripe-Signature: t={now},v1={}\r\n", "ab".repeat(32));
    let body = event(&world, "evt_1", "invoice.paid", json!({})).to_string();
    let good = signature(&body, "whsec_simulator", now);
    let becomes = |expected: u16| {
        let until = Instant::now() + Duration::from_secs(40);
        while world.post_webhook(body.clone(), Some(&good)).status != expected {
            assert!(Instant::now() < until, "never {expected}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let (url, enough) = (world.url(), AtomicBool::new(false));
    let last = Instant::now() + Duration::from_secs(60);
    std::thread::scope(|scope| {
        for _ in 0..65 {
            scope.spawn(|| {
                while !enough.load(Ordering::SeqCst) && Instant::now() < last {
                    // Refused once there is no room; else broken off after ten seconds, and begun anew.
                    if let Ok(mut stream) = unfinished(url, &header, MEBIBYTE, MEBIBYTE - 1) {
                        let _ = stream.read(&mut [0; 12]);
                    }
                }
            });
        }
        becomes(503);
        enough.store(true, Ordering::SeqCst);
    });
    becomes(200);
}
