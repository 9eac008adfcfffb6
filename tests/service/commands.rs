//! The commands, run as the real binary.

use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use crate::{
    mailbox,
    support::{Process, World, cluster::Database},
};

#[test]
fn keys_new_prints_a_key_that_works_and_each_time_another() {
    let world = World::new();
    let (_, key, _) = world.command(&["keys", "new"]);
    let (kid, secret) = key.trim().split_once(':').expect("kid:base64");
    assert!(!kid.is_empty() && secret.len() >= 43, "{key}");
    assert_ne!(world.command(&["keys", "new"]).1, key);
    world.order("CUP-1");
    let (code, link, said) = world.command(&["link", "CUP-1", "--link-keys", key.trim()]);
    assert!(code == 0 && link.contains("/pay/"), "{said}");
}

#[test]
fn link_prints_the_link_that_the_api_shows_and_that_can_be_clicked() {
    let world = World::new();
    let order = world.order("CUP-1");
    let (code, link, _) = world.command(&["link", "CUP-1"]);
    assert_eq!(
        (code, link.trim()),
        (0, format!("http://127.0.0.1:61199{}", order.path).as_str())
    );
    let shown = world
        .api(
            Role::Viewer,
            Method::GET,
            &format!("/orders/{}", order.id),
            None,
        )
        .json();
    assert_eq!(shown["pay_url"], link.trim());
    assert_eq!(world.click(&order).status, 303);
}

#[test]
fn what_is_not_there_is_said_in_one_sentence() {
    let world = World::new();
    for command in [
        ["link", "CUP-9"].as_slice(),
        &["orders", "show", "CUP-9"],
        &["orders", "cancel", "CUP-9"],
    ] {
        let (code, out, said) = world.command(command);
        assert_eq!(
            (code, out.as_str(), said.as_str()),
            (
                1,
                "",
                "There is no order CUP-9: freshmint orders list shows them.\n"
            )
        );
    }
}

#[test]
fn wrong_usage_ends_with_two_and_names_what_is_wrong() {
    let world = World::new();
    for (arguments, named) in [
        (["serve", "--bind", "nowhere"].as_slice(), "--bind"),
        (
            &["serve", "--stripe-timeout-seconds", "0"],
            "--stripe-timeout-seconds",
        ),
        (&["serve", "--public-url", "example"], "--public-url"),
        (&["serve", "--support-email", "nobody"], "--support-email"),
        (&["orders", "settle", "CUP-1"], "--how"),
        (&["ops", "token", "add", "shop", "--role", "king"], "--role"),
        (&["dance"], "dance"),
    ] {
        let (code, _, said) = world.command(arguments);
        assert!(
            code == 2 && said.contains(named),
            "{arguments:?}: {code} {said}"
        );
    }
}

#[test]
fn a_secret_is_never_printed_not_even_a_wrong_one() {
    let world = World::with(&[]);
    let secret = "hush-hush-4711";
    for (flag, name) in [
        ("--link-keys", "LINK_KEYS"),
        ("--stripe-secret-key", "STRIPE_SECRET_KEY"),
        ("--stripe-webhook-secrets", "STRIPE_WEBHOOK_SECRETS"),
        ("--database-url", "database"),
    ] {
        let value = format!("{secret},");
        let (code, out, said) = world.command(&["serve", flag, &value]);
        assert!(code != 0 && said.contains(name), "{flag}: {said}");
        assert!(
            !out.contains(secret) && !said.contains(secret),
            "{flag}: {out}{said}"
        );
    }
    let (_, help, _) = world.command(&["serve", "--help"]);
    for (name, value) in world.settings() {
        assert!(
            !name.contains("SECRET") && !name.contains("KEY") || !help.contains(value.as_str()),
            "{help}"
        );
    }
}

