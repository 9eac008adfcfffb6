//! `/ops/mail`: states, one mail, sending again and dropping, and mail that has paused.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use crate::support::{Visitor, World, world::Order};

/// A mail of an order in some state, as it would stand there.
fn mail(world: &World, order: &Order, state: &str) -> String {
    let id = world.queue_link(order).to_string();
    let more = match state {
        "unknown" => {
            ", handed_over = true, claim_id = gen_random_uuid(), last_error = 'its worker ended while it handed the mail over'"
        }
        "bounced" => ", last_error = '550 5.1.1 <kim@example.org>: no such user'",
        "failed" => ", attempts = 30, last_error = '451 mailbox full'",
        "sent" => ", handed_over = true, attempts = 1, sent_at = now()",
        _ => "",
    };
    world.execute(&format!(
        "UPDATE outbox SET state = '{state}'{more} WHERE id = '{id}'"
    ));
    id
}

fn order(world: &World, reference: &str, name: &str) -> Order {
    world.order_with(
        reference,
        json!({ "name": name, "email": "kim@example.org" }),
    )
}

fn state_of(world: &World, id: &str) -> String {
    world.text(&format!(
        "SELECT state AS text FROM outbox WHERE id = '{id}'"
    ))
}

fn paused(world: &World, cause: &str) {
    world.execute(&format!(
        "INSERT INTO outbox_pause (reason, cause, likeness, until) \
         VALUES ('535 5.7.8 <ann@example.org> authentication failed', '{cause}', 'x', now() + interval '1 hour')"
    ));
}

