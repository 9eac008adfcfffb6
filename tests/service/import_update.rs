//! `orders import --update`: what stands with other content is changed, and nobody can pay the old amount.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use crate::{
    import::import,
    simulator::{Call, Fault},
    support::World,
};

const HEADER: &str = "reference,email,name,currency,description,amount,meta.team\n";

fn file(rows: &str) -> Vec<u8> {
    format!("{HEADER}{rows}").into_bytes()
}

fn stands(world: &World) -> Vec<String> {
    world.texts(
        "SELECT reference || ' ' || coalesce(email, '') || ' ' || amount_total || ' ' || status || ' v' || version || metadata::text AS text \
         FROM orders ORDER BY reference",
    )
}

#[test]
fn other_content_is_changed_after_a_table_of_old_and_new_and_the_link_stays() {
    let world = World::new();
    let before =
        file("A,a@example.org,Ann,EUR,Cup,45.00,U12\nB,b@example.org,Bo,EUR,Cup,45.00,U10\n");
    import(&world, &before, &[]);
    let link = world.command(&["link", "A"]).1;
    let after = file(
        "A,ann@example.org,Ann,EUR,Cup,40.00,U12\nB,b@example.org,Bo,EUR,Cup,45.00,U10\nC,,,EUR,Cup,5.00,\n",
    );
    let (code, _, said) = import(&world, &after, &[]);
    assert!(code == 1 && said.contains("--update"), "{said}");
    let (code, out, _) = import(&world, &after, &["--update", "--dry-run"]);
    assert_eq!(code, 0);
    assert!(out.contains("line 2: A: changed"), "{out}");
    assert!(
        stands(&world)[0].contains("a@example.org 4500 open v1"),
        "{out}"
    );
    let (code, out, said) = import(&world, &after, &["--update"]);
    assert_eq!((code, said.as_str()), (0, ""));
    let lines: Vec<String> = out
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        lines,
        [
            "ORDER WHAT NOW WOULD BE",
            "A email a@example.org ann@example.org",
            "A amount €45.00 €40.00",
            "1 created, 1 changed, 1 unchanged, 0 left alone, 0 bad"
        ]
    );
    assert_eq!(world.command(&["link", "A"]).1, link);
    assert_eq!(
        stands(&world),
        [
            "A ann@example.org 4000 open v2{\"team\": \"U12\"}",
            "B b@example.org 4500 open v1{\"team\": \"U10\"}",
            "C  500 open v1{}"
        ]
    );
    // Said again it is so already.
    let (_, out, _) = import(&world, &after, &["--update"]);
    assert_eq!(
        out,
        "0 created, 0 changed, 3 unchanged, 0 left alone, 0 bad\n"
    );
    let line = world.text("SELECT what || detail::text AS text FROM activity WHERE order_id IS NULL ORDER BY id DESC LIMIT 1");
    assert!(
        line.starts_with("a spreadsheet was taken in: 1 order is new, 1 was changed"),
        "{line}"
    );
    assert!(!line.contains('@'), "{line}");
}

#[test]
fn what_is_paid_cancelled_or_settled_is_left_alone_and_listed() {
    let world = World::new();
    let orders = ["PAID", "GONE", "WAIVED", "OPEN"].map(|reference| world.order(reference));
    world
        .stripe
        .pay(&world.click_through(&orders[0]))
        .expect("open");
    world.deliver();
    for (order, path, body) in [
        (&orders[1], "cancel", json!({})),
        (&orders[2], "settle", json!({ "how": "waived" })),
    ] {
        let path = format!("/orders/{}/{path}", order.id);
        assert_eq!(
            world
                .api(Role::Operator, Method::POST, &path, Some(body))
                .status,
            200
        );
    }
    let before = stands(&world);
    let rows = "PAID,,,EUR,Cup,1.00,\nGONE,,,EUR,Cup,1.00,\nWAIVED,,,EUR,Cup,1.00,\nOPEN,,,EUR,Cup,1.00,\n";
    let (code, out, said) = import(&world, &file(rows), &["--update"]);
    assert_eq!((code, said.as_str()), (0, ""), "{out}");
    for told in [
        "left alone: it is paid",
        "left alone: it is cancelled",
        "left alone: it is settled_offline",
        "0 created, 1 changed, 0 unchanged, 3 left alone, 0 bad",
    ] {
        assert!(out.contains(told), "{told}: {out}");
    }
    let after = stands(&world);
    assert_eq!(
        before.iter().filter(|order| after.contains(order)).count(),
        3
    );
}