#[test]
fn a_token_is_printed_once_and_its_name_is_not_given_twice() {
    let world = World::new();
    let (code, token, _) = world.command(&["ops", "token", "add", "shop", "--role", "operator"]);
    assert!(code == 0 && token.starts_with("fm_"), "{token}");
    let bearer = format!("Bearer {}", token.trim());
    assert_eq!(
        world
            .ask(Method::GET, "/api/v1/orders", &[("authorization", &bearer)])
            .status,
        200
    );
    assert_eq!(
        world.count(&format!("api_tokens WHERE token_hash = '{}'", token.trim())),
        0
    );
    let (code, _, said) = world.command(&["ops", "token", "add", "shop", "--role", "viewer"]);
    assert_eq!(
        (code, said.as_str()),
        (
            1,
            "A token named shop stands already: choose another name.\n"
        )
    );
}

#[test]
fn list_and_show_tell_people_and_programs() {
    let world = World::new();
    world.order("CUP-1");
    world.order_with("CUP-2", json!({ "email": null, "name": null, "currency": "jpy", "lines": [{ "description": "Shirt", "unit_amount": 1200, "quantity": 2 }] }));
    let (code, list, _) = world.command(&["orders", "list"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(list);
    let (_, json, _) = world.command(&["orders", "show", "CUP-2", "--format", "json"]);
    let order: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (
            &order["reference"],
            &order["amount_total"],
            &order["status"]
        ),
        (&json!("CUP-2"), &json!(2400), &json!("open"))
    );
    let (_, json, _) = world.command(&["orders", "list", "--status", "paid", "--format", "json"]);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&json).expect("JSON")["data"],
        json!([])
    );
}

#[test]
fn cancel_and_settle_close_the_open_checkout_first() {
    let world = World::new();
    let (one, two) = (world.order("CUP-1"), world.order("CUP-2"));
    world.click_through(&one);
    world.click_through(&two);
    assert_eq!(
        world
            .command(&["orders", "cancel", "CUP-1", "--note", "moved away"])
            .1,
        "CUP-1 is cancelled\n"
    );
    assert_eq!(
        world
            .command(&["orders", "settle", "CUP-2", "--how", "cash"])
            .1,
        "CUP-2 is settled_offline\n"
    );
    assert_eq!(
        world.payable_sessions(&one) + world.payable_sessions(&two),
        0
    );
    let (code, _, said) = world.command(&["orders", "settle", "CUP-1", "--how", "cash"]);
    assert_eq!(
        (code, said.as_str()),
        (1, "CUP-1 stays as it is: it was cancelled.\n")
    );
}

#[test]
fn an_order_that_turns_out_to_be_paid_is_not_cancelled() {
    let world = World::new();
    let order = world.order("CUP-1");
    world
        .stripe
        .pay(&world.click_through(&order))
        .expect("paid");
    let (code, _, said) = world.command(&["orders", "cancel", "CUP-1"]);
    assert_eq!(code, 1);
    assert!(said.contains("paid through Stripe"), "{said}");
    assert_eq!(world.status(&order), "paid");
}

#[test]
fn doctor_passes_a_healthy_house_with_a_remark_on_the_loopback_address() {
    let world = World::new();
    let (code, told, said) = world.command(&["doctor"]);
    assert_eq!(code, 0, "{told}{said}");
    insta::with_settings!({ filters => vec![(r"within \d+ s", "within N s")] }, {
        insta::assert_snapshot!(told);
    });
}

