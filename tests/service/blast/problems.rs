//! What a preview warns of, and what stands in the way of an approval.

use serde_json::json;

use super::{
    approve, families, family, paid, post, preview, problems, started, told, unsubscribed, written,
};
use crate::support::World;

/// The problems of a mailing to every order with these words, and what an approval says.
fn with_words(world: &World, words: serde_json::Value) -> (Vec<String>, u16) {
    let mut fields = json!({ "filter": {} });
    fields
        .as_object_mut()
        .unwrap()
        .extend(words.as_object().unwrap().clone());
    let id = written(world, fields);
    (problems(world, &id), approve(world, &id).status)
}

#[test]
fn a_mailing_without_problems_has_none() {
    let world = World::new();
    families(&world, 2);
    assert_eq!(with_words(&world, json!({})), (vec![], 200));
}

#[test]
fn an_unknown_name_is_a_problem_and_not_an_empty_string() {
    let world = World::new();
    families(&world, 1);
    for (field, template) in [
        ("body", "Dear {{ nmae }}: {{ pay_url }}"),
        ("body", "{% if false %}{{ nmae }}{% endif %}{{ pay_url }}"),
        ("subject", "Dear {{ nmae }}"),
    ] {
        let id = written(&world, json!({ "filter": {}, field: template }));
        let preview = preview(&world, &id);
        let problem = preview["problems"][0].as_str().unwrap();
        assert!(
            problem.contains(&format!("the {field} has the unknown name nmae")),
            "{problem}"
        );
        assert_eq!(
            (&preview["recipients"], &preview["samples"]),
            (&json!(0), &json!([]))
        );
        assert!(told(&approve(&world, &id), 409).contains("nmae"));
        let test = json!({ "to": "treasurer@rovers.example.org" });
        assert!(told(&post(&world, &format!("/blasts/{id}/test"), test), 409).contains("nmae"));
    }
    assert_eq!(world.count("outbox"), 0);
}

#[test]
fn a_template_that_is_none_or_goes_round_in_circles_is_refused() {
    let world = World::new();
    families(&world, 50);
    let loops =
        "{{ pay_url }}{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    for (body, said) in [
        ("{{ pay_url", "cannot be filled"),
        ("{% for x in lines %}{{ pay_url }}", "cannot be filled"),
        (loops, "too many steps"),
    ] {
        let (problems, approval) = with_words(&world, json!({ "body": body }));
        assert!(
            problems.len() == 1 && problems[0].contains(said),
            "{problems:?}"
        );
        assert_eq!(approval, 409, "{body}");
    }
}

#[test]
fn a_key_that_some_order_lacks_names_it_and_the_others_get_their_mail() {
    let world = World::new();
    world.order_with(
        "CUP-1",
        json!({ "metadata": { "team": "U12" }, "email": "a@example.org" }),
    );
    world.order_with("CUP-2", json!({ "email": "b@example.org" }));
    let body = json!({ "body": "{{ meta.team }} {{ pay_url }}" });
    let (problems, approval) = with_words(&world, body);
    assert_eq!(
        problems,
        ["meta.team is missing in CUP-2, which therefore get no mail"]
    );
    assert_eq!(approval, 200);
    let guarded = json!({ "body": "{{ meta.team | default('all') }} {{ pay_url }}" });
    assert_eq!(with_words(&world, guarded), (vec![], 200));
}

#[test]
fn a_body_without_the_link_is_refused() {
    let world = World::new();
    world.order_with("CUP-1", json!({ "email": "a@example.org" }));
    world.order_with("CUP-2", json!({ "email": "b@example.org", "locale": "de" }));
    let (problems, approval) = with_words(&world, json!({ "body": "Dear {{ name }}" }));
    assert_eq!(approval, 409);
    assert!(problems[0].contains("no {{ pay_url }}"), "{problems:?}");
    let some = json!({ "body": "{% if reference == 'CUP-1' %}{{ pay_url }}{% endif %}" });
    let (problems, approval) = with_words(&world, some);
    assert_eq!(approval, 409);
    assert!(
        problems[0].contains("for CUP-2 have no pay link"),
        "{problems:?}"
    );
}

