//! Orders by what they met with, and as a file.

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use super::{act, get, lists::references, post, problem, token};
use crate::{
    mailbox::{Action, Rule, Stage},
    support::{Order, World, browser::runtime},
};

fn found(world: &World, query: &str) -> Vec<String> {
    let page = get(world, &format!("/orders?{query}"));
    assert_eq!(page.status, 200, "{page:?}");
    references(&page.json())
}

fn send(world: &World, order: &Order) {
    assert_eq!(act(world, order, "send", json!({})).status, 201);
}

fn order(world: &World, reference: &str) -> Order {
    let email = format!("{}@example.org", reference.to_lowercase());
    world.order_with(reference, json!({ "email": email }))
}

#[test]
fn orders_are_found_by_what_became_of_their_mail() {
    let world = World::with_mailbox(&[]);
    let [never, back, unread, looked, left] =
        ["NEVER", "BACK", "UNREAD", "LOOKED", "LEFT"].map(|reference| order(&world, reference));
    let fresh = found(&world, "never_mailed=true");
    assert_eq!(fresh, ["LEFT", "LOOKED", "UNREAD", "BACK", "NEVER"]);
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Recipient,
        recipient: Some("back@example.org".to_owned()),
        action: Action::Reply(550, "5.2.1 not today".to_owned()),
        times: None,
    }]);
    for order in [&back, &unread, &looked, &left] {
        send(&world, order);
    }
    assert_eq!(
        found(&world, "never_mailed=true"),
        ["NEVER"],
        "a mail that waits counts"
    );
    assert_eq!(
        found(&world, "not_opened=true"),
        Vec::<String>::new(),
        "not before it is out"
    );
    world.carry();
    assert_eq!(found(&world, "never_mailed=true"), ["NEVER"]);
    assert_eq!(found(&world, "came_back=true"), ["BACK"]);
    assert_eq!(
        found(&world, "not_opened=true"),
        ["LEFT", "LOOKED", "UNREAD"]
    );
    // A machine's look is nobody's; a click is somebody's before its look is written.
    let preview = [("user-agent", "WhatsApp/2.23.20.0")];
    world.ask(Method::GET, &unread.path, &preview);
    world.abandon(&left);
    assert_eq!(found(&world, "not_opened=true"), ["LOOKED", "UNREAD"]);
    world.click(&looked);
    world.write_looks();
    assert_eq!(found(&world, "not_opened=true"), ["UNREAD"]);
    assert_eq!(found(&world, "stranded=true"), ["LEFT"]);
    assert_eq!(found(&world, "reminded=true"), Vec::<String>::new());
    world.pass(Duration::hours(2));
    world.carry();
    assert_eq!(found(&world, "reminded=true"), ["LEFT"]);
    // Filters meet.
    assert_eq!(found(&world, "reminded=true&q=left"), ["LEFT"]);
    assert_eq!(
        found(&world, "reminded=true&came_back=true"),
        Vec::<String>::new()
    );
    assert_eq!(found(&world, "came_back=false").len(), 5);
    // The newest mail counts.
    world.mailbox().set_rules(Vec::new());
    send(&world, &back);
    world.carry();
    assert_eq!(found(&world, "came_back=true"), Vec::<String>::new());
    let _ = never;
    problem(&get(&world, "/orders?came_back=perhaps"), 400);
}

#[test]
fn a_file_has_all_orders_of_the_list_and_no_formula_and_no_link() {
    let world = World::new();
    let odd = json!({ "name": "=HYPERLINK(\"x\")", "email": null });
    world.order_with("-1+2", odd);
    let paid = world.order_with("CUP-2", json!({ "name": "O'Neil, \"Kim\"" }));
    world.stripe.pay(&world.click_through(&paid)).expect("open");
    world.deliver();
    let file = get(&world, "/orders.csv");
    assert_eq!(file.status, 200, "{file:?}");
    assert!(
        file.header("content-type").starts_with("text/csv"),
        "{file:?}"
    );
    assert!(
        file.header("content-disposition").starts_with("attachment"),
        "{file:?}"
    );
    let lines: Vec<&str> = file.body.lines().collect();
    assert_eq!(
        lines[0],
        "reference,name,email,status,kind,currency,amount,description,created_at,closed_at,settled_how,refunded,id"
    );
    assert!(
        lines[1].starts_with("CUP-2,\"O'Neil, \"\"Kim\"\"\",parent@example.org,paid,billed,eur,45.00,\"Summer cup, U12\",20"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].starts_with("'-1+2,\"'=HYPERLINK(\"\"x\"\")\",,open,"),
        "{}",
        lines[2]
    );
    assert_eq!((lines.len(), file.body.contains("/pay/")), (3, false));
    let narrow = get(&world, "/orders.csv?status=paid&pay_url=true");
    assert!(narrow.body.contains(&paid.path), "{narrow:?}");
    assert_eq!(narrow.body.lines().count(), 2);
    problem(&get(&world, "/orders.csv?status=lost"), 400);
    // The command writes the same, in the shop's time.
    let (code, exported, said) = world.command(&["orders", "export"]);
    let exported: Vec<&str> = exported.lines().collect();
    assert_eq!(
        (code, exported.len(), exported[0]),
        (0, 3, lines[0]),
        "{said}"
    );
    assert_eq!(said, "2 orders written.\n");
    let until_its_time = |line: &str| line.split(",20").next().expect("a cell").to_owned();
    assert_eq!(until_its_time(exported[1]), until_its_time(lines[1]));
    let (_, paid, _) = world.command(&["orders", "export", "--status", "paid"]);
    assert_eq!(paid, format!("{}\n{}\n", exported[0], exported[1]));
}

