//! Orders that were mailed, had a checkout that ended unpaid, and are still owed.

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Order, World};

/// An order whose link was mailed.
fn mailed(world: &World, reference: &str, fields: Value) -> Order {
    let order = world.order_with(reference, fields);
    world.queue_link(&order);
    world.carry();
    order
}

fn mailed_in_euros(world: &World, reference: &str) -> Order {
    mailed(world, reference, json!({}))
}

/// References and sums, as the API tells them.
fn listed(world: &World, query: &str) -> (Vec<String>, Value) {
    let path = format!("/orders?stranded=true{query}");
    let page = world.api(Role::Viewer, Method::GET, &path, None).json();
    let orders = page["data"].as_array().expect("orders").iter();
    let references = orders.map(|order| order["reference"].as_str().unwrap().to_owned());
    (references.collect(), page["amounts"].clone())
}

fn stranded(world: &World) -> Vec<String> {
    listed(world, "").0
}

#[test]
fn mailed_with_an_expired_session_and_unpaid_is_stranded_and_summed_up_by_currency() {
    let world = World::with_mailbox(&[]);
    let one = mailed_in_euros(&world, "CUP-1");
    let two = mailed_in_euros(&world, "CUP-2");
    let dollars = json!({ "currency": "usd" });
    let three = mailed(&world, "CUP-3", dollars);
    for order in [&one, &two, &three] {
        world.click_through(order);
    }
    assert_eq!(listed(&world, ""), (vec![], json!({})));
    world.pass(Duration::hours(24) + Duration::seconds(1));
    world.deliver();
    let all = ["CUP-3", "CUP-2", "CUP-1"].map(str::to_owned).to_vec();
    let sums = json!({ "eur": 9000, "usd": 4500 });
    assert_eq!(listed(&world, ""), (all, sums.clone()));
    // The sum is of all pages.
    assert_eq!(
        listed(&world, "&limit=1"),
        (vec!["CUP-3".to_owned()], sums.clone())
    );

    let plain = world.api(Role::Viewer, Method::GET, "/orders?stranded=false", None);
    let plain = plain.json();
    assert_eq!(plain["data"].as_array().map(Vec::len), Some(3));
    assert_eq!(plain.get("amounts"), None);
    let path = "/orders?stranded=perhaps";
    let refused = world.api(Role::Viewer, Method::GET, path, None);
    assert_eq!(refused.status, 400, "{}", refused.body);
}

#[test]
fn whoever_was_not_mailed_did_not_click_has_paid_or_owes_no_more_is_not_stranded() {
    let world = World::with_mailbox(&[]);
    let never_mailed = world.order("NEVER-MAILED");
    world.abandon(&never_mailed);
    let never_clicked = mailed_in_euros(&world, "NEVER-CLICKED");
    let paid = mailed_in_euros(&world, "PAID");
    let session = world.click_through(&paid);
    world.stripe.pay(&session).unwrap();
    let paid_later = mailed_in_euros(&world, "PAID-LATER");
    let cancelled = mailed_in_euros(&world, "CANCELLED");
    world.abandon(&paid_later);
    world.abandon(&cancelled);
    assert_eq!(stranded(&world), ["CANCELLED", "PAID-LATER"]);

    let cancel = format!("/orders/{}/cancel", cancelled.id);
    let answer = world.api(Role::Operator, Method::POST, &cancel, Some(json!({})));
    assert_eq!(answer.status, 200);
    // Whoever has a checkout open can pay there.
    let session = world.click_through(&paid_later);
    assert_eq!(stranded(&world), Vec::<String>::new());
    world.stripe.pay(&session).unwrap();
    world.pass(Duration::hours(25));
    world.deliver();
    assert_eq!(world.status(&never_clicked), "open");
    assert_eq!(stranded(&world), Vec::<String>::new());
}

#[test]
fn a_session_whose_time_is_over_counts_though_no_webhook_says_so() {
    let world = World::with_mailbox(&[]);
    let order = mailed_in_euros(&world, "CUP-1");
    world.click_through(&order);
    world.pass(Duration::hours(23));
    assert_eq!(stranded(&world), Vec::<String>::new());
    world.pass(Duration::hours(1) + Duration::seconds(1));
    assert_eq!(stranded(&world), ["CUP-1"]);
    // Replaced by another one that ends in the same way.
    world.click_through(&order);
    assert_eq!(stranded(&world), Vec::<String>::new());
    world.pass(Duration::hours(25));
    assert_eq!(stranded(&world), ["CUP-1"]);
}

#[test]
fn what_an_older_system_mailed_is_stranded_once_its_session_is_over() {
    let world = World::with_mailbox(&[]);
    let file = tempfile::NamedTempFile::new().unwrap();
    let lines = "reference,email,name,currency,description,amount,stripe_session_id\n\
         OLD-1,kim@example.org,Kim,usd,Cup,88.61,cs_test_a1\n\
         NEW-1,lee@example.org,Lee,usd,Cup,88.61,\n";
    std::fs::write(file.path(), lines).unwrap();
    let (code, _, said) = world.command(&["orders", "import", file.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(stranded(&world), Vec::<String>::new());
    world.pass(Duration::hours(24) + Duration::minutes(1));
    assert_eq!(
        listed(&world, ""),
        (vec!["OLD-1".to_owned()], json!({ "usd": 8861 }))
    );
}

#[test]
fn the_command_lists_and_sums_them_and_writes_the_mailing_that_follows() {
    let world = World::with_mailbox(&[]);
    let nothing = world.command(&["orders", "list", "--stranded"]);
    assert_eq!(nothing, (0, String::new(), String::new()));
    let body = tempfile::NamedTempFile::new().unwrap();
    let text =
        "Hi {{ name }}, {{ amount }} is still open: {{ pay_url }}\n\n{{ unsubscribe_url }}\n";
    std::fs::write(body.path(), text).unwrap();
    let create = |name: &str| {
        let file = body.path().to_str().unwrap();
        world.command(&[
            "blast",
            "create",
            "--name",
            name,
            "--subject",
            "Still open",
            "--body-file",
            file,
            "--stranded",
        ])
    };
    let (code, out, said) = create("None");
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(said, "No order is stranded: nothing was written.\n");

    let order = mailed_in_euros(&world, "CUP-1");
    mailed_in_euros(&world, "CUP-2");
    world.click_through(&order);
    // The binary has the time of the machine.
    world.execute("UPDATE checkout_sessions SET expires_at = now() - interval '1 minute'");
    let (code, out, _) = world.command(&["orders", "list", "--stranded"]);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((code, lines.len()), (0, 2), "{out}");
    assert!(lines[0].starts_with("CUP-1 "), "{out}");
    assert_eq!(lines[1], "1 order, €45.00 in all");
    let (_, json, _) = world.command(&["orders", "list", "--stranded", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["amounts"], json!({ "eur": 4500 }));
    assert_eq!(json["data"][0]["reference"], "CUP-1");

    let (code, _, said) = create("Follow-up");
    assert_eq!(code, 0, "{said}");
    let (code, preview, said) =
        world.command(&["blast", "preview", "Follow-up", "--format", "json"]);
    assert_eq!(code, 0, "{said}");
    let preview: Value = serde_json::from_str(&preview).unwrap();
    assert_eq!(
        (&preview["recipients"], &preview["problems"]),
        (&json!(1), &json!([]))
    );
}