#[test]
fn who_gets_no_mail_is_named_with_the_reason() {
    let world = World::new();
    let orders = families(&world, 2);
    paid(&world, &orders[0]);
    world.order_with("NO-ADDRESS", json!({ "email": null }));
    family(&world, "SILENT", "silent@example.org");
    unsubscribed(&world, "SILENT@example.org");
    let id = written(&world, json!({ "filter": {} }));
    let preview = preview(&world, &id);
    insta::assert_snapshot!(serde_json::to_string_pretty(&preview["problems"]).unwrap());
    assert_eq!(preview["recipients"], 2, "the suppressed one is told of");
    started(&world, &id);
    assert_eq!(
        super::mails(&world),
        ["CUP-2 queued", "SILENT suppressed suppressed"]
    );
}

#[test]
fn a_family_with_several_orders_is_told_of_by_references() {
    let world = World::new();
    family(&world, "A-1", "a@example.org");
    family(&world, "A-2", "A@example.org");
    family(&world, "B-1", "b@example.org");
    let (problems, approval) = with_words(&world, json!({}));
    assert_eq!(
        problems,
        ["2 share an address: A-1, A-2, with a mail for each"]
    );
    assert_eq!(approval, 200);
}

#[test]
fn a_mailing_to_nobody_is_not_approved() {
    let world = World::new();
    let (problems, approval) = with_words(&world, json!({}));
    assert_eq!(
        (problems[0].contains("nobody is selected"), approval),
        (true, 409)
    );
    let orders = families(&world, 1);
    paid(&world, &orders[0]);
    let id = written(&world, json!({ "references": ["CUP-1"] }));
    let why = told(&approve(&world, &id), 409);
    assert!(
        why.contains("nobody would get") && why.contains("not open, so no mail: CUP-1"),
        "{why}"
    );
}

#[test]
fn a_cart_of_the_shops_own_checkout_is_no_bill() {
    let world = World::new();
    families(&world, 2);
    world.execute("UPDATE orders SET kind = 'recovered' WHERE reference = 'CUP-1'");
    let id = written(&world, json!({ "filter": {} }));
    assert_eq!(preview(&world, &id)["recipients"], 1);
    let named = post(
        &world,
        "/blasts",
        super::fields(json!({ "references": ["CUP-1"] })),
    );
    assert_eq!(named.status, 422);
}

#[test]
fn a_filter_takes_what_has_the_status_and_all_of_the_metadata() {
    let world = World::new();
    for (reference, metadata) in [
        ("BOTH", json!({ "team": "U12", "year": "2026" })),
        ("ONE", json!({ "team": "U12" })),
        ("OTHER", json!({ "team": "U13", "year": "2026" })),
        ("NONE", json!({})),
    ] {
        world.order_with(reference, json!({ "metadata": metadata }));
    }
    for (filter, count) in [
        (json!({}), 4),
        (json!({ "status": "open" }), 4),
        (json!({ "status": "paid" }), 0),
        (json!({ "metadata": { "team": "U12" } }), 2),
        (
            json!({ "status": "open", "metadata": { "team": "U12", "year": "2026" } }),
            1,
        ),
        (json!({ "status": null, "metadata": null }), 4),
    ] {
        let id = written(&world, json!({ "filter": filter }));
        assert_eq!(preview(&world, &id)["recipients"], count, "{filter}");
    }
}

#[test]
fn a_pay_link_that_runs_into_the_next_word_is_told() {
    let world = World::new();
    families(&world, 1);
    let body = json!({ "references": ["CUP-1"], "body": "Pay {{ pay_url }}now" });
    let id = written(&world, body);
    let problems = preview(&world, &id)["problems"].to_string();
    assert!(
        problems.contains("the pay link runs into other letters") && problems.contains("CUP-1"),
        "{problems}"
    );
}
