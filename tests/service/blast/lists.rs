//! Lists: mailings, their recipients, and the orders of a mailing.

use reqwest::Method;
use serde_json::{Value, json};

use super::{SENT, approved, done, families, get, paid, set_mail, started, written};
use crate::support::World;

fn column(page: &Value, name: &str) -> Vec<String> {
    let rows = page["data"].as_array().unwrap().iter();
    rows.map(|row| row[name].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Every row of a list, read in pages of two.
fn pages(world: &World, path: &str, name: &str) -> Vec<Vec<String>> {
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(world, &format!("{path}?limit=2{cursor}"));
        pages.push(column(&page, name));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return pages,
        }
    }
}

#[test]
fn mailings_come_newest_first_and_page_by_page() {
    let world = World::new();
    families(&world, 1);
    for name in ["one", "two", "three"] {
        written(&world, json!({ "name": name, "filter": {} }));
    }
    assert_eq!(
        pages(&world, "/blasts", "name"),
        [vec!["three", "two"], vec!["one"]]
    );
}

#[test]
fn recipients_are_who_would_get_it_and_then_who_did() {
    let world = World::new();
    let orders = families(&world, 4);
    super::unsubscribed(&world, "parent2@example.org");
    paid(&world, &orders[3]);
    let id = written(&world, json!({ "filter": {} }));
    let path = format!("/blasts/{id}/recipients");
    let page = get(&world, &path);
    assert_eq!(column(&page, "reference"), ["CUP-1", "CUP-2", "CUP-3"]);
    assert_eq!(column(&page, "state"), ["planned"; 3]);
    assert_eq!(column(&page, "reason"), ["", "suppressed", ""]);
    assert_eq!(column(&page, "name"), ["Kim Miller"; 3]);
    assert_eq!(column(&page, "status"), ["open"; 3]);
    assert_eq!(
        pages(&world, &path, "reference"),
        [vec!["CUP-1", "CUP-2"], vec!["CUP-3"]]
    );

    started(&world, &id);
    set_mail(&world, "CUP-1", &format!("{SENT}, attempts = 1"));
    let page = get(&world, &path);
    assert_eq!(column(&page, "state"), ["sent", "suppressed", "queued"]);
    assert_eq!(column(&page, "to")[0], "parent1@example.org");
    assert_eq!(page["data"][0]["attempts"], 1);
    assert!(page["data"][0]["sent_at"].is_string());
    assert_eq!(page["data"][0]["order_id"], orders[0].id.to_string());
    assert_eq!(
        pages(&world, &path, "reference"),
        [vec!["CUP-1", "CUP-2"], vec!["CUP-3"]]
    );
}

#[test]
fn whose_mail_cannot_be_written_is_no_recipient() {
    let world = World::new();
    for number in 1..=5 {
        let metadata = if number == 5 {
            json!({ "team": "U12" })
        } else {
            json!({})
        };
        world.order_with(&format!("CUP-{number}"), json!({ "metadata": metadata }));
    }
    let body = "{{ meta.team }} {{ pay_url }}";
    let id = written(&world, json!({ "filter": {}, "body": body }));
    assert_eq!(
        pages(&world, &format!("/blasts/{id}/recipients"), "reference"),
        [["CUP-5"]]
    );
    let body = json!({ "body": "{{ oops }} {{ pay_url }}" });
    super::change(&world, &id, body);
    assert_eq!(
        get(&world, &format!("/blasts/{id}/recipients"))["data"],
        json!([])
    );
}

#[test]
fn orders_are_found_by_their_mailing() {
    let world = World::new();
    families(&world, 3);
    let id = written(&world, json!({ "references": ["CUP-1", "CUP-3"] }));
    let found = |query: &str| {
        column(
            &get(&world, &format!("/orders?blast={id}{query}")),
            "reference",
        )
    };
    assert_eq!(found(""), Vec::<String>::new(), "nobody was approved yet");
    approved(&world, &id);
    assert_eq!(found(""), ["CUP-3", "CUP-1"]);
    done(&world, &id, "start");
    assert_eq!(found(""), ["CUP-3", "CUP-1"]);
    assert_eq!(found("&reference=CUP-1"), ["CUP-1"]);
    assert_eq!(found("&status=paid"), Vec::<String>::new());
    let no = world.api(
        freshmint::token::Role::Viewer,
        Method::GET,
        "/orders?blast=x",
        None,
    );
    assert_eq!(no.status, 400);
}

#[test]
fn what_is_not_there_is_404() {
    let world = World::new();
    for id in ["0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11", "no-uuid", "%00"] {
        for path in [format!("/blasts/{id}"), format!("/blasts/{id}/recipients")] {
            let answer = world.api(freshmint::token::Role::Viewer, Method::GET, &path, None);
            assert_eq!(answer.status, 404, "{path}");
        }
        for what in [
            "preview",
            "start",
            "pause",
            "resume",
            "cancel",
            "retry-failed",
        ] {
            assert_eq!(super::act(&world, id, what).status, 404, "{what}");
        }
        let recall = super::post(
            &world,
            &format!("/blasts/{id}/recall"),
            json!({ "note": "x" }),
        );
        assert_eq!(recall.status, 404);
    }
}
