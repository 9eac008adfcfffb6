//! One action for many orders.

use std::thread;

use freshmint::token::Role;
use serde_json::json;

use super::history;
use crate::{
    simulator::{Call, Fault},
    support::{Order, Visitor, World, visitor::guard},
};

fn families(world: &World) -> Vec<Order> {
    let names = ["Adeyemi", "Byrne", "Carroll", "Doyle"];
    let order = |name: &str| {
        let email = format!("{}@example.org", name.to_lowercase());
        let fields = json!({ "name": format!("{name} family"), "email": email });
        world.order_with(&format!("CUP-{name}"), fields)
    };
    names.into_iter().map(order).collect()
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The page that asks, of orders that were picked.
fn asked(act: &str, orders: &[Order]) -> String {
    let picked = orders.iter().map(|order| format!("order={}", order.id));
    format!("/ops/orders/{act}?{}", picked.collect::<Vec<_>>().join("&"))
}

fn ids(orders: &[Order]) -> String {
    let ids = orders.iter().map(|order| order.id.to_string());
    ids.collect::<Vec<_>>().join(",")
}

#[test]
fn cash_for_many_is_told_before_and_leaves_out_by_name_whom_it_does_not_fit() {
    let world = World::new();
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let orders = families(&world);
    world
        .stripe
        .pay(&world.click_through(&orders[1]))
        .expect("open");
    world.deliver();
    // An open payment page is closed first.
    let open = world.click_through(&orders[2]);
    let page = operator.get(&asked("cash", &orders));
    let text = flat(&page.text());
    assert!(
        text.contains("Take cash for 3 orders?") && text.contains("€135.00"),
        "{text}"
    );
    assert!(
        text.contains("Left out: 1")
            && text.contains("Byrne family ( CUP-Byrne ): it has been paid through Stripe"),
        "{text}"
    );
    assert_eq!(world.count("order_batches"), 0, "looking changes nothing");
    let all = ids(&orders);
    let fields = [("orders", all.as_str()), ("note", "Taken at training")];
    let done = operator.send(&page, "/ops/orders/cash", &fields);
    assert_eq!(done.status, 303, "{done:?}");
    let result = operator.get(done.location()).text();
    assert!(
        result.contains("3 done.") && result.contains("Taken at training"),
        "{result}"
    );
    assert_eq!(world.count("orders WHERE settled_how = 'cash'"), 3);
    assert_eq!(world.status(&orders[1]), "paid");
    assert_eq!(world.payable_sessions(&orders[2]), 0);
    let refused = world.stripe.pay(&open);
    assert!(refused.is_err(), "nobody pays what is settled");
    let told = history(&world).join("\n");
    assert_eq!(
        told.matches("ops:Aoife: order open → settled_offline")
            .count(),
        3,
        "{told}"
    );
    // Pressed again: it is done once, and says so.
    let again = operator.send(&page, "/ops/orders/cash", &fields);
    assert!(again.location().contains("again=1"), "{again:?}");
    assert_eq!(world.count("order_batches"), 1);
}

#[test]
fn the_link_for_many_is_mailed_once_each() {
    let world = World::with_mailbox(&[]);
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let mut orders = families(&world);
    orders.push(world.order_with("CUP-None", json!({ "email": null })));
    let body = json!({ "email": "carroll@example.org" });
    world.api(
        Role::Operator,
        reqwest::Method::POST,
        "/suppressions",
        Some(body),
    );
    world.queue_link(&orders[3]);
    let page = operator.get(&asked("send", &orders));
    let text = page.text();
    assert!(
        text.contains("Mail 2 families their link?") && text.contains("Send 2 mails"),
        "{text}"
    );
    assert!(
        text.contains("CUP-None") && text.contains("it has no e-mail"),
        "{text}"
    );
    assert!(
        text.contains("not to be mailed") && text.contains("on its way already"),
        "{text}"
    );
    assert!(
        text.contains("adeyemi@example.org") && text.contains("Summer cup"),
        "one mail is shown whole: {text}"
    );
    let (csrf, once) = guard(&page.body, "/ops/orders/send");
    let session = operator.cookie("freshmint_session");
    let all = ids(&orders);
    let press = || {
        let visitor = Visitor::at_url(world.url());
        visitor.set_cookie("freshmint_session", &session);
        let fields = [
            ("csrf", csrf.as_str()),
            ("once", once.as_str()),
            ("orders", all.as_str()),
        ];
        visitor.post("/ops/orders/send", &fields).status
    };
    let statuses: Vec<u16> = thread::scope(|scope| {
        let presses: Vec<_> = (0..3).map(|_| scope.spawn(press)).collect();
        presses
            .into_iter()
            .map(|press| press.join().expect("an answer"))
            .collect()
    });
    assert_eq!(statuses, [303; 3]);
    let mut to: Vec<String> = world
        .carry()
        .iter()
        .map(|mail| mail.header("to").unwrap_or_default())
        .collect();
    to.sort();
    assert_eq!(
        to.len(),
        3,
        "the two, and the one that was on its way: {to:?}"
    );
    to.dedup();
    assert_eq!(to.len(), 3);
}

#[test]
fn what_was_not_done_is_told_and_goes_on_without_doing_anything_twice() {
    let world = World::new();
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let orders = families(&world);
    for order in &orders[2..] {
        world.click_through(order);
    }
    // Stripe is away from the first open page on: what comes before it is done.
    world
        .stripe
        .inject(Call::Any, Fault::ResetBefore, usize::MAX);
    let page = operator.get(&asked("cash", &orders));
    let all = ids(&orders);
    let done = operator.send(&page, "/ops/orders/cash", &[("orders", &all), ("note", "")]);
    assert_eq!(done.status, 303, "{done:?}");
    let result = operator.get(done.location());
    assert!(
        result.text().contains("2 done, 2 not yet."),
        "{}",
        result.text()
    );
    assert!(
        result.text().contains("Take cash for the other 2 orders"),
        "{}",
        result.text()
    );
    // Somebody else cancels one of them meanwhile.
    world.stripe.clear_faults();
    let path = format!("/orders/{}/cancel", orders[3].id);
    world.api(
        Role::Operator,
        reqwest::Method::POST,
        &path,
        Some(json!({})),
    );
    let at = done
        .location()
        .split('?')
        .next()
        .unwrap_or_default()
        .to_owned();
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    assert!(!viewer.get(&at).text().contains("Take cash for the other"));
    let other = Visitor::signed_in(&world, "Tom", Role::Operator);
    let on = other.submit(&at, &at, &[]);
    assert_eq!(on.status, 303, "{on:?}");
    let result = other.get(on.location()).text();
    assert!(
        result.contains("3 done, 1 could not be done any more.")
            && result.contains("it was cancelled"),
        "{result}"
    );
    assert_eq!(world.count("orders WHERE settled_how = 'cash'"), 3);
    let told = history(&world).join("\n");
    assert_eq!(
        told.matches("ops:Aoife: order open → settled_offline")
            .count(),
        3,
        "{told}"
    );
}

#[test]
fn none_or_too_many_or_what_is_no_order_is_refused() {
    let world = World::new();
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let empty = operator.get("/ops/orders/cash");
    assert!(
        empty.text().contains("Pick orders in the list first"),
        "{}",
        empty.text()
    );
    let order = world.order("CUP-1");
    let page = operator.get(&asked("cash", std::slice::from_ref(&order)));
    let many = vec![order.id.to_string(); 1].join(",");
    let none = operator.send(&page, "/ops/orders/cash", &[("orders", "x,y")]);
    assert_eq!(none.status, 409);
    let far: Vec<String> = (0..201u128)
        .map(|number| uuid::Uuid::from_u128(number).to_string())
        .collect();
    let far = far.join(",");
    assert_eq!(
        operator
            .send(&page, "/ops/orders/cash", &[("orders", &far)])
            .status,
        409
    );
    let long = "x".repeat(3_000);
    let noted = operator.send(
        &page,
        "/ops/orders/cash",
        &[("orders", &many), ("note", &long)],
    );
    assert_eq!(
        (noted.status, world.count("order_batches")),
        (422, 0),
        "{noted:?}"
    );
    assert_eq!(
        operator
            .get(&format!("/ops/orders/many/{}", order.id))
            .status,
        404
    );
}
