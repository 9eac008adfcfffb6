//! More orders than a list looks up first are gone by what is noted of them; and those that something has happened
//! to since, which is not noted yet, are in whatever is made of the list.

use freshmint::token::Role;
use reqwest::Method;

use crate::support::{Order, Visitor, World, browser::Answer};

/// So many that the list is not made of them.
const NOTED: usize = 1_100;

/// Bills that a server took a mail about, of which a worker has noted that nobody has opened it.
fn noted(world: &World) {
    world.order("CUP-0");
    world.execute(&format!(
        "INSERT INTO orders (id, content_hash, reference, import, locale, currency, amount_total, lines, mode, created_at) \
         SELECT gen_random_uuid(), 'x', 'CUP-' || n, CASE WHEN n <= 5 THEN 'autumn.csv' END, locale, currency, amount_total, \
             lines, mode, created_at FROM orders, generate_series(1, {NOTED}) n",
    ));
    world.execute(
        "INSERT INTO outbox (id, kind, address, address_hash, subject, body, message_id, state, handed_over, sent_at, \
             created_at, queued_at, not_before) \
         SELECT id, 'link', 'parent@example.org', decode(repeat('00', 16), 'hex'), 's', 'b', id::text, 'sent', true, \
             now(), now(), now(), now() FROM orders WHERE reference <> 'CUP-0'",
    );
    world.execute(
        "INSERT INTO outbox_orders (mail_id, order_id, kind, version, link_version) \
         SELECT id, id, 'link', 1, 1 FROM orders WHERE reference <> 'CUP-0'",
    );
}

/// One that was mailed after a worker had last looked.
fn mailed_since(world: &World) -> Order {
    let late = world.order("LATE");
    world.execute("UPDATE orders SET import = 'autumn.csv' WHERE reference = 'LATE'");
    world.write_news();
    world.queue_link(&late);
    world.carry();
    let marked = "order_news WHERE may_be_unopened";
    assert_eq!(world.count(marked), NOTED, "LATE is not noted");
    late
}

fn here(answer: &Answer) -> Vec<String> {
    let cells = answer.body.split("<bdi>").skip(1);
    let cells = cells.filter_map(|rest| rest.split("</bdi>").next());
    let is_reference = |cell: &&str| cell.starts_with("CUP-") || *cell == "LATE";
    cells.filter(is_reference).map(str::to_owned).collect()
}

/// The references on all pages of the list.
fn on_the_pages(visitor: &Visitor, query: &str) -> Vec<String> {
    let (mut seen, mut path) = (Vec::new(), format!("/ops/orders?{query}"));
    while !path.is_empty() {
        let page = visitor.get(&path);
        seen.extend(here(&page));
        let older = page.body.split("href=\"").find(|it| it.contains(">Older<"));
        path = older.map_or_else(String::new, |it| {
            it.split('"')
                .next()
                .unwrap_or_default()
                .replace("&amp;", "&")
        });
    }
    seen
}

/// The references on all pages of the API.
fn in_the_api(world: &World, query: &str) -> Vec<String> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/orders?{query}&limit=200{cursor}");
        let page = world.api(Role::Viewer, Method::GET, &path, None).json();
        let rows = page["data"].as_array().expect("a list").iter();
        seen.extend(rows.filter_map(|row| Some(row["reference"].as_str()?.to_owned())));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return seen,
        }
    }
}

/// Whom a mailing is for that is begun from the list.
fn of_a_mailing(visitor: &Visitor, query: &str) -> Vec<String> {
    let page = visitor.get(&format!("/ops/blasts/new?{query}"));
    assert_eq!(page.status, 200, "{}", page.text());
    let html = scraper::Html::parse_document(&page.body);
    let area = scraper::Selector::parse("textarea[name=references]").expect("a selector");
    let area = html.select(&area).next().expect("whom it is for");
    let text: String = area.text().collect();
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn of_more_than_a_thousand_all_are_in_the_list_its_sum_its_file_and_its_mailing() {
    let world = World::with_mailbox(&[]);
    noted(&world);
    let late = mailed_since(&world);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let every_one = |mut found: Vec<String>, from: &str| {
        assert_eq!(found.len(), NOTED + 1, "{from}");
        assert!(found.contains(&late.reference), "{from}");
        found.sort();
        found.dedup();
        assert_eq!(found.len(), NOTED + 1, "{from}: each once");
    };
    every_one(on_the_pages(&visitor, "only=not_opened"), "the pages");
    every_one(in_the_api(&world, "not_opened=true"), "the API");
    let file = visitor.get("/ops/orders.csv?only=not_opened").body;
    let file = file
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next());
    every_one(file.map(str::to_owned).collect(), "the file");
    let page = visitor.get("/ops/orders?only=not_opened").text();
    let sum = "1101 owed, €49,545.00 in all";
    assert!(page.contains(sum), "{page}");
    let autumn = ["CUP-1", "CUP-2", "CUP-3", "CUP-4", "CUP-5", "LATE"];
    let only = "only=not_opened&import=autumn.csv";
    assert_eq!(of_a_mailing(&visitor, only), autumn);
    let mut shown = on_the_pages(&visitor, only);
    shown.sort();
    assert_eq!(shown, autumn);
    // It is opened, and in none of them any more, noted or not.
    world.click(&late);
    world.write_looks();
    assert_eq!(of_a_mailing(&visitor, only), autumn[..5]);
}
