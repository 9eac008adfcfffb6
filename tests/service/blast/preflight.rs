//! What is tried before the first mail goes.

use std::time::{Duration, Instant};

use freshmint::token::{self, Role};
use serde_json::{Value, json};

use super::{act, approved, done, families, mails, show, state, to_all};
use crate::{
    mailbox::{Action, Rule, Stage},
    simulator::{Call, Fault},
    support::{
        Answer, Process, Receiver, World,
        browser::{client, runtime, send},
        receiver::Manner,
    },
};

/// A shop to which Stripe's events come by themselves, and whose links lead to this receiver.
fn shop(changed: &[(&str, &str)]) -> (World, Receiver) {
    let links = Receiver::start();
    let public = links.url.split("/hooks").next().unwrap().to_owned();
    let mut settings = vec![
        ("PUBLIC_URL", public.as_str()),
        ("PREFLIGHT_WAIT_SECONDS", "20"),
    ];
    settings.extend(changed);
    let world = World::with_mailbox(&settings);
    world.stripe.hold_deliveries(false);
    families(&world, 3);
    (world, links)
}

fn to_start(world: &World) -> String {
    let id = to_all(world);
    approved(world, &id);
    id
}

/// `name level` of each check.
fn levels(blast: &Value) -> Vec<String> {
    let checks = blast["checks"].as_array().unwrap().iter();
    checks
        .map(|check| {
            let ok = check["level"] == "info";
            assert_eq!(check["ok"], ok, "{check}");
            format!("{} {}", check["name"], check["level"]).replace('"', "")
        })
        .collect()
}

/// The start is refused, nothing is sent, and the mailing can be started later; tells the levels.
#[track_caller]
fn grounded(world: &World, id: &str, body: Value) -> (Vec<String>, String) {
    let answer = super::post(world, &format!("/blasts/{id}/start"), body);
    assert_eq!(answer.status, 409, "{answer:?}");
    let problem = answer.json();
    assert_eq!(
        (state(world, id).as_str(), world.count("outbox")),
        ("approved", 0)
    );
    assert_eq!(show(world, id)["checks"], problem["checks"]);
    let detail = problem["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.starts_with("it was not started, since its pre-flight failed"),
        "{detail}"
    );
    (levels(&problem), detail)
}

fn levels_of_start(world: &World, id: &str) -> Vec<String> {
    levels(&done(world, id, "start"))
}

const ALL_WELL: [&str; 4] = ["checkout info", "webhook info", "mail info", "link info"];

#[test]
fn all_is_tried_and_the_trial_leaves_no_trace() {
    let (world, _links) = shop(&[]);
    let before = world.get("/metrics").body;
    let minted = |metrics: &str| {
        let line = metrics
            .lines()
            .find(|line| line.starts_with("freshmint_mint_seconds_count"));
        line.unwrap_or_default().to_owned()
    };
    let id = to_start(&world);
    let blast = done(&world, &id, "start");
    assert_eq!(levels(&blast), ALL_WELL);
    assert_eq!(blast["state"], "sending");
    assert_eq!(mails(&world).len(), 3);

    let sessions = world.stripe.sessions();
    assert_eq!(sessions.len(), 1);
    let session = &sessions[0];
    assert_eq!(session["status"], "expired");
    assert_eq!(
        session["amount_total"], 4_500,
        "with the mailing's own parameters"
    );
    assert!(
        session["customer_email"]
            .as_str()
            .unwrap()
            .starts_with("parent")
    );
    world.work_off();
    assert_eq!(
        world.texts("SELECT origin || ' ' || state || ' ' || (request_body IS NULL) AS text FROM checkout_sessions"),
        ["preflight superseded true"]
    );
    assert_eq!(
        world.text("SELECT state AS text FROM stripe_events"),
        "processed"
    );
    for nothing in [
        "session_orders",
        "reminder_decisions",
        "cases",
        "payments",
        "activity WHERE category IN ('checkout', 'reminder')",
        "activity WHERE level = 'attention' AND NOT jsonb_exists(detail, 'waits')",
    ] {
        assert_eq!(world.count(nothing), 0, "{nothing}");
    }
    assert_eq!(minted(&before), minted(&world.get("/metrics").body));
    let commands = world.mailbox().commands().join("\n");
    assert!(
        commands.contains("MAIL") && commands.contains("RSET"),
        "{commands}"
    );
    assert!(
        !commands.contains("RCPT") && !commands.contains("DATA"),
        "{commands}"
    );
    // Nobody is kept from paying by it.
    let order = world.text("SELECT id::text AS text FROM orders LIMIT 1");
    assert!(session["client_reference_id"].is_string() && !order.is_empty());
}

