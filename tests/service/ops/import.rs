//! A spreadsheet on the pages: handed in, looked at, taken in as it was seen, once.

use chrono::Duration;
use freshmint::{retention, token::Role};

use super::history;
use crate::support::{Answer, Visitor, World, runtime};

const HEADER: &str = "reference,email,name,currency,description,amount\n";

fn flat(answer: &Answer) -> String {
    answer
        .text()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Hands a file in; tells where its page is.
fn hand_in(visitor: &Visitor, content: &[u8], fields: &[(&str, &str)]) -> String {
    let page = visitor.get("/ops/import");
    let sent = visitor.send_file(&page, "/ops/import", ("cup.csv", content), fields);
    assert_eq!(sent.status, 303, "{}", sent.body);
    let to = sent.location().split(['?', '&']).next().unwrap_or_default();
    match fields.iter().any(|(name, _)| *name == "update") {
        true => format!("{to}?update=1"),
        false => to.to_owned(),
    }
}

/// Presses the button that its page has.
fn take_in(visitor: &Visitor, page: &Answer, at: &str, more: &[(&str, &str)]) -> Answer {
    let seen = page.body.split("name=\"seen\" value=\"").nth(1);
    let seen = seen
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_default();
    let mut fields = vec![("seen", seen)];
    if at.ends_with("update=1") {
        fields.push(("update", "1"));
    }
    fields.extend(more);
    let at = at.split('?').next().unwrap_or_default();
    visitor.send(page, at, &fields)
}

fn rows(rows: &str) -> Vec<u8> {
    format!("{HEADER}{rows}").into_bytes()
}

#[test]
fn faults_stand_above_their_cells_and_the_mended_file_is_taken_in_once() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let bad = rows(
        "A,a@example.org,Ann,EUR,Cup,\"1,045.00\"\nB,bo.example.org,Bo,EUR,Cup,45.00\nC,c@example.org,Cy,EUR,Cup,45.00\n",
    );
    let at = hand_in(&visitor, &bad, &[]);
    let page = visitor.get(&at);
    let text = flat(&page);
    assert!(text.contains("2 of 3 lines cannot be taken"), "{text}");
    assert!(
        text.contains("those families would get no mail: Ann , Bo ."),
        "{text}"
    );
    assert!(page.body.contains("<title>Error: "), "{}", page.body);
    assert!(
        text.contains("Line 2: amount: ") && text.contains("Line 3: email: "),
        "{text}"
    );
    assert!(page.body.contains("href=\"#line-3\"") && page.body.contains("id=\"line-3\""));
    assert!(
        text.contains("Take in 1 new, without the 2 lines"),
        "{text}"
    );
    // The mended one takes its place.
    let mended = rows(
        "A,a@example.org,Ann,EUR,Cup,1045.00\nB,bo@example.org,Bo,EUR,Cup,45.00\nC,c@example.org,Cy,EUR,Cup,45.00\n",
    );
    let id = at.rsplit('/').next().unwrap_or_default();
    let sent = visitor.send_file(
        &page,
        "/ops/import",
        ("cup.csv", &mended),
        &[("instead", id)],
    );
    let at = sent
        .location()
        .split('?')
        .next()
        .unwrap_or_default()
        .to_owned();
    assert_eq!(world.count("imports"), 1);
    let page = visitor.get(&at);
    let text = flat(&page);
    assert!(
        text.contains("3 orders would be new") && text.contains("€1,135.00"),
        "{text}"
    );
    assert!(text.contains("Take in 3 new"), "{text}");
    assert_eq!(world.count("orders"), 0, "looking changes nothing");
    let done = take_in(&visitor, &page, &at, &[]);
    assert_eq!(done.status, 303, "{}", done.body);
    let told = flat(&visitor.get(done.location()));
    assert!(
        told.contains("3 orders are new") && told.contains("by Aoife"),
        "{told}"
    );
    assert!(told.contains("Write to the 3 new"), "{told}");
    // The second press, and another window, say that it is done.
    let again = take_in(&visitor, &page, &at, &[]);
    assert!(again.location().contains("again=1"), "{again:?}");
    assert_eq!(world.count("orders"), 3);
    assert_eq!(world.count("imports WHERE content IS NULL"), 1);
    let listed = flat(&visitor.get("/ops/orders?status=all&import=cup.csv"));
    assert!(listed.contains("Ann") && listed.contains("Cy"), "{listed}");
    let log = history(&world).join("\n");
    assert!(
        log.contains("ops:Aoife: a spreadsheet was taken in: 3 orders are new"),
        "{log}"
    );
}

