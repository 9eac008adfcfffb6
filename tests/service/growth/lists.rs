//! Lists, with filters that few rows meet and those the oldest.

use std::collections::BTreeSet;

use freshmint::token::Role;
use reqwest::Method;

use super::{filled, gather};
use crate::support::{Visitor, World};

/// Each list with its filters, alone and together, and how many rows its first page has.
const LISTS: [(&str, usize); 48] = [
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
    ("/orders?came_back=true", 5),
    ("/orders?reminded=true", 50),
    ("/orders?not_opened=true", 50),
    ("/orders?never_mailed=true", 50),
    ("/orders?q=parent5@", 2),
    ("/orders?q=CUP-1999", 11),
    ("/orders?q=kim%20miller", 50),
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
            found.retain(|plan| !is_on_the_way(&list, plan));
            assert!(seen > 0, "{list}");
            let told = |plan| format!("statistics {statistics}, {list}: {plan}");
            wrong.extend(found.into_iter().map(told));
        }
    }
    assert!(wrong.is_empty(), "{}", Vec::from_iter(wrong).join("\n\n"));
}

/// Filters that one of ten orders meets, wherever it stands: nine are looked at in vain for each that is shown.
const MET_BY_SOME: [&str; 1] = ["reminded"];

/// Whether a plan looks at rows in vain where that is to be.
fn is_on_the_way(list: &str, plan: &str) -> bool {
    MET_BY_SOME.iter().any(|filter| list.contains(filter)) && plan.starts_with("looks at")
}

/// The page of orders, which has the newest news first, and how many rows it has.
const PAGES: [(&str, usize); 13] = [
    ("", 50),
    ("?status=all", 50),
    ("?status=cancelled", 5),
    ("?status=cart", 5),
    ("?status=all&q=parent5@", 2),
    ("?status=paid&q=CUP-1999", 6),
    ("?q=kim", 50),
    ("?status=cancelled&q=kim", 5),
    ("?status=cart&only=came_back", 5),
    ("?only=reminded", 50),
    ("?only=not_opened", 50),
    ("?only=never_mailed", 50),
    ("?only=stranded", 50),
];

#[test]
fn no_page_of_orders_reads_on_for_rows_that_few_filters_meet() {
    let (database, mut plans) = filled();
    let world = World::on(database, &[]);
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    let mut wrong = BTreeSet::new();
    for statistics in [false, true] {
        if statistics {
            gather(&world);
        }
        plans.skip();
        for (query, rows) in PAGES {
            let pages = [(); 3].map(|()| viewer.get(&format!("/ops/orders{query}")));
            let [.., page] = pages;
            assert_eq!(page.status, 200, "{query}: {}", page.body);
            let shown = page.body.matches("scope=\"row\"").count();
            let (mut found, seen) = plans.wrong();
            let text = page.text();
            assert_eq!(
                shown, rows,
                "statistics {statistics}, {query}: {text:.500} {found:#?}"
            );
            if query == "?status=all" {
                // Of more than ten thousand there is no sum, nor is one begun.
                assert!(text.contains("More than can be added up"), "{text:.500}");
                let is_sum = |plan: &String| plan.contains("coalesce(sum(");
                assert!(!found.iter().any(is_sum), "{found:#?}");
            }
            // The sum is of all rows, and has an end by the clock.
            found.retain(|plan| !plan.contains("coalesce(sum("));
            found.retain(|plan| !is_whether_there_is_a_sum(plan));
            found.retain(|plan| !is_on_the_way(query, plan));
            // Who is stranded is owed: that is said in the condition, so that PostgreSQL without statistics begins
            // with all who owe. It has an end by the clock.
            // Nor does it know how many have a part in their name.
            found.retain(|_| statistics || !["?only=stranded", "?q=kim"].contains(&query));
            assert!(seen > 0, "{query}");
            let told = |plan| format!("statistics {statistics}, {query}: {plan}");
            wrong.extend(found.into_iter().map(told));
        }
    }
    assert!(wrong.is_empty(), "{}", Vec::from_iter(wrong).join("\n\n"));
}

/// Whether there are more orders than are summed up: the ten thousand and first is looked for, with no row in vain.
fn is_whether_there_is_a_sum(plan: &str) -> bool {
    let rows = plan
        .strip_prefix("reads ")
        .and_then(|rest| rest.split(' ').next());
    let is_few = rows
        .and_then(|rows| rows.parse().ok())
        .is_some_and(|rows: u64| rows <= 10_001);
    plan.contains("SELECT \"orders\".\"id\" FROM \"orders\"")
        && plan.contains(" OFFSET $")
        && is_few
}

/// The other pages of the shop's people.
const OTHERS: [&str; 17] = [
    "",
    "/cases",
    "/cases?state=resolved",
    "/activity",
    "/activity?tab=attention",
    "/activity?tab=money",
    "/activity?tab=mail",
    "/activity?q=nobody",
    "/mail",
    "/mail?state=bounced",
    "/mail?state=queued",
    "/events",
    "/events?state=failed",
    "/reminders",
    "/suppressions",
    "/visits?from=1999-01-01",
    "/performance?from=1999-01-01",
];

#[test]
fn no_page_reads_on_with_the_number_of_rows() {
    let (database, mut plans) = filled();
    let world = World::on(database, &[]);
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    let mut wrong = BTreeSet::new();
    for statistics in [false, true] {
        if statistics {
            gather(&world);
        }
        plans.skip();
        for page in OTHERS {
            let pages = [(); 3].map(|()| viewer.get(&format!("/ops{page}")));
            let [.., answer] = pages;
            assert_eq!(answer.status, 200, "{page}: {}", answer.body);
            let (mut found, seen) = plans.wrong();
            assert!(seen > 0, "{page}");
            found.retain(|plan| !is_a_figure(plan));
            let told = |plan| format!("statistics {statistics}, {page}: {plan}");
            wrong.extend(found.into_iter().map(told));
        }
    }
    assert!(wrong.is_empty(), "{}", Vec::from_iter(wrong).join("\n\n"));
}

/// Today's figures count orders and carts: of twenty thousand mails at most, and no longer than a moment.
fn is_a_figure(plan: &str) -> bool {
    let is_way = plan.contains("WITH looked_at AS") && !plan.contains("outbox_by_kind");
    let is_mailing = plan.contains("FROM blasts mailing CROSS JOIN LATERAL");
    // What is owed, of ten thousand orders at most.
    let is_owed = plan.contains("LIMIT $1 + 1) newest");
    // Who bought in the weeks of the carts, by an index: never all orders.
    let is_purchases =
        plan.contains("greatest(\"orders\".\"paid_at\"") && !plan.starts_with("reads all of");
    is_way || is_mailing || is_owed || is_purchases || plan.contains("FROM carts")
}
