//! What came of a mailing: for each recipient, as a spreadsheet, and once more.

use serde_json::json;

use super::{
    SENT, change_order, done, families, family, get, mails, paid, post, refused, set_mail, show,
    started, state, to_all,
};
use crate::support::World;
use freshmint::token::Role;
use reqwest::Method;

const GONE: &str = "state = 'bounced', last_error = '550 5.1.1 no such user'";
const GIVEN_UP: &str = "state = 'failed', last_error = '451 later'";

#[test]
fn each_recipient_says_what_came_of_the_mail() {
    let world = World::new();
    let orders = families(&world, 3);
    let id = to_all(&world);
    started(&world, &id);
    for reference in ["CUP-1", "CUP-2", "CUP-3"] {
        set_mail(&world, reference, SENT);
    }
    world.execute(&format!(
        "INSERT INTO link_looks (order_id, by_person, by_machine) VALUES ('{}', now() + interval '1 second', NULL), \
         ('{}', NULL, now())",
        orders[0].id, orders[1].id
    ));
    paid(&world, &orders[0]);
    world.click_through(&orders[1]);
    let rows = get(&world, &format!("/blasts/{id}/recipients"));
    let row = |n: usize| rows["data"][n].clone();
    assert_eq!(
        (&row(0)["status"], &row(0)["session"]),
        (&"paid".into(), &"complete".into())
    );
    assert!(
        row(0)["clicked_at"].is_string() && row(0)["paid_at"].is_string(),
        "{}",
        row(0)
    );
    assert_eq!(
        (&row(1)["session"], &row(1)["clicked_at"]),
        (&"open".into(), &json!(null))
    );
    assert_eq!(
        (&row(2)["session"], &row(2)["paid_at"]),
        (&json!(null), &json!(null))
    );
}

#[test]
fn the_list_is_a_spreadsheet_without_formulas() {
    let world = World::with(&[("TIME_ZONE", "Europe/Berlin")]);
    world.order_with(
        "CUP-1",
        json!({ "name": "=HYPERLINK(1)", "email": "a@example.org" }),
    );
    for n in 2..=3 {
        family(&world, &format!("CUP-{n}"), &format!("p{n}@example.org"));
    }
    let id = to_all(&world);
    let csv = |id: &str| {
        let path = format!("/blasts/{id}/recipients.csv");
        let answer = world.api(Role::Viewer, Method::GET, &path, None);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    };
    let planned = csv(&id);
    assert_eq!(planned.lines().count(), 4, "{planned}");
    started(&world, &id);
    set_mail(
        &world,
        "CUP-1",
        "state = 'sent', sent_at = '2026-07-01T22:30:00Z'",
    );
    let list = csv(&id);
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(
        lines[0],
        "reference,name,to,mail,reason,sent_at,clicked_at,checkout,status,paid_at,last_error"
    );
    assert_eq!(
        lines[1],
        "CUP-1,'=HYPERLINK(1),a@example.org,sent,,2026-07-01T22:30:00Z,,,open,,"
    );
    let nobody = "/blasts/0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11/recipients.csv";
    assert_eq!(
        world.api(Role::Viewer, Method::GET, nobody, None).status,
        404
    );
}

#[test]
fn the_list_of_a_thousand_is_whole() {
    let world = World::new();
    families(&world, 1);
    world.execute(
        "INSERT INTO orders (id, content_hash, reference, email, name, locale, currency, amount_total, lines, mode, created_at) \
         SELECT gen_random_uuid(), '', 'MANY-' || n, 'many' || n || '@example.org', 'Kim ' || n, locale, currency, \
             amount_total, lines, mode, created_at FROM orders, generate_series(2, 1000) n",
    );
    let id = to_all(&world);
    started(&world, &id);
    let path = format!("/blasts/{id}/recipients.csv");
    let list = world.api(Role::Viewer, Method::GET, &path, None).body;
    assert_eq!(list.lines().count(), 1001);
}

