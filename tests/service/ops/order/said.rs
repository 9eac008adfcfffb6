//! What the page says in each situation, and to whom.

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use super::{at, comes_again, operator, page, said};
use crate::support::{Order, Visitor, World};

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

#[track_caller]
fn has_not(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(!text.contains(part), "{part:?} is in: {text}");
    }
}

#[test]
fn why_hasnt_the_miller_family_paid_is_answered_from_the_first_mail_to_the_reminder() {
    let world = World::with_mailbox(&[]);
    let aoife = operator(&world);
    let order = world.order("CUP-1");
    has(
        &said(&aoife, &order),
        &[
            "Kim Miller Owed Summer cup, U12 · CUP-1 · parent@example.org",
            "€45.00",
            "Why it is not paid They have not been written to. Next: send the link",
            "No. Nobody has opened Stripe’s payment page for this order yet.",
            "The order came in By Test .",
            "now Nothing since. The link works, for €45.00.",
            "Send the link…",
        ],
    );
    world.queue_link(&order);
    has(
        &said(&aoife, &order),
        &["Their mail is about to go out.", "waits its turn"],
    );
    world.carry();
    world.ask(Method::GET, &order.path, &[("user-agent", "WhatsApp/2.23")]);
    world.write_looks();
    has(
        &said(&aoife, &order),
        &[
            "and have not opened the link.",
            "Their mail server took the mail with the link “ Rovers Youth FC: €45.00 to pay (CUP-1) ”",
            "Taken is not read: it may lie among the spam.",
            "A machine looked at the link",
            "Send the link again…",
        ],
    );
    world.click_through(&order);
    world.write_looks();
    let text = said(&aoife, &order);
    has(
        &text,
        &[
            "They opened the payment page today at",
            "Next: wait They may be paying at this moment.",
            "and they may pay at any moment.",
            "Somebody opened the link",
            "Stripe’s payment page was opened",
            "Ask Stripe now",
        ],
    );
    world.pass(Duration::hours(24) + Duration::seconds(1));
    world.deliver();
    comes_again(&aoife);
    has(
        &said(&aoife, &order),
        &[
            "and left it without paying. Next: wait for the reminder Our reminder goes out",
            "The payment page closed by itself, unpaid",
            "We cannot be sure yet: the payment page ended",
            "A reminder will go out",
        ],
    );
    world.pass(Duration::hours(2));
    world.carry();
    let text = said(&aoife, &order);
    has(
        &text,
        &[
            "We have reminded them once; we do not remind twice.",
            "Next: ask them in person",
            "They paid in cash…",
            "The only one that we send for this order.",
        ],
    );
    has_not(&text, &["A reminder will go out"]);
}

#[test]
fn head_and_story_say_the_same_once_it_is_over() {
    let world = World::with_mailbox(&[]);
    let aoife = operator(&world);
    let paid = world.order("CUP-1");
    let session = world.click_through(&paid);
    world.stripe.pay(&session).unwrap();
    world.deliver();
    let text = said(&aoife, &paid);
    has(
        &text,
        &[
            "Kim Miller Paid",
            "Nothing to do It was paid",
            "Arrived What it did How we learned of it Amount",
            "Settled the order Stripe told us €45.00",
            "They finished Stripe’s payment page",
            "€45.00 arrived: paid Stripe told us.",
        ],
    );
    has_not(
        &text,
        &[
            "Could they have paid",
            "Cancel it…",
            "Send the link",
            "Order open",
            "Nothing since",
        ],
    );
    let intent = world.text("SELECT payment_intent AS text FROM payments");
    world.stripe.refund(&intent, Some(500)).unwrap();
    world.deliver();
    has(
        &said(&aoife, &paid),
        &[
            "Partly paid back",
            "Paid, less what went back €40.00",
            "Of that €5.00 went back.",
            "€5.00 has been given back in all",
        ],
    );
    let misfit = world.order("CUP-2");
    let session = world.click_through(&misfit);
    world.stripe.pay_amount(&session, 4000).unwrap();
    world.deliver();
    let case = world.text("SELECT id::text AS text FROM cases");
    let page = page(&aoife, &misfit);
    has(
        &page.text().replace('\n', " "),
        &[
            "Being checked",
            "Money came that is not what was owed. Next: decide Until you decide, nothing else happens. Decide",
            "€40.00 came, which is not what was owed Stripe told us. Somebody decides about it, under Cases.",
            "Does not fit Stripe told us €40.00",
        ],
    );
    assert!(page.body.contains(&format!("href=\"/ops/cases/{case}\"")));
    has_not(&page.text(), &["€40.00 arrived"]);
    // Decided on: what came before stands before it, as it was.
    let accept = json!({ "how": "accept", "note": "their bank kept it" });
    let path = format!("/cases/{case}/resolve");
    let answer = world.api(Role::Operator, Method::POST, &path, Some(accept));
    assert_eq!(answer.status, 200);
    let text = said(&aoife, &misfit);
    has(
        &text,
        &[
            "€40.00 came, which is not what was owed Stripe told us.",
            "It counts as paid",
            "Decided: it was taken as it came",
        ],
    );
    has_not(&text, &["€40.00 arrived", "Somebody decides about it"]);
}

