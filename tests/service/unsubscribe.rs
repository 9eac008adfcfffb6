//! Whoever wants no more mail gets none: by the page's button, or by their mail program's one click.

use freshmint::{
    link::token::{LinkKeys, PayClaims},
    suppression::AddressKey,
    token::Role,
};
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, Order, PERSON, World,
    browser::{client, runtime, send},
    cluster::Database,
    world::LINK_KEYS,
};

/// The path of the link that a mail to this address carries.
fn link_to(world: &World, address: &str) -> String {
    let db = &world.app.db;
    let hash = db.run_blocking(|connection| Ok(AddressKey::load(connection)?.hash(address)));
    path(&world.app.unsubscribe_url(hash.unwrap(), None))
}

fn path(url: &str) -> String {
    let path = url.strip_prefix("http://127.0.0.1:61199");
    path.unwrap_or_else(|| panic!("{url}")).to_owned()
}

/// Has an order's link mailed; tells the mail as the outbox shows it.
fn mail(world: &World, order: &Order) -> Value {
    let path = format!("/orders/{}/send", order.id);
    let sent = world.api(Role::Operator, Method::POST, &path, None);
    assert_eq!(sent.status, 201, "{sent:?}");
    let path = format!("/outbox/{}", sent.json()["id"].as_str().unwrap());
    world.api(Role::Viewer, Method::GET, &path, None).json()
}

/// What a mail program posts for its reader (RFC 8058, 3.1), from its provider's server.
fn one_click(world: &World, path: &str, kind: &str, body: &'static str) -> Answer {
    let request = client().post(format!("{}{path}", world.url()));
    let request = request.header("content-type", kind).body(body);
    runtime().block_on(send(request))
}

/// Who is on the list, a line each.
fn list(world: &World) -> Vec<String> {
    world.texts(
        "SELECT coalesce(address, '?') || ': ' || reason AS text FROM suppressions ORDER BY since, address",
    )
}

fn seen(answer: &Answer) -> String {
    format!("{}\n{}", answer.status, answer.text())
}

