//! A mailing that should not have gone is recalled: nothing more of it goes, and its links say why.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    BODY, SENT, approve, done, families, get, mails, post, preview, set_mail, show, started, state,
    to_all, told, wave::look,
};
use crate::{
    mail::accident::wait_until,
    simulator::{Call, Fault},
    support::{Process, World, runtime},
};

const IN_HAND: &str =
    "state = 'sending', claim_id = gen_random_uuid(), claimed_until = now() + interval '1 minute'";
const NOTE: &str = "The fee was wrong: <b>siblings</b> pay half.";

fn recalled(world: &World, id: &str, body: Value) -> Value {
    let answer = post(world, &format!("/blasts/{id}/recall"), body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn link_versions(world: &World) -> Vec<String> {
    world.texts("SELECT reference || ' ' || link_version AS text FROM orders ORDER BY reference")
}

#[test]
fn half_sent_some_in_hand_one_checkout_open_and_killed_in_the_middle() {
    let world = World::new();
    let orders = families(&world, 6);
    let id = to_all(&world);
    started(&world, &id);
    for reference in ["CUP-1", "CUP-2"] {
        set_mail(&world, reference, SENT);
    }
    set_mail(&world, "CUP-3", IN_HAND);
    set_mail(
        &world,
        "CUP-4",
        "state = 'unknown', claim_id = gen_random_uuid(), last_error = 'lost'",
    );
    world.click_through(&orders[0]);
    let blast = recalled(
        &world,
        &id,
        json!({ "note": NOTE, "correction": { "subject": "Right: {{ amount }}", "body": BODY } }),
    );
    assert_eq!(blast["state"], "recalled");
    let recall = &blast["recall"];
    assert_eq!(
        (&recall["orders"], &recall["to_go"]),
        (&4.into(), &4.into())
    );
    assert_eq!(
        mails(&world),
        [
            "CUP-1 sent",
            "CUP-2 sent",
            "CUP-3 sending",
            "CUP-4 unknown",
            "CUP-5 cancelled",
            "CUP-6 cancelled"
        ]
    );

    let correction_of_it = recall["correction"].as_str().unwrap();
    assert!(told(&approve(&world, correction_of_it), 409).contains("in hand"));

    // Somebody took one, and died when its link was withdrawn but before anybody was told.
    world.execute(
        "UPDATE blast_recalls SET claimed_until = now() + interval '1 minute', attempts = 1 \
         WHERE order_id IN (SELECT id FROM orders WHERE reference = 'CUP-2')",
    );
    look(&world);
    assert_eq!(show(&world, &id)["recall"]["to_go"], 1);
    world.execute("UPDATE blast_recalls SET claimed_until = to_timestamp(0)");
    look(&world);
    look(&world);
    let recall = show(&world, &id)["recall"].clone();
    assert_eq!(
        (
            &recall["links_withdrawn"],
            &recall["checkouts_closed"],
            &recall["to_go"]
        ),
        (&4.into(), &1.into(), &0.into()),
        "{recall}"
    );
    assert_eq!(
        link_versions(&world),
        [
            "CUP-1 2", "CUP-2 2", "CUP-3 2", "CUP-4 2", "CUP-5 1", "CUP-6 1"
        ]
    );
    assert_eq!(world.payable_sessions(&orders[0]), 0);

    // Whoever has the old link reads why, with today's amount and the button.
    let page = world.click(&orders[0]);
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("&lt;b&gt;siblings&lt;/b&gt; pay half."),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("€45.00") && page.body.contains("<button"),
        "{}",
        page.body
    );
    assert_eq!(world.click(&orders[5]).status, 303, "theirs is as it was");

    // One in hand comes back: the server had asked to try later. It never goes.
    assert_eq!(
        recalled(&world, &id, json!({ "note": "again" }))["recall"]["note"],
        NOTE
    );
    correction(&world, &recall);
}

#[test]
fn a_worker_that_is_killed_in_the_middle_of_a_recall_is_followed_by_another() {
    let world = World::with_mailbox(&[]);
    let orders = families(&world, 12);
    let id = to_all(&world);
    started(&world, &id);
    for n in 1..=8 {
        set_mail(&world, &format!("CUP-{n}"), SENT);
    }
    for n in 9..=10 {
        set_mail(
            &world,
            &format!("CUP-{n}"),
            "state = 'sending', claim_id = gen_random_uuid(), claimed_until = now() + interval '10 minutes'",
        );
    }
    for order in &orders[..8] {
        world.click_through(order);
    }
    // Slow enough to be met in the middle of one.
    let slow = Fault::Latency(std::time::Duration::from_millis(300));
    world.stripe.inject(Call::ExpireSession, slow, usize::MAX);
    let first = Process::work(world.settings());
    recalled(&world, &id, json!({ "note": NOTE }));
    let withdrawn = || {
        let recall = show(&world, &id)["recall"].clone();
        recall["links_withdrawn"].as_i64().unwrap()
    };
    let until = |what: &str, is_so: &dyn Fn() -> bool| {
        let begun = std::time::Instant::now();
        while !is_so() {
            assert!(begun.elapsed().as_secs() < 60, "{what}: {}", withdrawn());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    };
    until("some of them", &|| withdrawn() >= 3);
    first.kill();
    let left = 10 - withdrawn();
    assert!(left > 0, "all were done before it was killed");
    // Its lease runs out.
    world.execute("UPDATE blast_recalls SET claimed_until = now() WHERE done_at IS NULL");
    let (second, third) = (
        Process::work(world.settings()),
        Process::work(world.settings()),
    );
    until("all of them", &|| withdrawn() == 10);
    drop((second, third));
    let mut versions = link_versions(&world);
    versions.sort_by_key(|line| line[4..].split(' ').next().unwrap().parse::<u32>().unwrap());
    let once: Vec<String> = (1..=12)
        .map(|n| format!("CUP-{n} {}", if n <= 10 { 2 } else { 1 }))
        .collect();
    assert_eq!(
        versions, once,
        "each link was withdrawn once, of whoever may have it"
    );
    for order in &orders[..8] {
        assert_eq!(world.payable_sessions(order), 0);
    }
    let recall = show(&world, &id)["recall"].clone();
    assert_eq!(
        (&recall["checkouts_closed"], &recall["to_go"]),
        (&8.into(), &0.into())
    );
    assert_eq!(world.mailbox().received(), 0, "what was queued never went");
}

/// Its lease ran out while it waited for Stripe, and another one took the order.
#[test]
fn whoever_is_late_withdraws_no_second_link() {
    let world = World::new();
    let orders = families(&world, 1);
    let id = to_all(&world);
    started(&world, &id);
    set_mail(&world, "CUP-1", SENT);
    world.click_through(&orders[0]);
    recalled(&world, &id, json!({ "note": NOTE }));
    let slow = Fault::Latency(std::time::Duration::from_millis(1_500));
    world.stripe.inject(Call::ExpireSession, slow, 1);
    let another = world.another_app();
    // The pre-flight has closed one, too.
    let closings = || {
        let asked = world.traffic();
        asked
            .iter()
            .filter(|call| call.ends_with("/expire"))
            .count()
    };
    let before = closings();
    std::thread::scope(|scope| {
        scope.spawn(|| look(&world));
        wait_until("it waits for Stripe", || closings() > before);
        world.execute("UPDATE blast_recalls SET claimed_until = to_timestamp(0)");
        let taken = runtime().block_on(freshmint::blast::work_off(&another));
        assert!(taken.expect("the database answers"), "another one takes it");
    });
    let attempts = "SELECT attempts::text AS text FROM blast_recalls";
    assert_eq!(world.text(attempts), "2", "both had it");
    assert_eq!(link_versions(&world), ["CUP-1 2"]);
    assert_eq!(show(&world, &id)["recall"]["links_withdrawn"], 1);
}

/// The correction goes to those who have the wrong mail, or may have it.
fn correction(world: &World, recall: &Value) {
    let correction = recall["correction"].as_str().unwrap();
    let found = get(world, &format!("/blasts/{correction}"));
    assert_eq!(
        (&found["state"], &found["name"]),
        (&"draft".into(), &"Summer cup: correction".into())
    );
    assert_eq!(preview(world, correction)["recipients"], 4);
    assert!(told(&approve(world, correction), 409).contains("1 mail is still in hand"));
    set_mail(world, "CUP-3", "state = 'cancelled', claimed_until = NULL");
    set_mail(world, "CUP-1", "state = 'sent'");
    let all = preview(world, correction);
    assert_eq!(all["recipients"], 3, "one of them never went out");
    assert!(
        all["samples"][0]["body"]
            .as_str()
            .unwrap()
            .contains("/pay/")
    );
    assert_eq!(approve(world, correction).status, 200);
    assert_eq!(done(world, correction, "start")["counts"]["total"], 3);
}

#[test]
fn a_mail_that_comes_back_to_the_queue_of_a_recalled_mailing_is_cancelled() {
    let world = World::with_mailbox(&[]);
    families(&world, 1);
    let id = to_all(&world);
    started(&world, &id);
    let busy = crate::mailbox::Rule {
        stage: crate::mailbox::Stage::Recipient,
        recipient: None,
        action: crate::mailbox::Action::Reply(451, "4.7.1 later".to_owned()),
        times: None,
    };
    world.mailbox().set_rules(vec![busy]);
    world.execute("CREATE FUNCTION recall() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        UPDATE blasts SET state = 'recalled', recall_note = 'x', recalled_at = now(); RETURN NULL; END $$");
    world.execute(
        "CREATE TRIGGER recalled_meanwhile AFTER UPDATE OF claimed_until ON outbox FOR EACH ROW \
        WHEN (NEW.state = 'sending') EXECUTE FUNCTION recall()",
    );
    assert_eq!(world.carry().len(), 0);
    assert_eq!(mails(&world), ["CUP-1 cancelled"]);
}

#[test]
fn what_nobody_has_is_not_recalled_and_a_note_is_asked_for() {
    let world = World::new();
    families(&world, 1);
    let id = to_all(&world);
    let path = format!("/blasts/{id}/recall");
    let note = json!({ "note": "x" });
    assert!(told(&post(&world, &path, note.clone()), 409).contains("cancel it"));
    done(&world, &id, "cancel");
    assert!(told(&post(&world, &path, note.clone()), 409).contains("never started"));
    let id = to_all(&world);
    started(&world, &id);
    let path = format!("/blasts/{id}/recall");
    for body in [
        json!({}),
        json!({ "note": " " }),
        json!({ "note": "x".repeat(501) }),
        json!({ "note": "x", "correction": { "subject": "y" } }),
    ] {
        let answer = post(&world, &path, body.clone());
        assert_eq!(answer.status, 422, "{body}: {answer:?}");
    }
    assert_eq!(state(&world, &id), "sending");
    let viewer = world.api(Role::Viewer, Method::POST, &path, Some(note));
    assert_eq!(viewer.status, 403);
}

#[test]
fn the_note_of_a_single_withdrawal_reaches_the_page_too() {
    let world = World::new();
    let order = world.order("CUP-1");
    let path = format!("/orders/{}/withdraw-link", order.id);
    let long = post(&world, &path, json!({ "note": "x".repeat(501) }));
    assert_eq!(long.status, 422, "{long:?}");
    assert_eq!(post(&world, &path, json!({ "note": NOTE })).status, 200);
    let page = world.click(&order).body;
    assert!(page.contains("&lt;b&gt;siblings&lt;/b&gt;"), "{page}");
    assert_eq!(post(&world, &path, json!({})).status, 200);
    assert!(!world.click(&order).body.contains("siblings"));
}

#[test]
fn while_stripe_gives_no_answer_the_link_stays_and_is_withdrawn_later() {
    let world = World::new();
    let orders = families(&world, 2);
    let id = to_all(&world);
    started(&world, &id);
    for reference in ["CUP-1", "CUP-2"] {
        set_mail(&world, reference, SENT);
    }
    world.click_through(&orders[0]);
    world.stripe.inject(Call::Any, Fault::Html502, usize::MAX);
    recalled(&world, &id, json!({ "note": NOTE }));
    look(&world);
    let recall = show(&world, &id)["recall"].clone();
    assert_eq!(
        (&recall["links_withdrawn"], &recall["to_go"]),
        (&1.into(), &1.into())
    );
    assert_eq!(link_versions(&world), ["CUP-1 1", "CUP-2 2"]);
    // It waits before it asks again.
    let asked = world.traffic().len();
    look(&world);
    assert_eq!(world.traffic().len(), asked);
    world.stripe.clear_faults();
    world.execute("UPDATE blast_recalls SET claimed_until = claimed_until - interval '1 minute'");
    look(&world);
    assert_eq!(link_versions(&world), ["CUP-1 2", "CUP-2 2"]);
    assert_eq!(world.payable_sessions(&orders[0]), 0);
}
