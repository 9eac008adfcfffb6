//! Whatever happens is a line of the log: one row for each kind of thing that a shop can be told of.

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use crate::{
    mail::refused::the_wait_is_over,
    mailbox::{Action, Rule, Stage},
    support::{Order, Visitor, World},
    webhook::post_signed,
};

/// Category, who did it, and how the sentence begins.
const TOLD: [(&str, &str, &str); 19] = [
    ("people", "ops:Aoife", "Aoife signed in"),
    ("order", "test", "order created"),
    ("checkout", "payer", "the payment page was opened"),
    (
        "checkout",
        "stripe",
        "the payment page was left, and closed by itself",
    ),
    (
        "checkout",
        "freshmint",
        "the payment page was closed, since it was not needed any more",
    ),
    ("payment", "stripe, by webhook", ""),
    ("order", "stripe, by webhook", "order open → paid"),
    ("order", "api:operator", "order open → cancelled"),
    ("reminder", "freshmint", "reminder scheduled"),
    ("reminder", "freshmint", "no reminder: superseded"),
    ("mail", "outbox", "mail sent: reminder"),
    ("mail", "outbox", "mail came back: link"),
    (
        "mail",
        "outbox",
        "nobody can know whether a mail was sent; look, then retry or drop it: link",
    ),
    ("mail", "outbox", "mail given up: link"),
    (
        "suppression",
        "mail server",
        "an address is no longer written to",
    ),
    (
        "webhook",
        "stripe, by webhook",
        "an event of Stripe failed for good: checkout.session.completed (evt_1)",
    ),
    (
        "webhook",
        "api:operator",
        "Stripe's message evt_1 is worked through again",
    ),
    (
        "settings",
        "api:admin",
        "settings changed: reminders_enabled (on → off)",
    ),
    ("blast", "api:operator", "mailing written: Cup"),
];

#[test]
fn each_thing_that_happens_is_a_line_with_who_did_it() {
    let world = World::with_mailbox(&[]);
    everything_happens(&world);
    for (category, actor, what) in TOLD {
        let line = format!(
            "activity WHERE category = '{category}' AND starts_with(actor, '{actor}') AND starts_with(what, $a${what}$a$)"
        );
        assert!(
            world.count(&line) > 0,
            "no {line}: {:#?}",
            world.texts(
                "SELECT concat_ws(' | ', category, actor, what) AS text FROM activity ORDER BY id"
            )
        );
    }
    let named = "activity WHERE detail::text LIKE '%@%' OR what LIKE '%@%' OR actor LIKE '%@%'";
    assert_eq!(world.count(named), 0, "no address is in the log");
}

fn everything_happens(world: &World) {
    Visitor::signed_in(world, "Aoife", Role::Viewer);
    pages_open_and_close(world);
    mails_go_and_fail(world);
    stripe_says_what_cannot_be_read(world);
    let post = |path: &str, body| world.api(Role::Operator, Method::POST, path, Some(body));
    let draft = json!({ "name": "Cup", "subject": "Cup", "body": "{{ pay_url }}", "filter": {} });
    assert_eq!(post("/blasts", draft).status, 201);
    let off = json!({ "reminders_enabled": false });
    let answer = world.api(Role::Admin, Method::PUT, "/settings", Some(off));
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// One is paid, one is left and reminded of, one is changed and then cancelled with its page open.
fn pages_open_and_close(world: &World) {
    let session = world.click_through(&world.order("PAID"));
    world.stripe.pay(&session).expect("open");
    world.deliver();
    world.abandon(&world.order("LEFT"));
    world.pass(Duration::hours(1));
    assert_eq!(world.carry().len(), 1, "the reminder");
    let order = world.order("CANCELLED");
    world.click_through(&order);
    let path = format!("/orders/{}/cancel", order.id);
    let answer = world.api(Role::Operator, Method::POST, &path, Some(json!({})));
    assert_eq!(answer.status, 200, "{answer:?}");
    world.deliver();
}

fn mails_go_and_fail(world: &World) {
    let to = |name: &str| -> Order {
        world.order_with(
            name,
            json!({ "email": format!("{name}@{name}.example.org") }),
        )
    };
    let rule = |name: &str, stage, action| Rule {
        stage,
        recipient: Some(format!("{name}@")),
        action,
        times: None,
    };
    for name in ["gone", "lost"] {
        world.queue_link(&to(name));
    }
    world.mailbox().set_rules(vec![
        rule(
            "gone",
            Stage::Recipient,
            Action::Reply(550, "5.1.1 no such user".to_owned()),
        ),
        rule("lost", Stage::Message, Action::Drop),
    ]);
    world.carry();
    // A refusal comes to something for its address once a later mail is accepted.
    world.queue_link(&to("fine"));
    world.carry();
    world.queue_link(&to("busy"));
    let busy = Action::Reply(450, "4.2.0 busy".to_owned());
    world
        .mailbox()
        .set_rules(vec![rule("busy", Stage::Recipient, busy)]);
    world.carry();
    the_wait_is_over(world);
    world.execute(
        "UPDATE outbox SET queued_at = clock_timestamp() - interval '49 hours' WHERE state = 'queued'",
    );
    world.carry();
}

fn stripe_says_what_cannot_be_read(world: &World) {
    let body = json!({ "id": "evt_1", "object": "event", "type": "checkout.session.completed",
        "livemode": false, "created": world.now().timestamp(), "data": { "object": null } });
    assert_eq!(post_signed(world, &body.to_string()).status, 200);
    world.work_off();
    let replay = world.api(Role::Operator, Method::POST, "/events/evt_1/replay", None);
    assert_eq!(replay.status, 200, "{replay:?}");
}