#[test]
fn pasted_rows_are_read_and_good_lines_go_in_without_the_bad_where_somebody_says_so() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let pasted = "reference\temail\tname\tcurrency\tdescription\tamount\r\nA\t\tAnn\tEUR\tCup, U12\t45,00\r\nB\tx\tBo\tEUR\tCup\t1\r\n";
    let at = hand_in(&visitor, b"", &[("rows", pasted)]);
    let page = visitor.get(&at);
    assert!(
        flat(&page).contains("1 of 2 lines cannot be taken"),
        "{}",
        flat(&page)
    );
    // Without a word about the bad ones nothing is done.
    assert_eq!(take_in(&visitor, &page, &at, &[]).status, 409);
    assert_eq!(world.count("orders"), 0);
    let page = visitor.get(&at);
    assert_eq!(
        take_in(&visitor, &page, &at, &[("skip_bad", "1")]).status,
        303
    );
    assert_eq!(
        world.texts("SELECT reference || amount_total AS text FROM orders"),
        ["A4500"]
    );
}

#[test]
fn old_stands_beside_new_and_what_was_seen_is_what_is_done() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let (one, two) = (world.order("ONE"), world.order("TWO"));
    let open = world.click_through(&two);
    let file =
        rows("ONE,,,EUR,Summer cup,40.00\nTWO,,,EUR,Summer cup,40.00\nTHREE,,Zoë,EUR,Cup,1.00\n");
    // Without the tick they are faults, and the page leads to what changing them would do.
    let plain = hand_in(&visitor, &file, &[]);
    let page = visitor.get(&plain);
    assert!(
        page.body.contains(&format!("{plain}?update=1")),
        "{}",
        page.body
    );
    let at = hand_in(&visitor, &file, &[("update", "1")]);
    let page = visitor.get(&at);
    let text = flat(&page);
    assert!(
        text.contains("2 orders would change, 1 would be new"),
        "{text}"
    );
    assert!(text.contains("€45.00 €40.00"), "{text}");
    // One of them is settled meanwhile: it comes to something else, and is shown again.
    world.api(
        Role::Operator,
        reqwest::Method::POST,
        &format!("/orders/{}/settle", one.id),
        Some(serde_json::json!({ "how": "waived" })),
    );
    let again = take_in(&visitor, &page, &at, &[]);
    assert_eq!(again.status, 409);
    let text = flat(&again);
    assert!(
        text.contains("orders have changed since you looked"),
        "{text}"
    );
    assert!(
        text.contains("1 order would change, 1 would be new"),
        "{text}"
    );
    assert!(
        text.contains("was settled without Stripe. The file says €40.00, the order €45.00."),
        "{text}"
    );
    assert_eq!(world.count("orders"), 2);
    let done = take_in(&visitor, &again, &at, &[]);
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(
        world.texts("SELECT reference || amount_total AS text FROM orders ORDER BY reference"),
        ["ONE4500", "THREE100", "TWO4000"]
    );
    assert!(
        world.stripe.pay(&open).is_err(),
        "the old amount cannot be paid"
    );
}

#[test]
fn two_windows_at_once_take_it_in_once() {
    let world = World::new();
    let visitors = ["Aoife", "Tom"].map(|name| Visitor::signed_in(&world, name, Role::Operator));
    let many: String = (0..200)
        .map(|n| format!("M-{n},,,EUR,Cup,1.00\n"))
        .collect();
    let at = hand_in(&visitors[0], &rows(&many), &[]);
    let pages = visitors.each_ref().map(|visitor| visitor.get(&at));
    let done: Vec<u16> = std::thread::scope(|scope| {
        let one = visitors.into_iter().zip(pages).map(|(visitor, page)| {
            let at = at.clone();
            scope.spawn(move || take_in(&visitor, &page, &at, &[]).status)
        });
        let all: Vec<_> = one.collect();
        all.into_iter()
            .map(|one| one.join().expect("it ends"))
            .collect()
    });
    assert_eq!(done, [303, 303]);
    assert_eq!(world.count("orders"), 200);
    assert_eq!(world.count("activity WHERE what LIKE 'a spreadsheet%'"), 1);
}