#[test]
fn each_state_has_its_tab_its_count_and_what_can_be_done() {
    let world = World::with_mailbox(&[]);
    let mut ids = Vec::new();
    for (number, state) in [
        "unknown",
        "bounced",
        "failed",
        "queued",
        "sent",
        "cancelled",
        "suppressed",
    ]
    .iter()
    .enumerate()
    {
        let order = order(
            &world,
            &format!("CUP-{number}"),
            &format!("Family {number}"),
        );
        ids.push(mail(&world, &order, state));
    }
    let [unknown, bounced, failed, queued, sent, ..] = &ids[..] else {
        panic!("seven")
    };
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let page = operator.get("/ops/mail");
    let text = page.text().replace('\n', " ");
    for said in [
        "Not known 1",
        "Came back 1",
        "Given up 1",
        "Waiting 1",
        "Accepted 1",
        "Not wanted any more",
        "Not mailed: asked not to be",
        "550 5.1.1 … no such user",
        "451 mailbox full",
        "CUP-0",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    for there in [
        format!("href=\"/ops/mail/{unknown}\">Look at it"),
        format!("action=\"/ops/mail/{failed}/retry\" data-in-place"),
        format!("href=\"/ops/mail/{queued}/drop\""),
        format!("href=\"/ops/mail/{failed}/drop\""),
        "/change\">Correct…<span class=\"for-ears\"> the address of".to_owned(),
    ] {
        assert!(page.body.contains(&there), "{there}");
    }
    for absent in [
        format!("action=\"/ops/mail/{unknown}/"),
        format!("/ops/mail/{sent}/drop"),
        format!("action=\"/ops/mail/{bounced}/retry"),
    ] {
        assert!(!page.body.contains(&absent), "{absent}");
    }
    let tab = operator.get("/ops/mail?state=bounced");
    assert!(tab.body.contains(bounced) && !tab.body.contains(failed.as_str()));
    // Whoever may look is offered nothing.
    let viewer = Visitor::signed_in(&world, "Vera", Role::Viewer);
    let looked = viewer.get("/ops/mail");
    assert!(!looked.body.contains("/retry") && !looked.body.contains("/drop"));
    assert!(!looked.body.contains("/change\""));
    assert!(looked.body.contains("Look at it"));
    for odd in ["?state=nonsense", "?cursor=x", "?state=sent&cursor=%00"] {
        assert_eq!(viewer.get(&format!("/ops/mail{odd}")).status, 200, "{odd}");
    }
}

#[test]
fn a_list_goes_on_and_its_counts_come_to_an_end() {
    let world = World::new();
    world.execute(
        "INSERT INTO outbox (id, kind, address, address_hash, subject, body, message_id, state, last_error, created_at, queued_at, not_before) \
         SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'alert', 'a@example.org', '\\x00000000000000000000000000000001', \
             'mail ' || n, 'b', '<m' || n || '@x>', 'failed', 'no server', now(), now(), now() FROM generate_series(1, 120) n",
    );
    let viewer = Visitor::signed_in(&world, "Vera", Role::Viewer);
    let mut next = "/ops/mail?state=failed".to_owned();
    let mut seen = 0;
    for rows in [50, 50, 20] {
        let page = viewer.get(&next);
        assert!(
            page.text().replace('\n', " ").contains("Given up 99+"),
            "{}",
            page.text().replace('\n', " ")
        );
        assert_eq!(
            page.body
                .matches("<tr role=\"row\"><th role=\"rowheader\"")
                .count(),
            rows
        );
        seen += rows;
        next = match page
            .body
            .split("href=\"")
            .find(|part| part.contains("\">Older"))
        {
            Some(part) => part.split('"').next().unwrap().replace("&amp;", "&"),
            None => break,
        };
    }
    assert_eq!(seen, 120);
}

#[test]
fn one_mail_is_shown_without_what_opens_a_payment_page() {
    let world = World::with_mailbox(&[]);
    let order = order(&world, "CUP-1", "Kim Miller");
    let id = mail(&world, &order, "unknown");
    let viewer = Visitor::signed_in(&world, "Vera", Role::Viewer);
    let page = viewer.get(&format!("/ops/mail/{id}"));
    let text = page.text().replace('\n', " ");
    for said in [
        "Was this mail to Kim Miller sent?",
        "It may have been sent or not",
        "its worker ended while it handed the mail over",
        "/pay/…",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let token = order.path.rsplit('/').next().unwrap();
    assert!(!page.body.contains(token), "the link is a key");
    assert!(!page.body.contains("Leave it"), "a viewer leaves nothing");
    for nothing in [
        uuid::Uuid::nil().to_string(),
        "x".to_owned(),
        "%00".to_owned(),
    ] {
        assert_eq!(viewer.get(&format!("/ops/mail/{nothing}")).status, 404);
    }
}

#[test]
fn a_mail_of_a_paused_mailing_says_so_and_leads_to_it() {
    let world = World::with_mailbox(&[]);
    let order = order(&world, "CUP-1", "Kim Miller");
    let id = mail(&world, &order, "queued");
    world.execute(
        "INSERT INTO blasts (id, name, subject, body, selection, state, author, created_at, started_at) \
         VALUES ('0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11', 'Spring <kit>', 's', 'b', '{}', 'paused', 'test', now(), now())",
    );
    world.execute("UPDATE outbox SET kind = 'blast', blast_id = '0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11', due_at = now() - interval '1 hour'");
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let page = operator.get(&format!("/ops/mail/{id}"));
    let text = page.text().replace('\n', " ");
    assert!(
        text.contains("It has not left yet: its mailing is paused."),
        "{text}"
    );
    assert!(text.contains("Part of Spring <kit>"), "{text}");
    assert!(
        page.body
            .contains("href=\"/ops/blasts/0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11\"")
    );
    assert!(!text.contains("“due") && !text.contains("again"), "{text}");
}

#[test]
fn what_lets_somebody_in_is_neither_shown_nor_sent_again() {
    let world = World::with_mailbox(&[]);
    let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
    admin.submit(
        "/ops/people",
        "/ops/people",
        &[
            ("name", "Ann"),
            ("email", "ann@rovers.example.org"),
            ("role", "viewer"),
        ],
    );
    let id = world.text("SELECT id::text AS text FROM outbox WHERE kind = 'account'");
    world.execute("UPDATE outbox SET state = 'failed', last_error = 'no server'");
    let page = admin.get(&format!("/ops/mail/{id}"));
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("What it says"));
    assert!(!page.body.contains("/retry"));
    let refused = admin.get(&format!("/ops/mail/{id}/retry"));
    assert_eq!(refused.status, 409, "{}", refused.text().replace('\n', " "));
    let list = admin.get("/ops/mail");
    assert!(!list.body.contains("/retry"));
    let refused = admin.send(&list, &format!("/ops/mail/{id}/retry"), &[]);
    assert_eq!(refused.status, 409);
    assert_eq!(state_of(&world, &id), "failed");
}

#[test]
fn an_unknown_mail_is_sent_again_after_a_page_that_says_so_and_left_at_one_press() {
    let world = World::with_mailbox(&[]);
    let (one, other) = (order(&world, "CUP-1", "Kim"), order(&world, "CUP-2", "Sam"));
    let (again, leave) = (
        mail(&world, &one, "unknown"),
        mail(&world, &other, "unknown"),
    );
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let page = operator.get(&format!("/ops/mail/{again}"));
    assert!(
        !page
            .body
            .contains(&format!("action=\"/ops/mail/{again}/retry")),
        "never one press"
    );
    let ask = operator.get(&format!("/ops/mail/{again}/retry"));
    let text = ask.text().replace('\n', " ");
    for said in [
        "Send this mail to Kim again?",
        "If it did arrive after all, they have it twice",
        "What does not",
        "Leave it as it is",
        "/pay/…",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(world.carry().len(), 0, "a look changes nothing");
    let done = operator.send(&ask, &format!("/ops/mail/{again}/retry"), &[]);
    assert_eq!(done.status, 303);
    let said = operator.get(done.location()).text().replace('\n', " ");
    assert!(said.contains("The mail is sent again"), "{said}");
    assert_eq!(world.carry().len(), 1);
    assert_eq!(state_of(&world, &again), "sent");
    // The same form once more: the first's outcome, no second mail.
    let second = operator.send(&ask, &format!("/ops/mail/{again}/retry"), &[]);
    assert!(second.location().contains("again=1"));
    assert_eq!(world.carry().len(), 0);
    // A form from before it was sent: it has moved on.
    let stale = operator.send(&page, &format!("/ops/mail/{again}/retry"), &[]);
    assert_eq!(stale.status, 409);
    assert!(
        stale.text().replace('\n', " ").contains("Accepted"),
        "{}",
        stale.text().replace('\n', " ")
    );
    let left = operator.submit(
        &format!("/ops/mail/{leave}"),
        &format!("/ops/mail/{leave}/drop"),
        &[],
    );
    assert_eq!(left.status, 303);
    assert_eq!(state_of(&world, &leave), "cancelled");
    assert_eq!(world.carry().len(), 0);
}

#[test]
fn a_row_answers_a_press_and_says_where_somebody_was_first() {
    let world = World::with_mailbox(&[]);
    let id = mail(&world, &order(&world, "CUP-1", "Kim"), "failed");
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator).with("x-part", "row");
    let list = operator.get("/ops/mail");
    let action = format!("/ops/mail/{id}/retry");
    let row = operator.send(&list, &action, &[]);
    assert_eq!(row.status, 200);
    assert!(row.body.trim_start().starts_with("<tr"), "{}", row.body);
    assert!(row.body.contains("Waiting its turn"), "{}", row.body);
    world.execute("UPDATE outbox SET state = 'cancelled'");
    let other = Visitor::signed_in(&world, "Tom", Role::Operator).with("x-part", "row");
    let row = other.send(&other.get("/ops/mail"), &action, &[]);
    assert_eq!(row.status, 200);
    assert!(
        row.body.contains("It was dealt with before you pressed"),
        "{}",
        row.body
    );
    assert_eq!(state_of(&world, &id), "cancelled");
}

#[test]
fn mail_that_has_paused_says_why_and_what_going_on_would_risk() {
    for (cause, grave, risk) in [
        ("log_in", false, "all mail pauses again after the first try"),
        ("relaying", true, "counts as come back"),
    ] {
        let world = World::with_mailbox(&[]);
        let order = order(&world, "CUP-1", "Kim");
        world.queue_link(&order);
        paused(&world, cause);
        let viewer = Visitor::signed_in(&world, "Vera", Role::Viewer);
        let looked = viewer.get("/ops/mail");
        let text = looked.text().replace('\n', " ");
        for said in [
            "No mail goes out at present",
            "1 mail waits.",
            "535 5.7.8 … authentication failed",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(!looked.body.contains("/ops/mail/resume"), "a viewer looks");
        let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
        assert!(operator.get("/ops/mail").body.contains("/ops/mail/resume"));
        let ask = operator.get("/ops/mail/resume");
        assert!(
            ask.text().replace('\n', " ").contains(risk),
            "{}",
            ask.text().replace('\n', " ")
        );
        assert!(
            ask.text()
                .replace('\n', " ")
                .contains("1 mail that waits its turn goes out"),
            "{}",
            ask.text().replace('\n', " ")
        );
        assert_eq!(ask.body.contains("class=\"grave\""), grave);
        let done = operator.send(&ask, "/ops/mail/resume", &[]);
        assert_eq!(done.status, 303);
        assert_eq!(world.count("outbox_pause"), 0);
        assert_eq!(world.carry().len(), 1);
        // Nothing is paused any more.
        assert_eq!(operator.get("/ops/mail/resume").status, 409);
        let other = Visitor::signed_in(&world, "Tom", Role::Operator);
        let late = other.send(&other.get("/ops/mail"), "/ops/mail/resume", &[]);
        assert_eq!(late.status, 409, "{}", late.text().replace('\n', " "));
    }
}

#[test]
fn what_the_settings_allow_is_waited_for_and_ended_by_nobody() {
    let world = World::with_mailbox(&[]);
    paused(&world, "allowance");
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let page = operator.get("/ops/mail");
    assert!(
        page.text()
            .replace('\n', " ")
            .contains("what the settings allow is used up"),
        "{}",
        page.text().replace('\n', " ")
    );
    assert!(!page.body.contains("/ops/mail/resume"));
    assert_eq!(operator.get("/ops/mail/resume").status, 409);
    let refused = operator.send(&page, "/ops/mail/resume", &[]);
    assert_eq!(refused.status, 409);
    let resumed = world.api(Role::Operator, Method::POST, "/outbox/resume", None);
    assert_eq!(resumed.json()["resumed"], false);
    assert_eq!(world.count("outbox_pause"), 1);
}

#[test]
fn what_others_wrote_into_mails_is_never_markup() {
    let world = World::with_mailbox(&[]);
    let nasty = "<img src=x onerror=alert(1)>";
    let order = world.order_with(
        "<b>CUP</b>",
        json!({ "name": nasty, "email": "kim@example.org" }),
    );
    let id = mail(&world, &order, "bounced");
    world.execute(
        "UPDATE outbox SET subject = '<i>subject</i>', body = '<script>alert(2)</script>', last_error = '<u>said</u>'",
    );
    world.execute(
        "INSERT INTO outbox_pause (reason, cause, until) VALUES ('<s>no</s>', 'log_in', now() + interval '1 hour')",
    );
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    for path in [
        "/ops/mail".to_owned(),
        format!("/ops/mail/{id}"),
        format!("/ops/mail/{id}/retry"),
        format!("/ops/mail/{id}/drop"),
        "/ops/mail/resume".to_owned(),
    ] {
        let page = operator.get(&path);
        assert_eq!(page.status, 200, "{path}");
        for tag in ["<img", "<script>", "<b>", "<i>", "<u>", "<s>"] {
            assert!(!page.body.contains(tag), "{tag} in {path}: {}", page.body);
        }
    }
}
