//! A link in a mail becomes a checkout.

/// What differs from run to run: times, links; and the style sheet, which has its own tests.
macro_rules! assert_page {
    ($($snapshot:tt)*) => {
        insta::with_settings!({filters => vec![
            (r"(?s)<style>.*</style>", "<style>…</style>"),
            (r"\d+ \w+ \d{4}, \d\d:\d\d UTC", "[when]"),
            (r#"datetime="[^"]+""#, r#"datetime="[when]""#),
            (r"/pay/[\w.-]+", "/pay/[token]"),
        ]}, { insta::assert_snapshot!($($snapshot)*) })
    };
}

mod come_back;
mod concurrency;
mod crash;
mod database_trouble;
mod foreign;
mod gone;
mod kept_plan;
mod last_looks;
mod machines;
mod pages;
mod quick_way;
mod refusals;
mod replacement;
mod request;
mod states;
mod stripe_trouble;
mod together;
mod tokens;
mod too_many;
mod unfinished;

use std::time::{Duration, Instant};

use freshmint::token::Role;
use reqwest::Method;
use serde_json::Value;

use crate::support::{
    Answer, Order, World,
    browser::{person, runtime, send},
};

#[test]
fn a_click_leads_to_a_fresh_checkout_and_a_second_click_to_the_same() {
    let world = World::new();
    let order = world.order("CUP-1");
    let first = world.click_through(&order);
    let second = world.click_through(&order);
    assert_eq!(first, second);
    assert_eq!(world.traffic(), ["POST /v1/checkout/sessions"]);
}

#[test]
fn a_payment_makes_the_order_paid_once_the_webhook_has_come() {
    let world = World::new();
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    world.deliver();
    assert_eq!(world.status(&order), "paid");
    assert_eq!(world.click(&order).status, 200);
}

/// A world whose clicks give up on Stripe soon.
fn hasty_world() -> World {
    World::with(&[("STRIPE_TIMEOUT_SECONDS", "2")])
}

/// The same test for several cases at the same time, since it mostly waits.
fn for_each<T: Send>(cases: impl IntoIterator<Item = T>, test: impl Fn(T) + Sync) {
    let test = &test;
    std::thread::scope(|scope| {
        for case in cases {
            scope.spawn(move || test(case));
        }
    });
}

/// A person follows the link at one replica or process of several.
fn click_at(url: &str, order: &Order) -> Answer {
    runtime().block_on(send(person(Method::GET, &format!("{url}{}", order.path))))
}

/// A click that Stripe keeps waiting: it ends within its two seconds, on the page that tries again.
fn assert_try_again(world: &World, order: &Order) {
    let clicked = Instant::now();
    let answer = world.click(order);
    // Bounded at all is what counts; a busy machine is slow.
    assert!(clicked.elapsed() < Duration::from_secs(15));
    assert_is_busy(&answer);
}

fn assert_is_busy(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.header("retry-after"), "5");
    assert_eq!(answer.header("refresh"), "5");
    assert!(answer.body.contains("<button type=\"submit\">"));
    assert!(!answer.body.contains("http-equiv"));
}

/// The order's sessions as our rows know them, oldest first.
fn rows(world: &World, order: &Order) -> Vec<String> {
    world.texts(&format!(
        "SELECT state AS text FROM checkout_sessions JOIN session_orders ON session_id = id \
         WHERE order_id = '{}' ORDER BY created_at, id",
        order.id
    ))
}

/// Status and text of a page, as a person sees it.
fn seen(answer: &Answer) -> String {
    format!("{}\n{}", answer.status, answer.text())
}

/// Looks again and again until something is the case, for ten seconds at most.
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < until, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Somebody of the shop tells the API something about an order.
fn tell(world: &World, order: &Order, what: &str, body: Value) -> Answer {
    let path = format!("/orders/{}/{what}", order.id);
    let answer = world.api(Role::Operator, Method::POST, &path, Some(body));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}