#[test]
fn the_command_exports_times_as_the_shop_reads_them() {
    let world = World::new();
    world.order("CUP-1");
    world.execute("UPDATE orders SET created_at = '2026-07-01 12:00Z'");
    for (zone, local) in [
        ("UTC", "2026-07-01 12:00"),
        ("Europe/Dublin", "2026-07-01 13:00"),
    ] {
        let (code, file, said) = world.command(&["orders", "export", "--time-zone", zone]);
        assert_eq!(code, 0, "{said}");
        assert!(file.contains(&format!(",{local},")), "{zone}: {file}");
    }
    let (code, _, said) = world.command(&["orders", "export", "--time-zone", "Dublin"]);
    assert_eq!(code, 2);
    assert!(said.contains("IANA"), "{said}");
}

#[test]
fn a_list_and_a_file_of_the_command_take_the_same_filters() {
    let world = World::new();
    let (mailed, _) = (world.order("CUP-1"), world.order("CUP-2"));
    post(&world, &format!("/orders/{}/send", mailed.id), json!({}));
    let references = |arguments: &[&str]| {
        let found = |command: &str| {
            let (code, out, said) = world.command(&[&["orders", command], arguments].concat());
            assert_eq!(code, 0, "{said}");
            let cells = out.lines().map(|line| line.split([',', ' ']).next());
            let cells = cells.map(|cell| cell.unwrap_or_default().to_owned());
            cells
                .filter(|cell| cell.starts_with("CUP-"))
                .collect::<Vec<_>>()
        };
        let listed = found("list");
        assert_eq!(listed, found("export"), "{arguments:?}");
        listed
    };
    assert_eq!(references(&[]), ["CUP-2", "CUP-1"]);
    assert_eq!(references(&["--never-mailed"]), ["CUP-2"]);
    assert!(references(&["--stranded"]).is_empty());
    assert!(references(&["--kind", "recovered"]).is_empty());
    assert!(references(&["--email", "other@example.org"]).is_empty());
    let blast = json!({ "name": "Fees", "subject": "Fee", "body": "{{ pay_url }} {{ unsubscribe_url }}", "references": ["CUP-1"] });
    let id = post(&world, "/blasts", blast).json()["id"].clone();
    let path = format!("/blasts/{}", id.as_str().expect("an id"));
    assert!(references(&["--blast", "Fees"]).is_empty());
    let shown = post(&world, &format!("{path}/preview"), json!({})).json();
    let approval = json!({ "content_hash": shown["content_hash"] });
    let approved = post(&world, &format!("{path}/approve"), approval);
    assert_eq!(approved.status, 200, "{approved:?}");
    assert_eq!(references(&["--blast", "Fees"]), ["CUP-1"]);
    assert!(references(&["--blast", "Fees", "--never-mailed"]).is_empty());
    // The API and its file take a name, too.
    assert_eq!(found(&world, "blast=Fees"), ["CUP-1"]);
    assert!(found(&world, "blast=Fees&status=paid").is_empty());
    assert!(
        get(&world, "/orders.csv?blast=Fees")
            .body
            .contains("\nCUP-1,")
    );
    problem(&get(&world, "/orders?blast=Others"), 400);
    for command in ["list", "export"] {
        let (code, out, said) = world.command(&["orders", command, "--blast", "Others"]);
        assert_eq!((code, out.as_str()), (1, ""));
        assert!(said.contains("freshmint blast list"), "{said}");
    }
}

#[test]
fn a_file_goes_on_behind_what_is_read_at_once() {
    let world = World::new();
    world.order("CUP-0");
    world.execute(
        "INSERT INTO orders (id, content_hash, reference, locale, currency, amount_total, lines, mode, created_at) \
         SELECT gen_random_uuid(), 'x', 'MORE-' || n, locale, currency, amount_total, lines, mode, created_at \
         FROM orders, generate_series(1, 1000) n",
    );
    let lines = |query: &str| {
        get(&world, &format!("/orders.csv{query}"))
            .body
            .lines()
            .count()
    };
    assert_eq!(lines(""), 1_002);
    assert_eq!(lines("?q=more-99"), 12);
    assert_eq!(lines("?status=paid"), 1);
    let (code, exported, _) = world.command(&["orders", "export"]);
    assert_eq!((code, exported.lines().count()), (0, 1_002));
}

#[test]
fn a_file_that_loses_its_database_is_cut_and_not_short() {
    let world = World::new();
    world.order("CUP-0");
    // The first five hundred can be read, and then one that nobody can.
    world.execute(
        "INSERT INTO orders (id, content_hash, reference, locale, currency, amount_total, lines, mode, created_at) \
         SELECT ('f0000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'x', 'MORE-' || n, locale, currency, amount_total, lines, mode, created_at \
         FROM orders, generate_series(1, 600) n",
    );
    world.execute(
        "UPDATE orders SET lines = '[{\"unit_amount\": \"odd\"}]' WHERE reference = 'CUP-0'",
    );
    let bearer = format!("Bearer {}", token(&world, Role::Viewer));
    let url = format!("{}/api/v1/orders.csv", world.url());
    let whole = runtime().block_on(async {
        let request = crate::support::browser::client().get(url);
        let response = request
            .header("authorization", bearer)
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 200);
        response.text().await
    });
    assert!(whole.is_err(), "nobody takes a part for the whole");
}
