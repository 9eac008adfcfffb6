//! Lists, with filters that few rows meet and those the oldest.

use std::collections::BTreeSet;

use freshmint::token::Role;
use reqwest::Method;

use super::{filled, gather};
use crate::support::World;

/// Each list with its filters, alone and together, and how many rows its first page has.
const LISTS: [(&str, usize); 41] = [
    ("/orders", 50),
    ("/orders?kind=recovered", 5),
    ("/orders?status=settled_offline", 5),
    ("/orders?kind=billed&status=cancelled", 5),
    ("/orders?kind=recovered&status=open", 5),
    ("/orders?kind=recovered&status=paid", 0),
    ("/orders?email=Parent5@example.org", 2),
    (
        "/orders?email=parent1@example.org&kind=recovered&status=open",
        2,
    ),
    ("/orders?reference=CUP-1", 1),
    ("/orders?blast={blast}", 20),
    ("/orders?blast={blast}&status=settled_offline", 5),
    ("/orders?blast={blast}&status=paid", 0),
    ("/orders?blast={large}&kind=recovered", 0),
    ("/orders?stranded=true", 50),
    ("/orders/{order}", 0),
    ("/orders/{order}/timeline", 0),
    ("/blasts/{blast}/recipients", 20),
    ("/blasts/{large}/recipients", 50),
    ("/outbox?kind=test", 5),
    ("/outbox?kind=test&state=sent", 5),
    ("/outbox?kind=alert", 0),
    ("/outbox?state=bounced", 5),
    ("/outbox?kind=blast&state=bounced", 5),
    ("/outbox?kind=reminder&state=bounced", 0),
    ("/outbox?blast_id={blast}", 20),
    ("/outbox?blast_id={blast}&state=bounced", 5),
    ("/outbox?order_id={order}&kind=blast", 1),
    ("/cases?kind=dispute", 5),
    ("/cases?kind=dispute&state=open", 3),
    ("/cases?kind=dispute&state=resolved", 2),
    ("/events?state=failed", 14),
    ("/reminders?reason=suppressed", 5),
    ("/reminders?decision=sent&reason=suppressed", 0),
    ("/activity", 50),
    ("/activity?category=case", 0),
    ("/activity?category=mail", 50),
    ("/activity?level=attention", 10),
    ("/activity?open=true", 10),
    ("/activity?category=mail&open=true", 5),
    ("/activity?order_id={order}", 2),
    ("/activity?q=sent&category=case", 0),
];
/// Lists by time, from their middle.
const DEEP: [(&str, &str); 2] = [
    (
        "/events",
        "SELECT to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') || '_' || id AS text \
         FROM stripe_events ORDER BY received_at OFFSET 2000 LIMIT 1",
    ),
    (
        "/suppressions",
        "SELECT to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') || '_' || encode(address_hash, 'hex') AS text \
         FROM suppressions ORDER BY since, address_hash OFFSET 100 LIMIT 1",
    ),
];

#[test]
fn no_list_reads_on_for_rows_that_few_filters_meet() {
    let (database, mut plans) = filled();
    let world = World::on(database, &[]);
    let one = |query: &str| world.text(query);
    let order = one("SELECT id::text AS text FROM orders WHERE reference = 'CUP-1'");
    let blast = one("SELECT id::text AS text FROM blasts ORDER BY id LIMIT 1");
    let large = one("SELECT id::text AS text FROM blasts ORDER BY id DESC LIMIT 1");
    let mut wrong = BTreeSet::new();
    for statistics in [false, true] {
        if statistics {
            gather(&world);
        }
        let deep = DEEP.map(|(list, query)| {
            let cursor = one(query);
            plans.skip();
            (format!("{list}?cursor={cursor}"), 50)
        });
        let lists = LISTS.map(|(list, rows)| (list.to_owned(), rows));
        for (list, rows) in lists.into_iter().chain(deep) {
            let list = list.replace("{order}", &order);
            let list = list.replace("{blast}", &blast).replace("{large}", &large);
            // A connection's statement may get a general plan after five.
            let answers = [(); 7].map(|()| world.api(Role::Viewer, Method::GET, &list, None));
            let [.., answer] = answers;
            assert_eq!(answer.status, 200, "{list}: {}", answer.body);
            if !list.starts_with("/orders/") {
                assert_eq!(
                    answer.json()["data"].as_array().map(Vec::len),
                    Some(rows),
                    "{list}"
                );
            }
            let (mut found, seen) = plans.wrong();
            // What stranded orders owe is counted, order by order.
            found.retain(|plan| !list.contains("stranded") || !plan.contains("COUNT("));
            assert!(seen > 0, "{list}");
            let told = |plan| format!("statistics {statistics}, {list}: {plan}");
            wrong.extend(found.into_iter().map(told));
        }
    }
    assert!(wrong.is_empty(), "{}", Vec::from_iter(wrong).join("\n\n"));
}