#[test]
fn an_hour_later_it_is_gone_and_so_is_one_that_names_somebody_who_is_erased() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let file = rows("A,Ann@Example.org,Ann,EUR,Cup,1.00\n");
    let at = hand_in(&visitor, &file, &[]);
    let page = visitor.get(&at);
    assert_eq!(world.command(&["erase", "ann@example.org"]).0, 0);
    assert_eq!((visitor.get(&at).status, world.count("imports")), (404, 0));
    assert_eq!(take_in(&visitor, &page, &at, &[]).status, 404);
    let at = hand_in(&visitor, &file, &[]);
    let page = visitor.get(&at);
    world.pass(Duration::minutes(61));
    assert_eq!(visitor.get(&at).status, 404);
    assert_eq!(take_in(&visitor, &page, &at, &[]).status, 404);
    let pruned = runtime().block_on(retention::prune(&world.app, "test"));
    pruned.expect("the database answers");
    assert_eq!((world.count("imports"), world.count("orders")), (0, 0));
}

#[test]
fn what_is_no_spreadsheet_of_ours_is_refused_in_a_sentence_and_kept_nowhere() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let page = visitor.get("/ops/import");
    let large = vec![b'x'; 10 * 1024 * 1024 + 1];
    let columns = format!("reference{}\n", ",x".repeat(300));
    for (content, status, told) in [
        (&b""[..], 422, "Choose a file"),
        (b"\xff\xfea\0b\0", 422, "not UTF-8"),
        (b"PK\x03\x04\xe2\x28", 422, "not UTF-8"),
        (b"M\xfcller", 422, "not UTF-8"),
        (b"just some words", 422, "must name the columns"),
        (HEADER.as_bytes(), 422, "no lines below"),
        (columns.as_bytes(), 422, "301 columns; at most 256"),
        (&large, 413, "at most 10 MiB"),
    ] {
        let answer = visitor.send_file(&page, "/ops/import", ("x.csv", content), &[]);
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.text().contains(told), "{told}: {}", answer.text());
    }
    // From no page of ours, and no form at all.
    let forged = visitor.post_file(
        "/ops/import",
        ("x.csv", &rows("A,,,EUR,Cup,1\n")),
        &[("csrf", "x")],
    );
    assert_eq!(forged.status, 403);
    assert_eq!(visitor.post("/ops/import", &[("rows", "x")]).status, 403);
    assert_eq!(world.count("imports"), 0);
}

#[test]
fn hostile_cells_are_texts() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let file = rows(
        "=HYPERLINK(1),,<script>alert(1)</script>,EUR,\"<b>Cup\u{202e}\",1.00\n\
         \u{645}\u{631}\u{62d},,\u{5d0}\u{5d1},EUR,Cup,<img src=x>\nZ,,a\u{1b}[2J,EUR,Cup,1.00\n",
    );
    let at = hand_in(&visitor, &file, &[]);
    let page = visitor.get(&at);
    assert_eq!(page.status, 200);
    assert!(
        !page.body.contains("<script>alert")
            && !page.body.contains("<img src")
            && !page.body.contains("<b>Cup")
    );
    assert!(!page.body.contains('\u{1b}'), "{}", page.body);
}

#[test]
fn thousands_of_lines_are_shown_by_pages_and_counted_all() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let many: String = (0..3_000)
        .map(|n| format!("M-{n},,Family {n},EUR,Cup,1.00\n"))
        .collect();
    let at = hand_in(&visitor, &rows(&many), &[]);
    let page = visitor.get(&at);
    assert!(
        flat(&page).contains("3000 orders would be new"),
        "{}",
        flat(&page)
    );
    assert_eq!(page.body.matches("data-label=\"Amount\"").count(), 20);
    let page = visitor.get(&format!("{at}?part=new&page=30"));
    assert_eq!(page.body.matches("data-label=\"Amount\"").count(), 100);
    assert!(page.text().contains("Family 2999"), "{}", page.text());
}