#[test]
fn a_dead_checkout_keeps_it_from_being_started() {
    let (world, _links) = shop(&[]);
    let id = to_start(&world);
    let fault = Fault::Refuse {
        status: 401,
        code: "",
        message: "Invalid API Key provided".to_owned(),
    };
    world.stripe.inject(Call::CreateSession, fault, 1);
    let (levels, detail) = grounded(&world, &id, json!({}));
    assert_eq!(levels, ["checkout error", "mail info", "link info"]);
    assert!(detail.contains("STRIPE_SECRET_KEY"), "{detail}");
    assert_eq!(
        world.texts("SELECT state || ' ' || (request_body IS NULL) AS text FROM checkout_sessions"),
        ["failed true"]
    );
    assert_eq!(
        world.count("activity WHERE what LIKE 'mailing not started%'"),
        1
    );
    assert_eq!(levels_of_start(&world, &id), ALL_WELL);
}

#[test]
fn a_mint_that_stripe_fails_at_or_does_not_close_is_dead_too() {
    let (world, _links) = shop(&[("STRIPE_TIMEOUT_SECONDS", "2")]);
    let id = to_start(&world);
    world
        .stripe
        .inject(Call::CreateSession, Fault::HangBefore, 9);
    assert_eq!(grounded(&world, &id, json!({})).0[0], "checkout error");
    world.stripe.clear_faults();
    world
        .stripe
        .inject(Call::ExpireSession, Fault::HangBefore, 9);
    assert_eq!(grounded(&world, &id, json!({})).0[0], "checkout error");
    world.stripe.clear_faults();
    assert_eq!(levels_of_start(&world, &id), ALL_WELL);
    // What was left open is closed by the sweep.
    world.pass(chrono::Duration::hours(25));
    let look = freshmint::sweep::look(&world.app, freshmint::sweep::Look::Full);
    runtime().block_on(look).unwrap();
    assert_eq!(world.count("checkout_sessions WHERE live"), 0);
    assert_eq!(world.count("reminder_decisions"), 0);
}

#[test]
fn a_dead_mail_server_keeps_it_from_being_started() {
    let (world, _links) = shop(&[]);
    let id = to_start(&world);
    let rule = |stage, code, text: &str| {
        let action = Action::Reply(code, text.to_owned());
        vec![Rule {
            stage,
            recipient: None,
            action,
            times: None,
        }]
    };
    for (stage, code, text, level) in [
        (Stage::Connect, 554, "5.7.1 you are on a list", "mail error"),
        (Stage::Sender, 550, "5.7.1 not your domain", "mail error"),
    ] {
        world.mailbox().set_rules(rule(stage, code, text));
        let (levels, detail) = grounded(&world, &id, json!({}));
        assert_eq!(
            levels,
            ["checkout info", "webhook info", level, "link info"]
        );
        assert!(detail.contains("mail: "), "{detail}");
    }
    // What passes by itself makes mails wait, and no more.
    world
        .mailbox()
        .set_rules(rule(Stage::Sender, 451, "4.3.0 try again later"));
    let levels = levels_of_start(&world, &id);
    assert_eq!(
        levels,
        ["checkout info", "webhook info", "mail warning", "link info"]
    );
}

