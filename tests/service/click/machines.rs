//! Previews, scanners and prefetches open a link before its reader does; they must leave no trace.

use reqwest::Method;

use crate::support::{PERSON, World};

const MACHINES: [&str; 7] = [
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "WhatsApp/2.23.20.0",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "TelegramBot (like TwitterBot)",
    "Twitterbot/1.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
];

const EARLY: [(&str, &str); 5] = [
    ("purpose", "prefetch"),
    ("sec-purpose", "prefetch"),
    ("sec-purpose", "prefetch;prerender"),
    ("x-purpose", "preview"),
    ("x-moz", "prefetch"),
];

#[test]
fn a_machine_sees_the_amount_and_the_button_and_stripe_hears_nothing() {
    let world = World::new();
    let order = world.order("CUP-1");
    let mut asks: Vec<Vec<(&str, &str)>> = vec![vec![], vec![("user-agent", "")]];
    asks.extend(MACHINES.map(|name| vec![("user-agent", name)]));
    asks.extend(EARLY.map(|early| vec![("user-agent", PERSON), early]));
    for headers in asks {
        let page = world.ask(Method::GET, &order.path, &headers);
        assert_eq!(page.status, 200, "{headers:?}");
        let text = page.text();
        assert!(
            text.contains("€45.00") && text.contains("Continue to payment"),
            "{headers:?}: {text}"
        );
    }
    assert_eq!(world.traffic(), [""; 0]);
    assert_eq!(world.count("checkout_sessions"), 0);
}

#[test]
fn a_machine_that_was_first_does_not_stand_in_a_persons_way() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.ask(Method::GET, &order.path, &[("user-agent", MACHINES[0])]);
    world.click_through(&order);
    let page = world.ask(Method::GET, &order.path, &[("user-agent", MACHINES[0])]);
    assert_eq!(page.status, 200, "not even the address of an open session");
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn a_machine_at_the_return_page_asks_stripe_nothing() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    world.stripe.clear_requests();
    let back = format!("{}/return", order.path);
    assert_eq!(world.ask(Method::GET, &back, &[]).status, 200);
    assert_eq!(world.traffic(), [""; 0]);
}

#[test]
fn whoever_is_not_known_as_a_machine_counts_as_a_person() {
    let world = World::new();
    let order = world.order("CUP-1");
    for name in [
        "curl/8.5.0",
        "Lynx/2.9.0",
        "OddMail 0.3 (Amiga)",
        "python-requests/2.31",
    ] {
        let answer = world.ask(Method::GET, &order.path, &[("user-agent", name)]);
        assert_eq!(answer.status, 303, "{name}");
    }
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn looking_without_getting_never_mints() {
    let world = World::new();
    let order = world.order("CUP-1");
    let person = [("user-agent", PERSON)];
    let head = world.ask(Method::HEAD, &order.path, &person);
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let options = world.ask(Method::OPTIONS, &order.path, &person);
    assert_eq!(
        (options.status, options.header("allow")),
        (204, "GET, HEAD, POST, OPTIONS")
    );
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        assert_eq!(world.ask(method, &order.path, &person).status, 405);
    }
    assert_eq!(world.traffic(), [""; 0]);
    assert_eq!(world.count("checkout_sessions"), 0);
}