#[test]
fn what_was_given_up_goes_again_and_what_came_back_where_there_is_another_address() {
    let world = World::new();
    let orders = families(&world, 6);
    let id = to_all(&world);
    assert!(refused(&world, &id, "retry-failed").contains("not been started"));
    started(&world, &id);
    set_mail(&world, "CUP-1", GIVEN_UP);
    set_mail(&world, "CUP-2", GONE);
    set_mail(&world, "CUP-3", GONE);
    set_mail(&world, "CUP-4", GIVEN_UP);
    set_mail(&world, "CUP-5", GIVEN_UP);
    set_mail(&world, "CUP-6", SENT);
    change_order(&world, &orders[2], json!({ "email": "new@example.org" }));
    // Another amount was not approved; and one is paid.
    let lines = json!([{ "description": "Summer cup", "unit_amount": 100, "quantity": 1 }]);
    change_order(&world, &orders[3], json!({ "lines": lines }));
    paid(&world, &orders[4]);
    let answer = done(&world, &id, "retry-failed");
    assert_eq!(
        (&answer["retried"], &answer["left"]),
        (&2.into(), &3.into()),
        "{answer}"
    );
    assert_eq!(answer["state"], "sending");
    let mut all = mails(&world);
    all.sort();
    assert_eq!(
        all,
        [
            "CUP-1 queued",
            "CUP-2 bounced",
            "CUP-3 queued",
            "CUP-4 failed",
            "CUP-5 failed",
            "CUP-6 sent"
        ]
    );
    let to = world
        .text("SELECT address || ' ' || attempts AS text FROM outbox WHERE address LIKE 'new@%'");
    assert_eq!(to, "new@example.org 0");
    assert_eq!(done(&world, &id, "retry-failed")["retried"], 0);
    done(&world, &id, "cancel");
    assert!(refused(&world, &id, "retry-failed").contains("cancelled"));
}

#[test]
fn what_goes_again_reaches_the_other_address_with_its_own_link_to_unsubscribe() {
    let world = World::with_mailbox(&[]);
    let orders = families(&world, 1);
    let id = to_all(&world);
    started(&world, &id);
    let before = world.text("SELECT body AS text FROM outbox");
    set_mail(&world, "CUP-1", GONE);
    change_order(&world, &orders[0], json!({ "email": "new@example.org" }));
    assert_eq!(done(&world, &id, "retry-failed")["retried"], 1);
    let mails = world.carry();
    assert_eq!(mails[0].to, ["new@example.org"]);
    assert_eq!(state(&world, &id), "done");
    assert_ne!(world.text("SELECT body AS text FROM outbox"), before);
}

#[test]
fn a_follow_up_to_those_who_still_owe_is_one_command() {
    let world = World::new();
    let orders = families(&world, 3);
    family(&world, "OTHER", "other@example.org");
    let id = super::written(&world, json!({ "references": ["CUP-1", "CUP-2", "CUP-3"] }));
    started(&world, &id);
    paid(&world, &orders[0]);
    let (code, said, error) = world.command(&["blast", "create", "--still-unpaid", "Summer cup"]);
    assert_eq!(code, 0, "{error}");
    assert!(said.contains("freshmint blast preview"), "{said}");
    let id_of_it = said.trim().rsplit(' ').next().unwrap();
    let newest = get(&world, &format!("/blasts/{id_of_it}"));
    assert_eq!(newest["name"], "Summer cup: still unpaid");
    assert_eq!(newest["state"], "draft");
    let again = super::preview(&world, newest["id"].as_str().unwrap());
    assert_eq!(again["recipients"], 2);
    assert_eq!(show(&world, &id)["body"], newest["body"]);
    let none = post(&world, "/blasts", json!({}));
    assert_eq!(none.status, 422);
    // Also where its own name leaves no room for more.
    let long = json!({ "name": "x".repeat(119), "references": ["CUP-3"] });
    let long = super::written(&world, long);
    let (code, _, error) = world.command(&["blast", "create", "--still-unpaid", &long]);
    assert_eq!(code, 0, "{error}");
}