#[test]
fn a_server_that_is_not_there_and_a_link_that_leads_nowhere() {
    let (world, links) = shop(&[("SMTP_URL", "smtp://127.0.0.1:1")]);
    let id = to_start(&world);
    links.set(Manner::Answer(404));
    let (levels, detail) = grounded(&world, &id, json!({}));
    assert_eq!(
        levels,
        ["checkout info", "webhook info", "mail error", "link error"]
    );
    assert!(detail.contains("answered with 404"), "{detail}");
}

#[test]
fn what_cannot_be_seen_from_within_is_a_warning_in_answer_log_and_status() {
    let (world, links) = shop(&[("PREFLIGHT_WAIT_SECONDS", "1")]);
    world.stripe.hold_deliveries(true);
    links.set(Manner::Away);
    let id = to_start(&world);
    let (told, detail) = grounded(&world, &id, json!({ "require_outside": true }));
    assert_eq!(
        told,
        ["checkout info", "webhook error", "mail info", "link error"]
    );
    assert!(
        detail.contains("webhook: Stripe's event") && detail.contains("link: PUBLIC_URL"),
        "{detail}"
    );
    let blast = done(&world, &id, "start");
    let warned = [
        "checkout info",
        "webhook warning",
        "mail info",
        "link warning",
    ];
    assert_eq!(levels(&blast), warned);
    assert_eq!(levels(&show(&world, &id)), warned);
    let (_, status, _) = world.command(&["blast", "status", &id]);
    assert!(
        status.contains("warning    Stripe's event about the trial has not come"),
        "{status}"
    );
    let line =
        world.text("SELECT what AS text FROM activity WHERE what LIKE 'mailing goes although%'");
    assert!(
        line.contains("webhook: ") && line.contains("link: "),
        "{line}"
    );
    assert_eq!(
        done(&world, &id, "start")["checks"],
        blast["checks"],
        "asked again, nothing is tried"
    );
    assert_eq!(world.stripe.sessions().len(), 2);
}

fn token(world: &World) -> String {
    let added = world.app.db.run_blocking(|connection| {
        token::add(connection, "impatient", Role::Operator, world.now())
    });
    added.unwrap().expose().to_owned()
}

#[test]
fn whoever_does_not_wait_goes_on_with_the_same_trial() {
    let (world, _links) = shop(&[("PREFLIGHT_WAIT_SECONDS", "6")]);
    world.stripe.hold_deliveries(true);
    let id = to_start(&world);
    let token = token(&world);
    let start = |patience: u64| {
        let url = format!("{}/api/v1/blasts/{id}/start", world.url());
        let request = client().post(url).bearer_auth(&token);
        let request = request.timeout(Duration::from_secs(patience));
        runtime().block_on(async { request.send().await.map(|answer| answer.status().as_u16()) })
    };
    let begun = Instant::now();
    assert!(start(3).is_err(), "it does not wait");
    assert_eq!(
        (state(&world, &id).as_str(), world.count("outbox")),
        ("approved", 0)
    );
    // As long as the two together would have waited.
    let asked = std::iter::repeat_with(|| start(30)).find(|answer| !matches!(answer, Ok(429)));
    assert_eq!(asked.unwrap().unwrap(), 200);
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(world.stripe.sessions().len(), 1, "one trial");
    assert_eq!(mails(&world).len(), 3);
    let waits = world.count("blast_preflights WHERE closed_at IS NOT NULL");
    assert_eq!(waits, 0, "the next mailing tries anew");
}

#[test]
fn a_process_that_dies_meanwhile_has_sent_nothing_and_the_next_goes_on() {
    let (world, _links) = shop(&[]);
    world.stripe.hold_deliveries(true);
    let id = to_start(&world);
    let token = token(&world);
    let process = world.process();
    let url = format!("{}/api/v1/blasts/{id}/start", process.url);
    let request = client().post(url).bearer_auth(&token);
    let asked =
        std::thread::spawn(move || runtime().block_on(async { request.send().await.is_err() }));
    let until = Instant::now() + Duration::from_secs(15);
    while world.count("blast_preflights WHERE closed_at IS NOT NULL") == 0 {
        assert!(Instant::now() < until, "no trial");
        std::thread::sleep(Duration::from_millis(50));
    }
    process.kill();
    assert!(asked.join().unwrap());
    assert_eq!(
        (state(&world, &id).as_str(), world.count("outbox")),
        ("approved", 0)
    );
    world.stripe.hold_deliveries(false);
    world.deliver();
    let levels = levels_of_start(&world, &id);
    assert_eq!(levels, ALL_WELL);
    assert_eq!((world.stripe.sessions().len(), mails(&world).len()), (1, 3));
}

