//! The pages that are asked for.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
use freshmint_benches::world::World;

/// A page, as it is or with a search.
pub struct Asked {
    pub name: &'static str,
    path: &'static str,
}

const fn page(name: &'static str, path: &'static str) -> Asked {
    Asked { name, path }
}

pub const ASKED: [Asked; 48] = [
    page("today", "/ops"),
    page("orders: owed", "/ops/orders"),
    page("orders: all", "/ops/orders?status=all"),
    page("orders: paid", "/ops/orders?status=paid"),
    page(
        "orders: cancelled, five of all",
        "/ops/orders?status=cancelled",
    ),
    page("orders: left carts, five of all", "/ops/orders?status=cart"),
    page(
        "orders: a name that all have",
        "/ops/orders?status=all&q=kim",
    ),
    page(
        "orders: an address that two have",
        "/ops/orders?status=all&q=parent5@",
    ),
    page("orders: a reference", "/ops/orders?status=all&q=CUP-777"),
    page("orders: two letters", "/ops/orders?status=all&q=ki"),
    page("orders: nothing found", "/ops/orders?q=nobody%20at%20all"),
    page("orders: were never mailed", "/ops/orders?only=never_mailed"),
    page(
        "orders: mail came back, five of all",
        "/ops/orders?status=all&only=came_back",
    ),
    page("orders: link not opened", "/ops/orders?only=not_opened"),
    page("orders: left the payment page", "/ops/orders?only=stranded"),
    page("orders: were reminded", "/ops/orders?only=reminded"),
    page(
        "orders: a mailing to twenty",
        "/ops/orders?status=all&blast={small}",
    ),
    page(
        "orders: a large mailing",
        "/ops/orders?status=all&blast={large}",
    ),
    page("an order that is owed", "/ops/orders/{owed}"),
    page("an order that is paid", "/ops/orders/{paid}"),
    page(
        "an order that is to be cancelled",
        "/ops/orders/{owed}/cancel",
    ),
    page("paid list", "/ops/orders/paid"),
    page(
        "paid list of a large mailing",
        "/ops/orders/paid?blast={large}",
    ),
    page("cases", "/ops/cases"),
    page("cases: resolved", "/ops/cases?state=resolved"),
    page("a case", "/ops/cases/{case}"),
    page("activity", "/ops/activity"),
    page("activity: needs somebody", "/ops/activity?tab=attention"),
    page("activity: money", "/ops/activity?tab=money"),
    page("activity: mail", "/ops/activity?tab=mail"),
    page("activity: a word that half have", "/ops/activity?q=created"),
    page("activity: a word that none has", "/ops/activity?q=nobody"),
    page(
        "activity: an address that two have",
        "/ops/activity?q=parent5@",
    ),
    page("mail", "/ops/mail"),
    page("mail: came back, five of all", "/ops/mail?state=bounced"),
    page("mail: waits, none", "/ops/mail?state=queued"),
    page("a mail", "/ops/mail/{mail}"),
    page("events", "/ops/events"),
    page("events: failed", "/ops/events?state=failed"),
    page("reminders", "/ops/reminders"),
    page("suppressions", "/ops/suppressions"),
    page("suppressions: an address", "/ops/suppressions?q=gone5@"),
    page("visits of eight weeks", "/ops/visits"),
    page("visits of a year", "/ops/visits?from=1999-01-01"),
    page("performance of eight weeks", "/ops/performance"),
    page("performance of a year", "/ops/performance?from=1999-01-01"),
    page("settings", "/ops/settings"),
    page("people", "/ops/people"),
];

/// What stands for the ids in a path.
pub type Places = Vec<(&'static str, String)>;

/// Where each is found, among the oldest.
const PLACES: [(&str, &str); 6] = [
    (
        "{owed}",
        "SELECT id::text AS text FROM orders WHERE reference = 'CUP-38'",
    ),
    (
        "{paid}",
        "SELECT id::text AS text FROM orders WHERE reference = 'CUP-31'",
    ),
    (
        "{small}",
        "SELECT id::text AS text FROM blasts ORDER BY id LIMIT 1",
    ),
    (
        "{large}",
        "SELECT id::text AS text FROM blasts ORDER BY id DESC LIMIT 1",
    ),
    (
        "{case}",
        "SELECT id::text AS text FROM cases ORDER BY id LIMIT 1",
    ),
    (
        "{mail}",
        "SELECT id::text AS text FROM outbox ORDER BY id LIMIT 1",
    ),
];

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    text: String,
}

pub fn places(world: &World) -> Places {
    let mut connection = world.connect();
    let find = |(place, query)| {
        let row: Row = sql_query(query).get_result(&mut connection).expect("a row");
        (place, row.text)
    };
    PLACES.map(find).into()
}

impl Asked {
    /// Its address in this database.
    pub fn path(&self, places: &Places) -> String {
        let path = self.path.to_owned();
        let put = |path: String, (place, id): &(&str, String)| path.replace(place, id);
        places.iter().fold(path, put)
    }
}
