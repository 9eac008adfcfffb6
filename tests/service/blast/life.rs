//! A mailing from its first word to its last mail.

use serde_json::json;

use super::{
    BODY, SENT, act, approved, done, families, mails, paid, post, preview, set_mail, show, started,
    state, texts, to_all, told, written,
};
use crate::support::World;

#[test]
fn it_is_written_looked_at_approved_started_and_done() {
    let world = World::new();
    let orders = families(&world, 3);
    let id = to_all(&world);
    assert_eq!(state(&world, &id), "draft");
    assert_eq!(preview(&world, &id)["recipients"], 3);
    approved(&world, &id);
    let blast = done(&world, &id, "start");
    assert_eq!(blast["state"], "sending");
    assert!(blast["started_at"].is_string(), "{blast}");
    assert_eq!(
        mails(&world),
        ["CUP-1 queued", "CUP-2 queued", "CUP-3 queued"]
    );

    set_mail(&world, "CUP-1", SENT);
    set_mail(&world, "CUP-2", "state = 'bounced', last_error = '550 no'");
    assert_eq!(state(&world, &id), "sending");
    paid(&world, &orders[2]);
    set_mail(&world, "CUP-3", "state = 'cancelled', skip_reason = 'paid'");
    let blast = show(&world, &id);
    assert_eq!(blast["state"], "done");
    assert_eq!(
        blast["counts"],
        json!({ "total": 3, "queued": 0, "sent": 1, "failed": 0, "bounced": 1, "suppressed": 0,
                "unknown": 0, "skipped_paid": 1, "cancelled": 0 })
    );
}

#[test]
fn it_looks_like_this() {
    let world = World::new();
    families(&world, 1);
    let id = written(
        &world,
        json!({ "references": ["CUP-1"], "per_second": 2.5, "send_at": "2031-05-01T18:00:00+02:00", "remind": false }),
    );
    approved(&world, &id);
    let blast = show(&world, &id);
    texts().bind(|| insta::assert_snapshot!(serde_json::to_string_pretty(&blast).unwrap()));
}

#[test]
fn a_preview_shows_mails_as_they_will_be_and_those_are_what_is_queued() {
    let world = World::new();
    world.order_with(
        "CUP-1",
        json!({ "locale": "de", "name": "Jörg Müller", "metadata": { "team": "U12" },
                "lines": [{ "description": "Startgeld", "unit_amount": 4500, "quantity": 2 },
                          { "description": "Trikot", "unit_amount": 1250 }] }),
    );
    let body = format!(
        "{BODY}\n{{% for line in lines %}}{{{{ line.quantity }}}}x {{% endfor %}}{{{{ meta.team }}}}"
    );
    let id = written(&world, json!({ "references": ["CUP-1"], "body": body }));
    let preview = preview(&world, &id);
    assert_eq!(preview["problems"], json!([]), "{preview}");
    let sample = &preview["samples"][0];
    assert_eq!(sample["to"], "parent@example.org");
    let (subject, body) = (
        sample["subject"].as_str().unwrap(),
        sample["body"].as_str().unwrap(),
    );
    texts().bind(|| insta::assert_snapshot!(format!("Subject: {subject}\n\n{body}")));

    started(&world, &id);
    let queued =
        world.text("SELECT subject || '|' || body AS text FROM outbox WHERE kind = 'blast'");
    assert_eq!(queued, format!("{subject}|{body}"));
}

#[test]
fn five_samples_are_enough() {
    let world = World::new();
    families(&world, 7);
    let preview = preview(&world, &to_all(&world));
    assert_eq!(preview["recipients"], 7);
    let samples = preview["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 5);
    assert_eq!(samples[4]["to"], "parent5@example.org");
}

#[test]
fn the_link_in_a_mail_leads_to_the_checkout() {
    let world = World::new();
    let orders = families(&world, 1);
    let preview = preview(&world, &to_all(&world));
    let body = preview["samples"][0]["body"].as_str().unwrap();
    assert!(body.contains(&orders[0].path), "{body}");
}

#[test]
fn a_test_goes_to_the_shop_alone_and_counts_for_nothing() {
    let world = World::new();
    families(&world, 2);
    let id = to_all(&world);
    let path = format!("/blasts/{id}/test");
    let to = json!({ "to": "treasurer@rovers.example.org" });
    let mail = post(&world, &path, to.clone());
    assert_eq!(mail.status, 200, "{mail:?}");
    assert_eq!(mail.json()["kind"], "test");
    assert_eq!(post(&world, &path, to).status, 200, "as often as one likes");
    assert_eq!(
        world.count("outbox_orders"),
        0,
        "no order's history tells of it"
    );
    let text = world.text(
        "SELECT address || E'\\n' || subject || E'\\n' || body AS text FROM outbox WHERE kind = 'test'",
    );
    assert!(
        text.starts_with("treasurer@rovers.example.org\n[Test] CUP-1: €45.00\nDear Kim"),
        "{text}"
    );
    assert_eq!(show(&world, &id)["counts"]["total"], 0);
    assert_eq!(started(&world, &id)["counts"]["total"], 2);
}

#[test]
fn a_test_needs_a_mail_and_somebody_who_may_be_written_to() {
    let world = World::new();
    families(&world, 1);
    let id = to_all(&world);
    let path = format!("/blasts/{id}/test");
    let wrong = post(&world, &path, json!({ "to": "nobody" }));
    assert_eq!(wrong.status, 422);
    super::unsubscribed(&world, "coach@example.org");
    let listed = post(&world, &path, json!({ "to": "Coach@example.org" }));
    assert!(told(&listed, 409).contains("not written to"));
    let id = written(&world, json!({ "filter": { "status": "paid" } }));
    let to = json!({ "to": "treasurer@rovers.example.org" });
    let nobody = post(&world, &format!("/blasts/{id}/test"), to);
    assert!(told(&nobody, 409).contains("nobody is selected"));
    assert_eq!(world.count("outbox"), 0);
}

#[test]
fn each_step_is_told_in_the_history_without_an_address() {
    let world = World::new();
    families(&world, 1);
    let id = to_all(&world);
    super::change(&world, &id, json!({ "subject": "Fee {{ amount }}" }));
    started(&world, &id);
    for what in ["pause", "resume", "cancel", "cancel"] {
        assert_eq!(act(&world, &id, what).status, 200);
    }
    let lines = world.texts(
        "SELECT what AS text FROM activity WHERE category = 'blast' AND actor LIKE 'api:operator-%' ORDER BY id",
    );
    assert_eq!(
        lines,
        [
            "written",
            "changed",
            "approved",
            "started",
            "paused",
            "resumed",
            "cancelled"
        ]
        .map(|what| format!("mailing {what}: Summer cup"))
    );
    assert_eq!(
        world.count("activity WHERE category = 'blast' AND detail::text LIKE '%@%'"),
        0
    );
}