#[test]
fn money_that_the_order_has_no_more_is_not_said_never_to_have_come() {
    let world = World::with_mailbox(&[]);
    let aoife = operator(&world);
    let decided = |order: &Order, answer| {
        let session = world.click_through(order);
        world.stripe.pay_amount(&session, 4000).unwrap();
        world.deliver();
        let case = world.text("SELECT id::text AS text FROM cases WHERE resolved_at IS NULL");
        let path = format!("/cases/{case}/resolve");
        let answer = world.api(Role::Operator, Method::POST, &path, Some(answer));
        assert_eq!(answer.status, 200, "{answer:?}");
        world.deliver();
    };
    let given_back = world.order("CUP-1");
    decided(&given_back, json!({ "how": "refund" }));
    assert_eq!(world.status(&given_back), "open");
    let text = said(&aoife, &given_back);
    has(
        &text,
        &["They paid on ", ", and that money was given back."],
    );
    has_not(&text, &["left it without paying"]);
    let lines = json!([{ "description": "Shirt", "unit_amount": 4000 }]);
    let other = world.order_with("CUP-2", json!({ "lines": lines }));
    let moved = world.order("CUP-3");
    decided(&moved, json!({ "how": "move", "order_id": other.id }));
    assert_eq!(world.status(&other), "paid");
    let text = said(&aoife, &moved);
    has(
        &text,
        &["They paid on ", ", and that money is another order’s."],
    );
    has_not(&text, &["left it without paying"]);
}

#[test]
fn reminders_that_are_off_for_one_order_are_said_to_be() {
    let world = World::with_mailbox(&[]);
    let aoife = operator(&world);
    let order = world.order_with("CUP-1", json!({ "remind": false }));
    world.abandon(&order);
    super::comes_again(&aoife);
    has(
        &said(&aoife, &order),
        &["No reminder follows: reminders are off for this order"],
    );
}

#[test]
fn what_was_never_mailed_is_not_said_to_have_been() {
    let world = World::with_mailbox(&[]);
    let aoife = operator(&world);
    let order = world.order("CUP-1");
    world.abandon(&order);
    world.pass(Duration::hours(2));
    world.carry();
    comes_again(&aoife);
    let text = said(&aoife, &order);
    has(
        &text,
        &["They have had the reminder. If they cannot find it"],
    );
    has_not(&text, &["They have had the mail"]);
}

#[test]
fn a_mail_of_later_waits_until_a_day() {
    let world = World::with_mailbox(&[]);
    let aoife = operator(&world);
    let order = world.order("CUP-1");
    world.queue_link(&order);
    world.execute("UPDATE outbox SET due_at = now() + interval '40 days'");
    let text = said(&aoife, &order);
    has(&text, &["waits until"]);
    has_not(&text, &["until on"]);
    world.execute("UPDATE outbox SET due_at = NULL");
    world.carry();
}

