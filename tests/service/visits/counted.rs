//! What is counted is what was done.

use chrono::{DateTime, Duration, Utc};
use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use super::{FIREFOX, MACHINE, as_browser, group, stats, write};
use crate::support::{Visitor, World};

#[test]
fn visits_are_counted_by_page_source_device_and_whoever_came() {
    let mut world =
        World::with_mailbox(&[("PAY_CLICK", "confirm"), ("COUNTRY_HEADER", "CF-IPCountry")]);
    world.add_replica();
    let (mailed, letter) = (world.order("CUP-1"), world.order("CUP-2"));
    world.queue_link(&mailed);
    let mails = world.carry();
    let links = mails[0].links();
    let unsubscribe = links.iter().find(|link| link.contains("/unsubscribe/"));
    let unsubscribe = unsubscribe
        .expect("a link")
        .replace("http://127.0.0.1:61199", "");
    for _ in 0..2 {
        assert_eq!(world.click(&mailed).status, 200);
    }
    world.press(&mailed.path);
    world.ask(Method::HEAD, &mailed.path, &[]);
    world.get("/pay/x");
    assert_eq!(as_browser(&world, &letter.path, FIREFOX), 200);
    let returned = format!("{}/return", letter.path);
    assert_eq!(as_browser(&world, &returned, FIREFOX), 200);
    assert_eq!(as_browser(&world, &mailed.path, MACHINE), 200);
    let headers = [("user-agent", FIREFOX), ("cf-ipcountry", "ie")];
    assert_eq!(world.ask(Method::GET, &unsubscribe, &headers).status, 200);
    write(&world, 0);
    let report = stats(&world, "visits");
    for (key, expected) in [
        ("visits", 5),
        ("visitors", 2),
        ("machine_visits", 1),
        ("machines", 1),
    ] {
        assert_eq!(report[key], expected, "{key}: {report}");
    }
    assert_eq!(
        group(&report, "by_page"),
        ["pay 3 2, machines 1", "return 1 1", "unsubscribe 1 1"]
    );
    assert_eq!(
        group(&report, "by_source"),
        ["letter 2 1", "link 3 2, machines 1"]
    );
    assert_eq!(group(&report, "by_device"), ["computer 3 1", "phone 2 1"]);
    assert_eq!(group(&report, "by_browser"), ["firefox 3 1", "safari 2 1"]);
    assert_eq!(group(&report, "by_system"), ["ios 2 1", "windows 3 1"]);
    assert_eq!(group(&report, "by_country"), ["IE 1 1"]);
    let today = world.now().date_naive();
    assert_eq!(
        group(&report, "by_day"),
        [format!("{today} 5 2, machines 1")]
    );
    let rows = report["data"].as_array().expect("rows");
    let sum: i64 = rows
        .iter()
        .map(|row| row["visits"].as_i64().expect("a number"))
        .sum();
    assert_eq!((rows.len(), sum), (5, 6), "{report}");
    let pressed = json!({ "day": today, "page": "pay", "source": "link", "device": "phone", "visitor": "person", "visits": 2 });
    assert!(rows.contains(&pressed), "{report}");
}

#[test]
fn a_range_is_of_days_in_utc_and_a_wrong_one_is_refused() {
    let world = World::with(&[("PAY_CLICK", "confirm")]);
    let order = world.order("CUP-1");
    world.click(&order);
    write(&world, 0);
    let first = world.now().date_naive();
    world.pass(Duration::days(2));
    world.click(&order);
    write(&world, 0);
    let last = world.now().date_naive();
    let visits = |range: &str| stats(&world, &format!("visits{range}"))["visits"].clone();
    assert_eq!(visits(""), 2);
    assert_eq!(visits("?from=&to="), 2);
    assert_eq!(visits(&format!("?to={first}")), 1);
    assert_eq!(visits(&format!("?from={last}&to={last}T00:00:00Z")), 1);
    for wrong in [
        "?from=yesterday",
        "?from=2026-02-02&to=2026-02-01",
        "?from=2020-01-01&to=2026-01-01",
    ] {
        for figure in ["visits", "funnel"] {
            let path = format!("/stats/{figure}{wrong}");
            let answer = world.api(Role::Viewer, Method::GET, &path, None);
            assert_eq!(answer.status, 400, "{path}: {answer:?}");
        }
    }
}

#[test]
fn months_of_counts_are_kept_and_with_none_nothing_is_counted() {
    let world = World::with(&[("PAY_CLICK", "confirm")]);
    let order = world.order("CUP-1");
    world.click(&order);
    write(&world, 0);
    let days = |from: DateTime<Utc>| from.date_naive() - chrono::Months::new(12);
    world.execute(&format!(
        "INSERT INTO visit_totals VALUES ('{0}', 'all', 'all', 'person', 1, 1), ('{0}'::date - 1, 'all', 'all', 'person', 1, 1)",
        days(world.now())
    ));
    world.execute(&format!(
        "INSERT INTO visit_counts VALUES ('{0}'::date - 1, 'pay', 'blast', 'phone', 'person', 1)",
        days(world.now())
    ));
    let (code, ..) = world.command(&["prune"]);
    assert_eq!(code, 0);
    assert_eq!(
        world.count("visit_totals WHERE dimension = 'all'"),
        2,
        "to the day"
    );
    assert_eq!(world.count("visit_counts"), 1);
    let none = json!({ "visits_months": 0 });
    let answer = world.api(Role::Admin, Method::PUT, "/settings", Some(none));
    assert_eq!(answer.status, 200);
    world.click(&order);
    write(&world, 0);
    // By now the replica knows.
    world.click(&order);
    write(&world, 0);
    assert_eq!(stats(&world, "visits")["visits"], 1);
    let (code, ..) = world.command(&["prune"]);
    assert_eq!(
        (
            code,
            world.count("visit_totals"),
            world.count("visit_counts")
        ),
        (0, 0, 0)
    );
}

#[test]
fn whoever_is_signed_in_is_no_visitor_and_sees_who_was() {
    let world = World::with(&[("PAY_CLICK", "confirm")]);
    let order = world.order("CUP-1");
    let treasurer = Visitor::signed_in(&world, "Ann", Role::Viewer).with("user-agent", FIREFOX);
    let empty = treasurer.get("/ops/visits");
    assert_eq!(empty.status, 200);
    assert!(
        empty.text().contains("No visit between"),
        "{}",
        empty.text()
    );
    assert_eq!(treasurer.get(&order.path).status, 200);
    write(&world, 0);
    assert_eq!(world.count("visit_totals"), 0);
    world.click(&order);
    write(&world, 0);
    let page = treasurer.get("/ops/visits").text().replace('\n', " ");
    for said in [
        "1 person came today, 0 people yesterday.",
        "The pay link",
        "A letter, or by hand",
        "Phone",
        "Safari",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let wrong = treasurer.get("/ops/visits?from=x&to=%00&by=century");
    assert_eq!(wrong.status, 200);
    treasurer.submit("/ops/visits", "/ops/sign-out", &[]);
    assert_eq!(treasurer.get(&order.path).status, 200);
    write(&world, 0);
    assert_eq!(stats(&world, "visits")["visitors"], 2);
}