#[test]
fn two_replicas_try_at_once_and_one_of_them_starts() {
    let (mut world, _links) = shop(&[]);
    world.add_replica();
    let id = to_start(&world);
    let token = token(&world);
    let starts: Vec<_> = (0..2)
        .map(|n| {
            let url = format!("{}/api/v1/blasts/{id}/start", world.replica(n));
            let request = client().post(url).bearer_auth(&token);
            std::thread::spawn(move || runtime().block_on(send(request)))
        })
        .collect();
    let answers: Vec<Answer> = starts
        .into_iter()
        .map(|start| start.join().unwrap())
        .collect();
    assert!(
        answers.iter().all(|answer| answer.status == 200),
        "{answers:?}"
    );
    assert_eq!(mails(&world).len(), 3);
    assert!(
        world
            .stripe
            .sessions()
            .iter()
            .all(|session| session["status"] == "expired")
    );
}

#[test]
fn a_trial_whose_process_died_keeps_no_address() {
    let (world, _links) = shop(&[]);
    world.execute(
        "INSERT INTO checkout_sessions (id, state, origin, asked_by, idempotency_key, request_body, created_at) \
         SELECT gen_random_uuid(), 'minting', origin, 'machine', origin || hours, 'customer_email=x', now() - make_interval(hours => hours) \
         FROM unnest(ARRAY['preflight', 'click']) origin, unnest(ARRAY[1, 25]) hours",
    );
    levels_of_start(&world, &to_start(&world));
    assert_eq!(
        world.texts("SELECT idempotency_key || ' ' || state AS text FROM checkout_sessions WHERE request_body IS NOT NULL ORDER BY 1"),
        ["click1 minting", "click25 minting", "preflight1 minting"]
    );
}

#[test]
fn with_the_service_itself_at_its_public_address() {
    let (world, _links) = shop(&[]);
    let bind = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut settings = world.settings().clone();
    settings.insert("PUBLIC_URL".to_owned(), format!("http://{bind}"));
    let process = Process::serve_at(bind, &settings, &["--no-worker"]);
    world
        .stripe
        .set_webhook_url(Some(format!("{}/webhooks/stripe", process.url)));
    let id = to_start(&world);
    let url = format!("{}/api/v1/blasts/{id}/start", process.url);
    let answer = runtime().block_on(send(client().post(url).bearer_auth(token(&world))));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(levels(&answer.json()), ALL_WELL);
    assert_eq!(world.stripe.sessions().len(), 1, "HEAD mints nothing");
    // With other keys no link verifies there.
    settings.insert(
        "LINK_KEYS".to_owned(),
        format!("k2:{}", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="),
    );
    let (world, id) = (&world, to_start(&world));
    let (code, _, said) = world.command_with(
        &[
            ("PUBLIC_URL", &format!("http://{bind}")),
            ("LINK_KEYS", &settings["LINK_KEYS"]),
        ],
        &["blast", "start", &id],
    );
    assert!(code == 1 && said.contains("answered with 404"), "{said}");
    assert_eq!(act(world, &id, "cancel").status, 200);
}

#[test]
fn if_nobody_owes_any_more_there_is_no_checkout_to_try() {
    let (world, _links) = shop(&[]);
    let id = to_start(&world);
    world.execute("UPDATE orders SET settled_at = now(), settled_how = 'cash'");
    let blast = done(&world, &id, "start");
    assert_eq!(levels(&blast), ["mail info"]);
    assert_eq!(world.stripe.sessions().len(), 0);
}
