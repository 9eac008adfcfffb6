//! "Why hasn't this family paid?", by keyboard alone, on a phone: found, its story read, cash taken.

use chrono::Duration;
use freshmint::token::Role;
use serde_json::json;

use super::browser::sign_in;
use crate::support::{World, chromium::Chromium};

const ENTER: &str = "\u{e007}";

/// A family that was mailed, looked, left and was reminded; two others that were not.
fn families(world: &World) {
    let of = |reference: &str, name: &str| {
        let email = format!("{}@example.org", name.to_lowercase());
        let fields = json!({ "name": format!("{name} family"), "email": email });
        world.order_with(reference, fields)
    };
    let miller = of("CUP-1", "Miller");
    world.queue_link(&miller);
    world.carry();
    let preview = [("user-agent", "WhatsApp/2.23")];
    world.ask(reqwest::Method::GET, &miller.path, &preview);
    world.write_looks();
    world.abandon(&miller);
    world.pass(Duration::hours(2));
    world.carry();
    of("CUP-2", "Walsh");
    of("CUP-3", "Byrne");
    world.write_news();
}

/// The days and sentences of the story, in their order.
fn story(browser: &Chromium) -> Vec<String> {
    let told = browser.run(
        "return [...document.querySelectorAll('.story .fact')].map((fact) => fact.querySelector('p').innerText)",
    );
    let told = told.as_array().cloned().unwrap_or_default();
    let texts = told.iter().filter_map(|text| text.as_str());
    texts.map(str::to_owned).collect()
}

#[test]
fn a_family_is_found_its_story_read_and_cash_taken_by_keyboard_alone_on_a_phone() {
    let world = World::with_mailbox(&[]);
    let email = world.user("Aoife Byrne", Role::Operator).email;
    families(&world);
    let browser = Chromium::open();
    browser.look((360, 800), false);
    sign_in(&browser, &world, &email);
    browser.goto(&format!("{}/ops/orders", world.url()));
    browser.tab_to("#q");
    browser.keys("miller");
    browser.keys(ENTER);
    browser.until(
        "location.search.includes('miller') && document.querySelectorAll('tbody tr').length === 1",
    );
    browser.tab_to("tbody th a");
    browser.keys(ENTER);
    browser.until("location.pathname.startsWith('/ops/orders/0')");
    let told = story(&browser);
    let mut told = told.iter();
    for said in [
        "The order came in",
        "Their mail server took the mail",
        "A machine looked at the link",
        "Stripe’s payment page was opened",
        "closed by itself, unpaid",
        "took the reminder",
        "Nothing since",
    ] {
        let is_told = told.any(|fact| fact.to_lowercase().contains(&said.to_lowercase()));
        assert!(is_told, "{said}, in its order: {:?}", story(&browser));
    }
    browser.tab_to("a[href$='/settle']");
    browser.keys(ENTER);
    browser.until("location.pathname.endsWith('/settle')");
    browser.tab_to("#how-cash");
    browser.keys(" ");
    browser.tab_to("#note");
    browser.keys("at the gate");
    browser.tab_to("main form button.main");
    browser.keys(ENTER);
    browser.until("document.querySelector('.notice')?.innerText.includes('in cash')");
    let kept =
        "SELECT reference || ' ' || settled_how AS text FROM orders WHERE settled_how IS NOT NULL";
    assert_eq!(world.texts(kept), ["CUP-1 cash"]);
    let told = story(&browser).join("\n");
    assert!(
        told.contains("cash") && browser.text().contains("at the gate"),
        "{told}"
    );
}