#[test]
fn an_open_checkout_is_closed_first_and_nobody_pays_the_old_amount() {
    let world = World::new();
    let order = world.order("OPEN");
    let session = world.click_through(&order);
    let rows = file("OPEN,,,EUR,Cup,1.00,\n");
    // Stripe does not say: nothing has changed.
    world
        .stripe
        .inject(Call::Any, Fault::ResetBefore, usize::MAX);
    let before = stands(&world);
    let (code, _, said) = import(&world, &rows, &["--update"]);
    assert!(
        code == 1 && said.contains("Nothing was changed: Stripe"),
        "{said}"
    );
    assert_eq!(stands(&world), before);
    world.stripe.clear_faults();
    let (code, out, said) = import(&world, &rows, &["--update"]);
    assert_eq!((code, said.as_str()), (0, ""), "{out}");
    assert!(
        world.stripe.pay(&session).is_err(),
        "the old amount cannot be paid"
    );
    let fresh = world.click_through(&order);
    let fresh = world.stripe.session(&fresh).expect("a session");
    assert_eq!(fresh["amount_total"], 100);
}

#[test]
fn whoever_has_paid_meanwhile_is_left_alone() {
    let world = World::new();
    let order = world.order("OPEN");
    // Stripe has the money, and its message has not come.
    world
        .stripe
        .pay(&world.click_through(&order))
        .expect("open");
    let (code, out, said) = import(&world, &file("OPEN,,,EUR,Cup,1.00,\n"), &["--update"]);
    assert_eq!((code, said.as_str()), (0, ""), "{out}");
    assert!(
        out.contains("0 changed, 0 unchanged, 1 left alone"),
        "{out}"
    );
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn of_two_at_once_one_changes_each_order_and_a_bad_line_undoes_all() {
    let world = World::new();
    let row = |amount: &'static str| move |n: usize| format!("M-{n},,,EUR,Cup,{amount},\n");
    let rows = |amount| (0..300).map(row(amount)).collect::<String>();
    import(&world, &file(&rows("45.00")), &[]);
    let bad = file(&format!("{}X,,,EUR,Cup,nothing,\n", rows("46.00")));
    assert_eq!(import(&world, &bad, &["--update"]).0, 1);
    assert_eq!(world.count("orders WHERE amount_total = 4500"), 300);
    let dearer = file(&rows("46.00"));
    let both: Vec<(String, String)> = std::thread::scope(|scope| {
        let one = || import(&world, &dearer, &["--update"]);
        let both = [scope.spawn(one), scope.spawn(one)];
        let both = both.map(|one| one.join().expect("it ends"));
        both.map(|(_, out, said)| (out, said)).into()
    });
    let last = |out: &str| out.lines().last().unwrap_or_default().to_owned();
    let mut ends: Vec<(String, &str)> = both
        .iter()
        .map(|(out, said)| (last(out), said.as_str()))
        .collect();
    ends.sort();
    let end = |changed, unchanged| {
        format!("0 created, {changed} changed, {unchanged} unchanged, 0 left alone, 0 bad")
    };
    assert_eq!(ends, [(end(0, 300), ""), (end(300, 0), "")]);
    assert_eq!(world.count("orders WHERE version = 2"), 300);
}

#[test]
fn the_api_takes_a_file_in_one_call() {
    let world = World::new();
    let send = |role: Role, query: &str, body: &[u8]| {
        let bearer = format!("Bearer {}", world.token(role).expose());
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "text/csv"),
        ];
        let body = String::from_utf8_lossy(body);
        world.post_body(&format!("/api/v1/imports{query}"), &headers, &body)
    };
    let post = |query: &str, body: &[u8]| send(Role::Operator, query, body);
    let rows = file("A,a@example.org,Ann,EUR,Cup,45.00,U12\n");
    let answer = post("?file=cup.csv&dry_run=true", &rows);
    assert_eq!(
        (answer.status, world.count("orders")),
        (200, 0),
        "{answer:?}"
    );
    let answer = post("?file=cup.csv", &rows);
    assert_eq!(answer.status, 200, "{answer:?}");
    let told = answer.json();
    assert_eq!(
        (&told["import"], &told["counts"]["created"]),
        (&json!("cup.csv"), &json!(1))
    );
    let dearer = file("A,a@example.org,Ann,EUR,Cup,46.00,U12\n");
    let answer = post("", &dearer);
    assert_eq!(answer.status, 422, "{answer:?}");
    assert!(answer.body.contains("update=true"), "{answer:?}");
    let told = post("?update=true", &dearer).json();
    assert_eq!(
        told["changed"][0]["changes"][0],
        json!({ "field": "amount", "before": "€45.00", "after": "€46.00" })
    );
    let viewer = send(Role::Viewer, "", &rows);
    assert_eq!(viewer.status, 403);
    assert_eq!(post("", b"reference\n").status, 422);
    let large = vec![b' '; 10 * 1024 * 1024 + 1];
    assert_eq!(post("", &large).status, 413);
}
