//! The look before it goes: every recipient's mail, what is wrong with each, sums and days.

use serde_json::{Value, json};

use super::{families, family, get, preview, problems, started, to_all, unsubscribed, written};
use crate::support::World;

/// Every row, read in pages of two.
fn rows(world: &World, id: &str, query: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(
            world,
            &format!("/blasts/{id}/recipients?limit=2{query}{cursor}"),
        );
        rows.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

#[test]
fn every_recipients_mail_is_there_before_and_after_the_start() {
    let world = World::new();
    families(&world, 7);
    let id = to_all(&world);
    assert!(rows(&world, &id, "")[0].get("subject").is_none());
    let before = rows(&world, &id, "&mail=1");
    assert_eq!(before.len(), 7);
    let samples = preview(&world, &id)["samples"].clone();
    for (row, sample) in before.iter().zip(samples.as_array().unwrap()) {
        for field in ["to", "subject", "body"] {
            assert_eq!(row[field], sample[field]);
        }
    }
    assert!(before[6]["body"].as_str().unwrap().contains("CUP-7"));
    started(&world, &id);
    let after = rows(&world, &id, "&mail=1");
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(
            (&before["subject"], &before["body"]),
            (&after["subject"], &after["body"])
        );
    }
    world.execute("UPDATE outbox SET subject = NULL, body = NULL, address = NULL, state = 'sent', sent_at = now()");
    let erased = rows(&world, &id, "&mail=1");
    assert_eq!(
        (&erased[0]["subject"], &erased[0]["body"]),
        (&json!(null), &json!(null))
    );
}

#[test]
fn three_siblings_are_told_as_such_in_the_preview_and_in_each_row() {
    let world = World::new();
    for child in ["A-1", "A-2", "A-3"] {
        family(&world, child, "parent@example.org");
    }
    family(&world, "B-1", "other@example.org");
    let id = to_all(&world);
    assert_eq!(
        problems(&world, &id),
        ["3 share an address: A-1, A-2, A-3, with a mail for each"]
    );
    let rows = rows(&world, &id, "");
    let told: Vec<&Value> = rows.iter().map(|row| &row["problems"]).collect();
    let siblings = json!(["3 share an address"]);
    assert_eq!(told, [&siblings, &siblings, &siblings, &json!([])]);
}

#[test]
fn what_a_family_would_find_wrong_is_told_by_row() {
    let world = World::new();
    families(&world, 1);
    let owing = |reference: &str, fields: Value| {
        let mut all = json!({ "email": format!("{reference}@example.org") });
        all.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        world.order_with(reference, all)
    };
    let line =
        |amount: i64| json!([{ "description": "Cup", "unit_amount": amount, "quantity": 1 }]);
    owing("CENTS", json!({ "lines": line(49) }));
    owing("NAMELESS", json!({ "name": null }));
    let long = owing("LONG", json!({}));
    owing("SILENT", json!({}));
    unsubscribed(&world, "silent@example.org");
    // As an older version took it.
    world.execute(&format!(
        "UPDATE orders SET metadata = jsonb_build_object('k', repeat('x', 501)) WHERE id = '{}'",
        long.id
    ));
    let id = to_all(&world);
    let told: Vec<String> = rows(&world, &id, "")
        .iter()
        .map(|row| format!("{} {}", row["reference"].as_str().unwrap(), row["problems"]))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    CUP-1 []
    CENTS ["under Stripe's minimum of €0.50, so that it cannot be paid"]
    NAMELESS ["name is empty"]
    LONG ["over Stripe's metadata limits (47 keys of 40 letters, values of 500), so that it cannot be paid"]
    SILENT ["the address is on the do-not-mail list, so it gets no mail"]
    "#);
    insta::assert_snapshot!(problems(&world, &id).join("\n"), @"
    the address is on the do-not-mail list, so it gets no mail: SILENT
    under Stripe's minimum of €0.50, so that it cannot be paid: CENTS
    over Stripe's metadata limits (47 keys of 40 letters, values of 500), so that it cannot be paid: LONG
    name is empty: NAMELESS
    one amount stands out: €0.49 for CENTS; in the middle is €45.00: is a comma misplaced?
    ");
}

#[test]
fn the_preview_tells_sums_by_currency_and_how_many_days_it_takes() {
    let world = World::with(&[("MAIL_PER_DAY", "2")]);
    families(&world, 4);
    let swiss = json!({ "email": "ch@example.org", "currency": "chf" });
    world.order_with("SWISS", swiss);
    let preview = preview(&world, &to_all(&world));
    assert_eq!(
        (&preview["recipients"], &preview["orders"], &preview["days"]),
        (&json!(5), &json!(5), &json!(3))
    );
    assert_eq!(preview["amounts"], json!({ "eur": 18_000, "chf": 4_500 }));
    let nobody = written(&world, json!({ "filter": { "status": "paid" } }));
    let nobody = super::preview(&world, &nobody);
    assert_eq!(
        (&nobody["amounts"], &nobody["days"]),
        (&json!({}), &json!(0))
    );
}

#[test]
fn a_page_reads_no_more_than_itself() {
    let world = World::new();
    families(&world, 1);
    world.execute(
        "INSERT INTO orders (id, content_hash, reference, email, name, locale, currency, amount_total, lines, mode, created_at) \
         SELECT gen_random_uuid(), '', 'MANY-' || n, CASE WHEN n > 2970 THEN 'many' || n || '@example.org' END, 'Kim ' || n, \
             locale, currency, amount_total, lines, mode, created_at FROM orders, generate_series(2, 3000) n",
    );
    let id = to_all(&world);
    // Most have no address, so that a page is looked for over many of them.
    let all = rows(&world, &id, "&mail=1");
    assert_eq!(all.len(), 31);
    assert_eq!(preview(&world, &id)["recipients"], 31);
}
