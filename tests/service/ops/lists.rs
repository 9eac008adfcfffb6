//! `/ops/events`, `/ops/reminders`, `/ops/suppressions`.

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use crate::{
    cases::mismatch,
    support::{Visitor, World},
};

/// Messages as they would stand there, the first the newest.
fn events(world: &World, count: usize, kind: &str, state: &str, error: &str) {
    world.execute(&format!(
        "INSERT INTO stripe_events (id, type, body, received_at, state, attempts, last_error) \
         SELECT 'evt_{state}_' || n, '{kind}', '{{\"id\":\"x\"}}', now() - n * interval '1 second', '{state}', 3, '{error}' \
         FROM generate_series(1, {count}) n"
    ));
}

#[test]
fn messages_have_tabs_words_and_a_search() {
    let world = World::new();
    events(&world, 60, "checkout.session.completed", "processed", "");
    events(
        &world,
        1,
        "charge.refunded",
        "failed",
        "no payment with this number is known",
    );
    events(
        &world,
        1,
        "customer.updated",
        "ignored",
        "nothing follows from events of this type",
    );
    world.execute("UPDATE stripe_events SET session_id = 'cs_test_7' WHERE id = 'evt_processed_7'");
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let page = operator.get("/ops/events?state=failed");
    let text = page.text().replace('\n', " ");
    for said in [
        "Failed 1",
        "Worked through 60",
        "Money was given back",
        "charge.refunded",
        "No payment with this number is known",
        "3 tries",
        "for 60 days",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(
        page.body
            .contains("action=\"/ops/events/evt%5Ffailed%5F1/replay\" data-in-place")
    );
    let found = |q: &str| {
        let page = operator.get(&format!("/ops/events?q={q}"));
        assert_eq!(page.status, 200, "{q}");
        page.body
            .matches("<tr role=\"row\"><th role=\"rowheader\"")
            .count()
    };
    assert_eq!(found("evt_processed_7"), 1);
    assert_eq!(found("cs_test_7"), 1);
    assert_eq!(found("Refund"), 1);
    assert_eq!(found("completed"), 50);
    assert_eq!(found("evt_nothing"), 0);
    assert_eq!(found("nothing%25"), 0);
    assert_eq!(found("%00"), 50, "no letters: everything");
    let page = operator.get("/ops/events?q=completed");
    let older = page
        .body
        .split("href=\"")
        .find(|part| part.contains("\">Older"));
    let older = older
        .expect("more")
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    let rest = operator.get(&older);
    assert_eq!(rest.body.matches("role=\"rowheader\"").count(), 10);
    assert!(!rest.body.contains("\">Older"));
    let state = operator.get("/ops/events?q=completed&state=failed");
    assert!(
        state
            .text()
            .replace('\n', " ")
            .contains("No message has this"),
        "{}",
        state.text().replace('\n', " ")
    );
    let ignored = operator
        .get("/ops/events?state=ignored")
        .text()
        .replace('\n', " ");
    assert!(
        ignored.contains("Nothing follows from messages of this kind"),
        "{ignored}"
    );
    let viewer = Visitor::signed_in(&world, "Vera", Role::Viewer);
    assert!(
        !viewer
            .get("/ops/events?state=failed")
            .body
            .contains("/replay")
    );
}

#[test]
fn a_search_by_type_says_how_far_it_has_looked() {
    let world = World::new();
    events(
        &world,
        20_010,
        "checkout.session.completed",
        "processed",
        "",
    );
    world.execute(
        "UPDATE stripe_events SET type = 'charge.refunded' WHERE id = 'evt_processed_20005'",
    );
    let viewer = Visitor::signed_in(&world, "Vera", Role::Viewer);
    let page = viewer.get("/ops/events?q=refunded");
    assert!(
        page.text()
            .replace('\n', " ")
            .contains("Among the newest 20,000 of them there is none"),
        "{}",
        page.text().replace('\n', " ")
    );
    let older = page
        .body
        .split("href=\"")
        .find(|part| part.contains("\">Older"));
    let older = older
        .expect("further")
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    assert!(viewer.get(&older).body.contains("evt_processed_20005"));
}

#[test]
fn a_message_is_worked_through_again_at_one_press_also_twice() {
    let world = World::new();
    events(&world, 1, "charge.refunded", "failed", "<b>why</b>");
    let action = "/ops/events/evt_failed_1/replay";
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let page = operator.get("/ops/events");
    assert!(!page.body.contains("<b>"));
    let row = Visitor::signed_in(&world, "Tom", Role::Operator).with("x-part", "row");
    let before = row.get("/ops/events");
    let first = operator.send(&page, action, &[]);
    assert_eq!(first.status, 303);
    let said = operator.get(first.location()).text().replace('\n', " ");
    assert!(said.contains("It is worked through again"), "{said}");
    let second = row.send(&before, action, &[]);
    assert_eq!(second.status, 200);
    assert!(
        second.body.starts_with("<tr") && second.body.contains("Waiting its turn"),
        "{}",
        second.body
    );
    assert_eq!(
        world.text("SELECT state AS text FROM stripe_events"),
        "pending"
    );
    world.execute("UPDATE stripe_events SET state = 'failed', last_error = 'x', body = '{}'");
    let erased = operator.send(&operator.get("/ops/events"), action, &[]);
    assert_eq!(erased.status, 409);
    assert!(
        erased
            .text()
            .replace('\n', " ")
            .contains("was erased for somebody who asked")
    );
    let page = operator.get("/ops/events");
    for nothing in ["evt_nothing", "%00", "a%0Ab"] {
        let action = format!("/ops/events/{nothing}/replay");
        assert_eq!(operator.send(&page, &action, &[]).status, 404, "{nothing}");
    }
}

#[test]
fn each_left_payment_page_has_its_decision_with_the_reason_in_words() {
    let world = World::with_mailbox(&[]);
    let reminded = world.order_with("CUP-1", json!({ "name": "<b>Kim</b>" }));
    world.abandon(&reminded);
    let not = world.order_with("CUP-2", json!({ "name": "Sam", "remind": false }));
    world.abandon(&not);
    let viewer = Visitor::signed_in(&world, "Vera", Role::Viewer);
    let page = viewer.get("/ops/reminders");
    let text = page.text().replace('\n', " ");
    for said in [
        "Will be sent 1",
        "Not sent 1",
        "Reminders are off",
        "CUP-1",
        "CUP-2",
        "Sam",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(
        page.body
            .contains(&format!("href=\"/ops/orders/{}\"", reminded.id))
    );
    assert!(!page.body.contains("<b>"));
    let tab = viewer
        .get("/ops/reminders?decision=skipped")
        .text()
        .replace('\n', " ");
    assert!(tab.contains("CUP-2") && !tab.contains("CUP-1"), "{tab}");
    for odd in ["?decision=x", "?cursor=x"] {
        assert_eq!(viewer.get(&format!("/ops/reminders{odd}")).status, 200);
    }
}

#[test]
fn an_address_is_added_and_lifted_after_pages_that_say_what_that_means() {
    let world = World::with_mailbox(&[]);
    let order = world.order_with("CUP-1", json!({ "email": "Kim@example.org" }));
    world.queue_link(&order);
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let ask = operator.get("/ops/suppressions/add?email=kim%40example.org");
    let text = ask.text().replace('\n', " ");
    for said in [
        "Never mail kim@example.org?",
        "1 mail to it waits, and is not sent.",
        "1 order that is owed has this address.",
        "They can still pay",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(world.count("suppressions"), 0, "a look changes nothing");
    let fields = [("email", "kim@example.org"), ("note", "<b>asked Tom</b>")];
    let done = operator.send(&ask, "/ops/suppressions/add", &fields);
    assert_eq!(done.status, 303);
    assert!(!done.location().contains("kim"), "no address in an address");
    assert_eq!(world.carry().len(), 0);
    let list = operator.get("/ops/suppressions");
    let text = list.text().replace('\n', " ");
    assert!(
        text.contains("kim@example.org") && text.contains("Added by hand"),
        "{text}"
    );
    assert!(
        text.contains("<b>asked Tom</b>") && !list.body.contains("<b>"),
        "{text}"
    );
    let again = operator.get("/ops/suppressions/add?email=KIM%40example.org");
    assert_eq!(again.status, 422);
    assert!(
        again
            .text()
            .replace('\n', " ")
            .contains("It is on the list already"),
        "{}",
        again.text().replace('\n', " ")
    );
    for q in ["kim%40example.org", "KIM%40EXAMPLE.org", "exam"] {
        let found = operator
            .get(&format!("/ops/suppressions?q={q}"))
            .text()
            .replace('\n', " ");
        assert!(found.contains("Added by hand"), "{q}: {found}");
    }
    for q in ["ki", "other", "%25%25%25"] {
        let found = operator
            .get(&format!("/ops/suppressions?q={q}"))
            .text()
            .replace('\n', " ");
        assert!(
            found.contains("No address on the list has this"),
            "{q}: {found}"
        );
    }
    let hash = world.text("SELECT encode(address_hash, 'hex') AS text FROM suppressions");
    let action = format!("/ops/suppressions/{hash}/lift");
    let ask = operator.get(&action);
    assert!(
        ask.text()
            .replace('\n', " ")
            .contains("1 order that is owed has this address."),
        "{}",
        ask.text().replace('\n', " ")
    );
    assert!(
        ask.text()
            .replace('\n', " ")
            .contains("Nothing is sent by this alone.")
    );
    let other = Visitor::signed_in(&world, "Tom", Role::Operator);
    let theirs = other.get(&action);
    assert_eq!(operator.send(&ask, &action, &[]).status, 303);
    assert_eq!(world.count("suppressions"), 0);
    let late = other.send(&theirs, &action, &[]);
    assert_eq!(late.status, 409);
    assert!(
        late.text()
            .replace('\n', " ")
            .contains("not on the list any more"),
        "{}",
        late.text().replace('\n', " ")
    );
    let viewer = Visitor::signed_in(&world, "Vera", Role::Viewer);
    assert!(!viewer.get("/ops/suppressions").body.contains("/add"));
    for odd in ["x", "%00", "00"] {
        assert_eq!(
            operator
                .get(&format!("/ops/suppressions/{odd}/lift"))
                .status,
            404
        );
    }
    assert!(
        operator
            .get("/ops/suppressions/add?email=")
            .text()
            .contains("Type the address that gets no more mail.")
    );
    let wrong = operator.get("/ops/suppressions/add?email=nonsense");
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("value=\"nonsense\"") && wrong.body.contains("aria-invalid"));
}

#[test]
fn what_others_wrote_is_a_text_in_every_list_case_and_step() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    let (paid, left) = (world.order("CUP-2"), world.order("CUP-3"));
    let settle = format!("/orders/{}/settle", paid.id);
    let how = json!({ "how": "cash", "note": "<u>at training</u>" });
    world.api(Role::Operator, Method::POST, &settle, Some(how));
    world.click_through(&left);
    world.pass(Duration::hours(25));
    world.deliver();
    world.execute(
        "UPDATE orders SET name = '<img src=x> ' || reference, reference = '<b>' || reference || '</b>', \
             lines = jsonb_set(lines, '{0,description}', '\"<i>Cup</i>\"')",
    );
    world.execute("UPDATE cases SET email = '<s>kim</s>@example.org'");
    events(&world, 1, "<b>type</b>", "failed", "<script>said</script>");
    let body = json!({ "email": "kim@example.org", "reason": "<b>moved</b>", "note": "<u>n</u>" });
    world.api(Role::Operator, Method::POST, "/suppressions", Some(body));
    let hash = world.text("SELECT encode(address_hash, 'hex') AS text FROM suppressions");
    let case = format!("/ops/cases/{}", case["id"].as_str().expect("an id"));
    let picked = format!("order={}&order={}", order.id, left.id);
    let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
    for path in [
        "/ops".to_owned(),
        "/ops/orders?status=all&q=%3Cb%3E".to_owned(),
        "/ops/orders/paid".to_owned(),
        format!("/ops/orders/cash?{picked}"),
        format!("/ops/orders/send?{picked}"),
        "/ops/cases".to_owned(),
        case.clone(),
        format!("{case}/resolve?how=accept&note=%3Cb%3E"),
        "/ops/reminders".to_owned(),
        "/ops/events".to_owned(),
        "/ops/suppressions".to_owned(),
        format!("/ops/suppressions/{hash}/lift"),
        "/ops/activity".to_owned(),
    ] {
        let page = admin.get(&path);
        assert_eq!(page.status, 200, "{path}: {page:?}");
        assert!(page.body.contains("&lt;"), "{path} shows none of it");
        for tag in ["<img", "<script>", "<b>", "<i>", "<u>", "<s>"] {
            assert!(!page.body.contains(tag), "{tag} in {path}: {}", page.body);
        }
    }
}

#[test]
fn each_reason_has_its_words_on_the_list_at_lifting_and_on_the_order() {
    let world = World::new();
    let order = world.order_with("CUP-1", json!({ "email": "kim@example.org" }));
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let reasons: [(&str, &str, &str, &str); 6] = [
        (
            "unsubscribed",
            "Unsubscribed",
            "they want no mail",
            "asked not to be mailed",
        ),
        (
            "no_such_address",
            "said its mail server",
            "likely to come back",
            "came back",
        ),
        (
            "complaint",
            "Marked a mail of yours as spam",
            "Writing to them again harms your standing",
            "marked a mail of yours as spam",
        ),
        (
            "manual",
            "Added by hand",
            "Somebody of you put it here",
            "somebody of the shop",
        ),
        (
            "imported",
            "Came with a file",
            "whoever took the file in",
            "came with a file",
        ),
        (
            "moved <i>away",
            "moved <i>away",
            "only if it no longer holds",
            "moved <i>away",
        ),
    ];
    for (reason, on_the_list, at_lifting, on_the_order) in reasons {
        world.execute("DELETE FROM suppressions");
        let body = json!({ "email": "kim@example.org", "reason": reason });
        world.api(Role::Operator, Method::POST, "/suppressions", Some(body));
        let hash = world.text("SELECT encode(address_hash, 'hex') AS text FROM suppressions");
        for (page, said) in [
            ("/ops/suppressions".to_owned(), on_the_list),
            (format!("/ops/suppressions/{hash}/lift"), at_lifting),
            (format!("/ops/orders/{}", order.id), on_the_order),
        ] {
            let page = operator.get(&page);
            let text = page.text().split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(said), "{reason}, {said}: {text}");
            assert!(!page.body.contains("<i>away"), "{text}");
            let by_you = text.contains("Somebody of you put it here");
            assert!(!by_you || reason == "manual", "{reason}: {text}");
        }
    }
}

#[test]
fn an_address_that_was_erased_is_found_by_whoever_knows_it() {
    let world = World::new();
    let body = json!({ "email": "gone@example.org" });
    world.api(Role::Operator, Method::POST, "/suppressions", Some(body));
    world.execute("UPDATE suppressions SET address = NULL");
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let found = operator
        .get("/ops/suppressions?q=gone%40example.org")
        .text()
        .replace('\n', " ");
    assert!(found.contains("erased; still recognised"), "{found}");
    let hash = world.text("SELECT encode(address_hash, 'hex') AS text FROM suppressions");
    let ask = operator
        .get(&format!("/ops/suppressions/{hash}/lift"))
        .text()
        .replace('\n', " ");
    assert!(ask.contains("what it owes cannot be told"), "{ask}");
}