#[test]
fn each_trouble_with_the_mail_has_its_next_step() {
    let world = World::with_mailbox(&[]);
    let aoife = operator(&world);
    let order = world.order("CUP-1");
    world.queue_link(&order);
    for (state, parts) in [
        (
            "state = 'bounced', last_error = '550 5.1.1 no such user', refused_at = now()",
            &[
                "A mail came back: their address does not take mail, so they know nothing.",
                "Correct the address…",
                "came back",
                "550 5.1.1 no such user",
            ][..],
        ),
        (
            "state = 'failed', last_error = 'connection refused'",
            &[
                "No mail server took the mail for two days: “ connection refused ”.",
                "Try it again",
            ],
        ),
        (
            "state = 'unknown', handed_over = true, last_error = 'broken off', claim_id = gen_random_uuid()",
            &["We cannot tell whether they have the mail", "Look at it"],
        ),
    ] {
        world.execute(&format!("UPDATE outbox SET {state}"));
        has(&said(&aoife, &order), parts);
    }
    let mail = world.text("SELECT id::text AS text FROM outbox");
    let path = format!("/outbox/{mail}/drop");
    let dropped = world.api(Role::Operator, Method::POST, &path, Some(json!({})));
    assert_eq!(dropped.status, 200, "{dropped:?}");
    let let_be = said(&aoife, &order);
    has(
        &let_be,
        &[
            "We cannot tell whether they have the mail",
            "and somebody let it be. Next: wait, or send it again",
            "somebody let it be, and it is not sent again.",
        ],
    );
    has_not(&let_be, &["It was not sent", "have not been written to"]);
    let shown = aoife.get(&format!("/ops/mail/{mail}")).text();
    has(
        &shown,
        &["Nobody can know whether they have it, and it is not sent again."],
    );
    let nobody = world.order_with("CUP-2", json!({ "email": null, "name": null }));
    has(
        &said(&aoife, &nobody),
        &[
            "CUP-2 Owed",
            "There is nobody to write to",
            "Add an address…",
        ],
    );
    let (code, ..) = world.command(&[
        "suppressions",
        "add",
        "no@example.org",
        "--reason",
        "unsubscribed",
    ]);
    assert_eq!(code, 0);
    let quiet = world.order_with("CUP-3", json!({ "email": "no@example.org" }));
    let text = said(&aoife, &quiet);
    has(
        &text,
        &["We do not write to this address: they asked not to be mailed."],
    );
    has_not(&text, &["Send the link"]);
    let lines = json!([{ "description": "Sticker", "unit_amount": 10 }]);
    let small = world.order_with("CUP-4", json!({ "lines": lines }));
    assert_eq!(world.click(&small).status, 502);
    has(
        &said(&aoife, &small),
        &[
            "Stripe opens no payment page for it: the amount is less than Stripe takes",
            "Change the order…",
        ],
    );
}

fn asked(world: &World, visitor: &Visitor, order: &Order) {
    let path = format!("{}/ask-stripe", at(order));
    let answer = visitor.submit(&at(order), &path, &[]);
    assert_eq!(answer.status, 303, "{answer:?}");
    let text = visitor.get(answer.location()).text();
    assert!(text.contains("Stripe was asked about"), "{text}");
    assert!(
        world
            .traffic()
            .last()
            .unwrap()
            .starts_with("GET /v1/checkout/sessions/")
    );
}

#[test]
fn only_a_fact_says_that_they_cannot_have_paid_unnoticed() {
    let world = World::new();
    let aoife = operator(&world);
    let order = world.order("CUP-1");
    world.abandon(&order);
    comes_again(&aoife);
    has(&said(&aoife, &order), &["We cannot be sure yet"]);
    world.pass(Duration::minutes(1));
    asked(&world, &aoife, &order);
    has(
        &said(&aoife, &order),
        &[
            "No. Stripe’s messages arrive (the last one",
            "it has no payment for this order.",
            "Stripe was asked how the payment stands By Aoife Byrne .",
        ],
    );
    // A message went missing: nobody can be sure any more.
    world.execute("UPDATE sweeps SET silent_since = now()");
    has(
        &said(&aoife, &order),
        &["Stripe’s messages have been missing since"],
    );
}

