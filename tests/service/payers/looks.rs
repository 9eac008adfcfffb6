//! What the pages look like, on a phone, and to every eye.

use chrono::Duration;
use freshmint::{language::Language, retention, token::Role};
use reqwest::Method;
use serde_json::json;

use super::{
    Stop,
    states::{bills, carts, no_checkout_opens, refused, unsubscribe},
};
use crate::{
    ops::browser::looked_at,
    support::{World, chromium::Chromium, runtime},
};

/// A shop that shows each page.
fn shop() -> World {
    let world = World::with_mailbox(&[
        ("PAY_CLICK", "confirm"),
        ("TIME_ZONE", "Europe/Rome"),
        ("SUPPORT_EMAIL", "treasurer@rovers.example.org"),
    ]);
    let on = json!({ "recovery_enabled": true });
    world.api(Role::Admin, Method::PUT, "/settings", Some(on));
    world
}

/// Calls `look` with every page in each of these languages.
fn everywhere(
    world: &World,
    browser: &Chromium,
    locales: &[&'static str],
    mut look: impl FnMut(&str, &Stop),
) {
    let mut at = |locale: &str, stop: &Stop| {
        browser.language(locale);
        stop.open(world, browser);
        look(locale, stop);
    };
    let mut asks = Vec::new();
    for locale in locales {
        for stop in bills(world, locale) {
            at(locale, &stop);
        }
        at(locale, &refused(world, locale));
        let mailed = unsubscribe(world, locale);
        for stop in &mailed {
            at(locale, stop);
        }
        asks.push((locale, mailed[0].path.clone()));
        at(locale, &Stop::at("not-found", "/pay/x"));
        at(locale, &Stop::at("unsubscribe-unknown", "/unsubscribe/x"));
    }
    let mut gone = Vec::new();
    for (locale, stops) in carts(world, locales) {
        for stop in &stops {
            if stop.presses {
                no_checkout_opens(world);
            }
            at(locale, stop);
        }
        gone.push((locale, Stop::at("gone", stops[0].path.clone())));
    }
    let order = world.order("AWAY");
    let rename = |from: &str, to: &str| {
        for table in ["orders", "suppressions"] {
            world.execute(&format!("ALTER TABLE {table}{from} RENAME TO {table}{to}"));
        }
    };
    // As where the database does not answer, and at once.
    rename("", "_away");
    for (locale, ask) in asks {
        at(locale, &Stop::at("busy", order.path.clone()));
        at(locale, &Stop::behind("not-yet-unsubscribed", ask));
    }
    rename("_away", "");
    world.pass(Duration::days(40));
    let pruned = retention::prune(&world.app, "test");
    runtime().block_on(pruned).expect("it prunes");
    for (locale, stop) in gone {
        at(locale, &stop);
    }
    world.stop_clock();
    for number in 0..120 {
        world.get(&format!("/pay/wrong{number}"));
    }
    for locale in locales {
        at(locale, &Stop::at("too-many-wrong", "/pay/x"));
    }
}

/// Every page that there is a sample of, and those that carts have words of their own for.
const PAGES: [&str; 29] = [
    "busy",
    "cancelled",
    "cart",
    "cart-cancelled",
    "cart-debit-failed",
    "cart-not-yet-paid",
    "cart-refused",
    "cart-replaced",
    "continue",
    "debit-failed",
    "gone",
    "in-review",
    "just-paid",
    "not-found",
    "not-yet-paid",
    "not-yet-unsubscribed",
    "paid",
    "partly-refunded",
    "processing",
    "refunded",
    "refused",
    "replaced",
    "replaced-nothing-due",
    "settled-offline",
    "too-many",
    "too-many-wrong",
    "unsubscribe",
    "unsubscribe-unknown",
    "unsubscribed",
];

#[test]
fn axe_finds_nothing_on_any_page_of_payers() {
    let (world, browser) = (shop(), Chromium::open());
    let (mut faults, mut seen) = (Vec::new(), Vec::new());
    everywhere(&world, &browser, &["en"], |_, stop| {
        faults.extend(looked_at(&browser, &format!("payer-{}", stop.name)));
        seen.push(stop.name);
    });
    seen.sort_unstable();
    assert_eq!(seen, PAGES);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Words of some languages are longer than English ones, and a button does not break its words. Each page is the
/// one that it should be: no two headings are the same but those that a bill and a cart share.
#[test]
fn the_pages_of_payers_fit_a_phone_in_every_language() {
    let (world, browser) = (shop(), Chromium::open());
    let (mut faults, mut headings) = (Vec::new(), Vec::new());
    let locales = Language::ALL.map(|language| language.words().code);
    everywhere(&world, &browser, &locales, |locale, stop| {
        let about = format!("{}-{locale}", stop.name);
        browser.look((360, 800), false);
        browser.shot(&about);
        browser.look((320, 800), false);
        let wider = browser.overflow();
        let lang = browser.run("return document.documentElement.lang");
        if wider != 0.0 || lang != locale {
            faults.push(format!("{about}: {lang}, wider by {wider}"));
        }
        let heading = browser.run("return document.querySelector('h1').innerText");
        headings.push((locale.to_owned(), heading.to_string(), stop.name));
    });
    headings.sort();
    for pair in headings.windows(2) {
        let [(locale, one, name), (another, other, page)] = pair else {
            continue;
        };
        let is_same = locale == another && one == other;
        // A cart's page says the same of what is the same, and so do the two ends of a refund's way.
        let may_be = name.trim_start_matches("cart-") == page.trim_start_matches("cart-");
        if is_same && !may_be {
            faults.push(format!("{locale}: {name} and {page} are both {one}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