#[test]
fn the_link_in_a_mail_shows_a_button_and_a_scanner_that_opens_it_changes_nothing() {
    let world = World::new();
    let mail = mail(&world, &world.order("CUP-1"));
    let body = mail["body"].as_str().unwrap();
    let link = body
        .lines()
        .find(|line| line.contains("/unsubscribe/"))
        .map(path)
        .unwrap();
    assert_eq!(
        link,
        format!("{}?l=en", link_to(&world, "parent@example.org"))
    );
    // The order's language, whatever the browser's.
    let german = link.replace("?l=en", "?l=de");
    let english = [("accept-language", "en")];
    let page = world.ask(Method::GET, &german, &english);
    assert!(page.body.contains("<html lang=\"de\">"));
    assert!(page.body.contains(&format!(r#"action="{german}""#)));

    let page = world.get(&link);
    assert_snapshot!(seen(&page), @r"
        200
        No more mail from us?
        Press the button, and Rovers Youth FC sends no more mail to the address that this link came to.
        If anything is still to be paid, that does not change, and the links in earlier mails keep working.
        Send me no more mail
        If you came here by mistake, just close this page. Nothing changes.
        ");
    assert!(
        page.body
            .contains(&format!(r#"<form method="post" action="{link}">"#))
    );
    for headers in [
        &[][..],
        &[("user-agent", "Mozilla/5.0 (compatible; BarracudaScanner)")],
        &[("user-agent", PERSON), ("sec-purpose", "prefetch")],
    ] {
        assert_eq!(world.ask(Method::GET, &link, headers).body, page.body);
    }
    let head = world.ask(Method::HEAD, &link, &[]);
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let options = world.ask(Method::OPTIONS, &link, &[]);
    let allowed = (options.status, options.header("allow"));
    assert_eq!(allowed, (204, "GET, HEAD, POST, OPTIONS"));
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        assert_eq!(world.ask(method, &link, &[]).status, 405);
    }
    assert_eq!(list(&world), [""; 0]);
}

#[test]
fn the_button_ends_all_mail_and_what_is_owed_stays_owed() {
    let world = World::new();
    let order = world.order("CUP-1");
    mail(&world, &order);
    assert_snapshot!(seen(&world.press(&link_to(&world, "parent@example.org"))), @r"
        200
        You will get no more mail from us
        Rovers Youth FC sends no more mail to the address that this link came to.
        If anything is still to be paid, that does not change, and the links in earlier mails keep working.
        If you would like to hear from us again, please get in touch.
        ");
    assert_eq!(list(&world), ["parent@example.org: unsubscribed"]);
    let history =
        "SELECT category || ' by ' || actor || ': ' || what AS text FROM activity ORDER BY id DESC";
    assert_eq!(
        world.texts(history)[0],
        "suppression by payer: an address is no longer written to"
    );

    assert_eq!(mail(&world, &world.order("CUP-2"))["state"], "suppressed");
    assert_eq!(world.status(&order), "open");
    world.click_through(&order);
}

#[test]
fn a_mail_programs_one_click_is_answered_with_a_page_and_no_redirect() {
    let world = World::new();
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    for (address, kind, body) in [
        (
            "a@example.org",
            "application/x-www-form-urlencoded",
            "List-Unsubscribe=One-Click",
        ),
        (
            "b@example.org",
            "multipart/form-data; boundary=b",
            multipart,
        ),
        ("c@example.org", "text/plain", ""),
    ] {
        let answer = one_click(&world, &link_to(&world, address), kind, body);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.text().contains("You will get no more mail from us"));
        assert_eq!((answer.location(), answer.header("set-cookie")), ("", ""));
    }
    assert_eq!(world.count("suppressions WHERE reason = 'unsubscribed'"), 3);
}

#[test]
fn the_one_click_of_a_mail_that_arrived_stops_those_that_wait() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    mail(&world, &order);
    let arrived = world.carry();
    world.abandon(&order);
    mail(&world, &world.order("CUP-2"));
    let link = path(&arrived[0].unsubscribe_url().expect("RFC 8058"));
    let form = "application/x-www-form-urlencoded";
    let answer = one_click(&world, &link, form, "List-Unsubscribe=One-Click");
    assert_eq!(answer.status, 200, "{answer:?}");

    world.pass(chrono::Duration::hours(2));
    assert_eq!(world.carry().len(), 0);
    assert_eq!(world.mail_states(), ["sent", "suppressed", "suppressed"]);
}

#[test]
fn a_press_by_what_looks_like_a_machine_counts_too() {
    let world = World::new();
    let link = link_to(&world, "parent@example.org");
    for name in ["", "Googlebot/2.1", "YahooMailProxy"] {
        let pressed = world.ask(Method::POST, &link, &[("user-agent", name)]);
        assert_eq!(pressed.status, 200, "{name}");
    }
    assert_eq!(world.count("suppressions"), 1);
}

#[test]
fn twice_is_as_good_as_once() {
    let world = World::new();
    let link = link_to(&world, "parent@example.org");
    let first = world.press(&link);
    let since = world.text("SELECT since::text AS text FROM suppressions");
    world.pass(chrono::Duration::days(1));
    let second = world.press(&link);
    assert_eq!((second.status, second.body), (200, first.body));
    assert_eq!(world.count("suppressions"), 1);
    assert_eq!(
        world.text("SELECT since::text AS text FROM suppressions"),
        since
    );
    assert_eq!(world.count("activity WHERE category = 'suppression'"), 1);
}

#[test]
fn the_address_is_the_same_in_any_case_and_another_one_is_still_written_to() {
    let world = World::new();
    world.press(&link_to(&world, "Parent@Example.org"));
    assert_eq!(mail(&world, &world.order("CUP-1"))["state"], "suppressed");
    let other = world.order_with("CUP-2", json!({ "email": "other@example.org" }));
    assert_eq!(mail(&world, &other)["state"], "queued");
}

#[test]
fn a_link_works_without_any_order_or_mail() {
    let world = World::new();
    let link = link_to(&world, "parent@example.org");
    assert_eq!(world.get(&link).status, 200);
    assert_eq!(world.press(&link).status, 200);
    assert_eq!(list(&world), ["?: unsubscribed"]);
    assert_eq!(mail(&world, &world.order("CUP-1"))["state"], "suppressed");
}

#[test]
fn whatever_is_wrong_with_a_link_the_page_is_the_same_and_nothing_happens() {
    let world = World::new();
    let order = world.order("CUP-1");
    let good = link_to(&world, "parent@example.org");
    let good = good.strip_prefix("/unsubscribe/").unwrap();
    let forged = LinkKeys::parse("k1:T1RIRVJPVEhFUk9USEVST1RIRVJPVEhFUk9USEVSISE=").unwrap();
    let page = world.get("/unsubscribe/x");
    assert_snapshot!(seen(&page), @r"
        404
        This link does not work
        It may have been cut short on its way to you. Please open it from the mail once more, or copy the whole link into the address bar.
        If that does not help, please get in touch. We will see to it that you get no more mail.
        ");
    for (what, token) in [
        ("cut short", good[..good.len() - 1].to_owned()),
        ("a letter changed", format!("x{}", &good[1..])),
        ("signed with another key", forged.sign_unsubscribe([7; 16])),
        (
            "to pay",
            order.path.strip_prefix("/pay/").unwrap().to_owned(),
        ),
        ("very long", good.repeat(20)),
        ("not even letters", "%F0%9F%92%B8%00".to_owned()),
    ] {
        let path = format!("/unsubscribe/{token}");
        for answer in [world.get(&path), world.press(&path)] {
            assert_eq!((answer.status, &answer.body), (404, &page.body), "{what}");
        }
        assert_eq!(world.ask(Method::HEAD, &path, &[]).status, 404, "{what}");
    }
    assert_eq!(world.count("suppressions"), 0);
}

#[test]
fn a_link_to_unsubscribe_does_not_lead_to_a_payment() {
    let world = World::new();
    let order = world.order("CUP-1");
    let keys = LinkKeys::parse(LINK_KEYS).unwrap();
    let to_pay = keys.sign_pay(PayClaims {
        order_id: order.id,
        link_version: 1,
    });
    assert_eq!(order.path, format!("/pay/{to_pay}"));
    let token = keys.sign_unsubscribe(*order.id.as_bytes());
    let page = world.get(&format!("/pay/{token}"));
    assert_eq!((page.status, page.body), (404, world.get("/pay/x").body));
    assert_eq!(world.press(&format!("/pay/{token}")).status, 404);
    assert_eq!(world.traffic(), [""; 0]);
}

#[test]
fn the_pages_name_nobody_and_are_nobody_elses() {
    let world = World::new();
    mail(&world, &world.order("CUP-1"));
    let link = link_to(&world, "parent@example.org");
    for answer in [
        world.get(&link),
        world.press(&link),
        world.press("/unsubscribe/x"),
    ] {
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(answer.header("x-robots-tag").contains("noindex"));
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("form-action 'self' "), "{policy}");
        for personal in ["parent@example.org", "Miller", "CUP-1", "<script"] {
            assert!(!answer.body.contains(personal), "{}", answer.body);
        }
    }
}

#[test]
fn the_page_speaks_the_browsers_language() {
    let world = World::new();
    let link = link_to(&world, "parent@example.org");
    let german = [("accept-language", "de-AT,de;q=0.9,en;q=0.8")];
    assert_snapshot!(seen(&world.ask(Method::GET, &link, &german)), @r"
        200
        Keine Mails mehr von uns?
        Mit dem Knopf bestellen Sie alle Mails von Rovers Youth FC an die Adresse ab, an die dieser Link ging.
        Falls noch etwas zu bezahlen ist, ändert sich daran nichts, und die Links in früheren Mails funktionieren weiter.
        Keine Mails mehr schicken
        Falls Sie versehentlich hier sind, schließen Sie einfach diese Seite. Es ändert sich nichts.
        ");
    assert_snapshot!(seen(&world.ask(Method::POST, &link, &german)), @r"
        200
        Sie bekommen keine Mails mehr von uns
        Rovers Youth FC schickt keine Mails mehr an die Adresse, an die dieser Link ging.
        Falls noch etwas zu bezahlen ist, ändert sich daran nichts, und die Links in früheren Mails funktionieren weiter.
        Falls Sie wieder von uns hören möchten, melden Sie sich bitte bei uns.
        ");
}

#[test]
fn while_the_database_is_away_the_button_stays_and_works_afterwards() {
    let world = World::on(Database::on_a_server_of_its_own(), &[]);
    let link = link_to(&world, "parent@example.org");
    world.database.stop();
    assert_eq!(world.get(&link).status, 200);
    let page = world.press(&link);
    assert_snapshot!(seen(&page), @r"
        503
        That has not worked yet
        The trouble is on our side. Please wait a moment and press the button once more.
        If it still does not work, please get in touch. We will see to it.
        Send me no more mail
        ");
    assert_eq!(page.header("retry-after"), "5");
    assert!(
        page.body
            .contains(&format!(r#"<form method="post" action="{link}">"#))
    );
    // A refresh would be a GET, which changes nothing and looks as if all were well.
    assert_eq!(page.header("refresh"), "");

    world.database.start_again();
    assert_eq!(world.press(&link).status, 200);
    assert_eq!(world.count("suppressions"), 1);
}