#[test]
fn somebody_who_paid_unnoticed_is_found_by_asking() {
    let world = World::new();
    let aoife = operator(&world);
    let order = world.order("CUP-1");
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    // The message about it never comes.
    asked(&world, &aoife, &order);
    has(&said(&aoife, &order), &["Kim Miller Paid", "Our own check"]);
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn whoever_may_only_look_sees_the_story_and_no_button() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    world.abandon(&order);
    let viewer = Visitor::signed_in(&world, "Vera", Role::Viewer);
    let page = page(&viewer, &order);
    has(
        &page.text().replace('\n', " "),
        &["left it without paying", "The order came in"],
    );
    assert!(page.body.contains(&order.path) && !page.body.contains("data-copy"));
    for sign in ["/send", "/cancel", "ask-stripe", "class=\"button main\""] {
        assert!(
            !page.body.contains(&format!("{}{sign}", at(&order))),
            "{sign}"
        );
    }
    for deed in [
        "send",
        "change",
        "settle",
        "withdraw-link",
        "cancel",
        "ask-stripe",
    ] {
        let path = format!("{}/{deed}", at(&order));
        assert_eq!(viewer.get(&path).status, 403, "{deed}");
        assert_eq!(viewer.post(&path, &[]).status, 403, "{deed}");
    }
    let stranger = Visitor::at(&world).get(&at(&order));
    assert_eq!(stranger.status, 303);
}

#[test]
fn other_orders_of_the_address_and_the_shops_own_keys_are_beside_it() {
    let world = World::new();
    let aoife = operator(&world);
    let order = world.order_with("CUP-1", json!({ "metadata": { "team": "U12 blue" } }));
    let other = world.order_with("CUP-2", json!({ "email": "Parent@Example.org" }));
    world.order_with("CUP-3", json!({ "email": "other@example.org" }));
    let page = page(&aoife, &order);
    let text = page.text().replace('\n', " ");
    has(&text, &["Same address Kim Miller , CUP-2", "team U12 blue"]);
    has_not(&text, &["CUP-3"]);
    assert!(page.body.contains(&format!("href=\"{}\"", at(&other))));
    assert!(page.body.contains(&order.path), "the link, to copy");
}

#[test]
fn what_others_wrote_is_never_markup() {
    let world = World::with_mailbox(&[]);
    let aoife = operator(&world);
    world.execute("UPDATE ops_users SET name = '<u>Aoife</u>'");
    let nasty = "<img src=x onerror=alert(1)>\"'{{ 7*7 }}";
    let lines = json!([{ "description": "<b>Cup</b>", "unit_amount": 4500 }]);
    let fields = json!({ "name": nasty, "lines": lines, "metadata": { "<i>k</i>": "<i>v</i>" } });
    let order = world.order_with("<b>CUP</b>", fields);
    world.queue_link(&order);
    world.execute(
        "UPDATE outbox SET state = 'bounced', last_error = '550 <script>alert(2)</script>'",
    );
    let note = "<script>alert(3)</script>";
    let path = format!("{}/withdraw-link", at(&order));
    assert_eq!(aoife.submit(&path, &path, &[("note", note)]).status, 303);
    for deed in [
        "",
        "/send",
        "/change",
        "/settle",
        "/withdraw-link",
        "/cancel",
        "/ask-stripe",
    ] {
        let page = aoife.get(&format!("{}{deed}", at(&order)));
        assert_eq!(page.status, 200, "{deed}: {page:?}");
        for tag in ["<img", "<script>", "<b>", "<i>", "<u>"] {
            assert!(!page.body.contains(tag), "{tag} in {deed}: {}", page.body);
        }
        assert!(page.body.contains("{{ 7*7 }}"), "{deed}");
    }
    has(
        &said(&aoife, &order),
        &["<script>alert(3)</script>", "<u>Aoife</u>"],
    );
}