#[test]
fn doctor_fails_for_each_thing_that_is_wrong_and_says_what_to_do() {
    let world = World::new();
    let failing = |arguments: &[&str]| {
        let (code, told, _) = world.command(&[&["doctor"], arguments].concat());
        assert_eq!(code, 1, "{told}");
        told.lines()
            .filter(|line| line.starts_with("FAIL"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let checks = [
        failing(&["--stripe-secret-key", "sk_test_unknown"]),
        failing(&["--public-url", "http://pay.example.org"]),
        failing(&["--database-url", "postgres://nobody@127.0.0.1:1/none"]),
        failing(&["--stripe-api-base", "http://127.0.0.1:1"]),
    ];
    let no_port = (
        r"no answer from Stripe: [^:]*:",
        "no answer from Stripe: …:",
    );
    insta::with_settings!({ filters => vec![no_port, (r"it says: .*", "it says: …")] }, { insta::assert_snapshot!(checks.join("\n--\n")) });
    let mail = |url| failing(&["--mail-from", "a@example.org", "--smtp-url", url]);
    let away = mail("smtp://127.0.0.1:1");
    assert!(
        away.contains("127.0.0.1:1 cannot be reached") && away.contains("check SMTP_URL"),
        "{away}"
    );
    let clear = mail("smtp://club:secret@mail.example.org");
    assert!(
        clear.contains("?tls=required") && !clear.contains("secret"),
        "{clear}"
    );
    world.stripe.advance(chrono::Duration::minutes(6));
    assert!(failing(&[]).contains("off Stripe's: switch time synchronisation on"));
}

#[test]
fn doctor_logs_in_at_the_mail_server() {
    let login = Some(("club".to_owned(), "secret".to_owned()));
    let mailbox = || mailbox::Settings {
        login: login.clone(),
        ..mailbox::Settings::default()
    };
    let world = World::with_mailbox_on(Database::new(), mailbox(), &[]);
    let (code, told, _) = world.command(&["doctor"]);
    assert_eq!(code, 0, "{told}");
    assert_eq!(
        world.mailbox().commands(),
        ["EHLO", "AUTH", "MAIL", "RCPT", "RSET", "QUIT"]
    );
    let wrong = world.mailbox().smtp_url().replace("secret", "wrong");
    let (code, told, _) = world.command(&["doctor", "--smtp-url", &wrong]);
    assert!(
        code == 1 && told.contains("refused our log-in: 535") && !told.contains("wrong@"),
        "{told}"
    );
}

#[test]
fn a_half_set_mail_server_is_named() {
    let world = World::new();
    for (set, missing) in [
        (("SMTP_URL", "smtp://127.0.0.1"), "MAIL_FROM"),
        (("MAIL_FROM", "a@example.org"), "SMTP_URL"),
    ] {
        let (code, _, said) = world.command_with(&[set], &["doctor"]);
        assert!(
            code == 2 && said.starts_with(&format!("{missing} is wrong: ")),
            "{said}"
        );
    }
    let url = ("SMTP_URL", "smtp://club:sec%zzret@127.0.0.1?tls=maybe");
    let (code, _, said) = world.command_with(&[url, ("MAIL_FROM", "a@example.org")], &["doctor"]);
    assert!(
        code == 2 && said.starts_with("SMTP_URL is wrong: ") && !said.contains("sec"),
        "{said}"
    );
}

#[test]
fn a_terminated_service_finishes_what_is_in_hand_and_ends_with_zero() {
    let world = World::new();
    let order = world.order("CUP-1");
    let process = world.process();
    world.stripe.inject(
        crate::simulator::Call::CreateSession,
        crate::simulator::Fault::Latency(std::time::Duration::from_secs(2)),
        1,
    );
    let url = format!("{}{}", process.url, order.path);
    let clicking = std::thread::spawn(move || World::anybody_gets(&url));
    while world.traffic().is_empty() {
        std::thread::yield_now();
    }
    let (code, took) = process.terminate();
    assert_eq!(code, Some(0));
    assert!(took.as_secs() < 30, "{took:?}");
    assert_eq!(clicking.join().expect("an answer").status, 303);
}

#[test]
fn serve_migrates_when_asked_and_a_web_replica_leaves_events_to_the_worker() {
    let world = World::on(Database::empty(), &[]);
    let web = Process::serve(world.settings(), &["--migrate", "--no-worker"]);
    let order = world.order("CUP-1");
    let click = World::anybody_gets(&format!("{}{}", web.url, order.path));
    let session = crate::support::world::session_in(click.location());
    world.stripe.pay(&session).expect("paid");
    world
        .stripe
        .set_webhook_url(Some(format!("{}/webhooks/stripe", web.url)));
    world
        .stripe
        .deliver_all(crate::simulator::Order::AsHappened)
        .expect("delivered");
    assert_eq!(world.count("stripe_events WHERE state = 'pending'"), 1);
    let _worker = Process::work(world.settings());
    for _ in 0..200 {
        if world.status(&order) == "paid" {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("freshmint work did not act on the event within ten seconds");
}

#[test]
fn a_setting_that_is_left_empty_is_not_set_and_a_wrong_one_is_wrong_usage() {
    let world = World::with(&[]);
    let (code, _, said) = world.command_with(
        &[("SUPPORT_EMAIL", ""), ("TRUSTED_PROXIES", "")],
        &["doctor"],
    );
    assert_eq!(code, 0, "{said}");
    let (code, _, said) = world.command_with(&[("DATABASE_URL", "")], &["migrate"]);
    assert!(
        code == 2 && said.starts_with("This setting is missing: DATABASE_URL. "),
        "{said}"
    );
    let (code, _, said) = world.command_with(&[("LINK_KEYS", "k1:short")], &["doctor"]);
    assert!(
        code == 2 && said.starts_with("LINK_KEYS is wrong: ") && said.lines().count() == 1,
        "{said}"
    );
    let (code, _, said) = world.command_with(&[("LOG_FORMAT", "xml")], &["doctor"]);
    assert!(code == 2 && said.contains("--log-format"), "{said}");
}

#[test]
fn every_answer_says_that_it_is_nobody_elses() {
    let world = World::new();
    for path in ["/nowhere", "/api/v1/orders", "/pay/forged", "/healthz"] {
        let answer = world.get(path);
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-robots-tag"), "noindex, nofollow", "{path}");
    }
}

#[test]
fn a_env_file_in_the_working_folder_is_read_and_the_environment_and_flags_go_before_it() {
    let world = World::new();
    let folder = tempfile::tempdir().expect("a folder");
    let below = folder.path().join("below");
    std::fs::create_dir(&below).expect("a folder");
    std::fs::write(
        folder.path().join(".env"),
        "DATABASE_POOL_SIZE=many\nSUPPORT_EMAIL=\n",
    )
    .expect("a file");
    let (code, _, said) = world.command_in(folder.path(), &["doctor"]);
    assert_eq!(code, 0, "the environment says 4: {said}");
    std::fs::write(folder.path().join(".env"), "STRIPE_TIMEOUT_SECONDS=many\n").expect("a file");
    let (code, _, said) = world.command_in(folder.path(), &["doctor"]);
    assert!(
        code == 2 && said.contains("--stripe-timeout-seconds"),
        "{said}"
    );
    assert_eq!(
        world
            .command_in(folder.path(), &["doctor", "--stripe-timeout-seconds", "9"])
            .0,
        0
    );
    assert_eq!(
        world.command_in(&below, &["doctor"]).0,
        0,
        "a folder above is somebody else's"
    );
}

#[test]
fn settings_that_would_fail_later_are_refused_at_the_start_with_what_to_do() {
    let world = World::new();
    for (name, value, said) in [
        (
            "STRIPE_WEBHOOK_SECRETS",
            "\"whsec_a\"",
            "without quotation marks",
        ),
        (
            "STRIPE_WEBHOOK_SECRETS",
            "whsec_a\n",
            "without quotation marks",
        ),
        (
            "STRIPE_WEBHOOK_SECRETS",
            "whsec_a,'whsec_b'",
            "without quotation marks",
        ),
        (
            "STRIPE_API_BASE",
            "http://stripe.example.org",
            "it must be https",
        ),
        ("MAIL_FROM", "Rovers", "Name <address>"),
    ] {
        let (code, _, error) = world.command_with(&[(name, value)], &["doctor"]);
        assert!(code != 0 && error.contains(said), "{name}={value}: {error}");
        assert!(!error.contains("whsec_a"), "{error}");
    }
    let (code, told, said) = world.command_with(
        &[("STRIPE_WEBHOOK_SECRETS", "whsec_a, whsec_b")],
        &["doctor"],
    );
    assert_eq!(code, 0, "{told}{said}");
}

#[test]
fn a_line_of_the_env_file_that_cannot_be_read_is_named_and_not_repeated() {
    let world = World::new();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(".env"), "A=1\nsk_live_secret\n").expect("a file");
    let (code, _, said) = world.command_in(folder.path(), &["doctor"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("line 2") && said.contains("NAME=value"),
        "{said}"
    );
    assert!(!said.contains("secret"), "{said}");
}
