//! Schemathesis asks the API what its description allows, and what it does not: nothing ends in a fault of ours,
//! and every answer is one that is described.

use std::{
    fs,
    io::Read,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{act, get, post};
use crate::{
    support::{Order, World},
    tidy,
    webhook::post_signed,
};

/// Calls at random for each operation, beside those at the edges of each of its fields. They are the same ones each
/// time.
const EXAMPLES: &str = "4";
/// It takes less than a minute; machines that test are busy.
const PATIENCE: Duration = Duration::from_secs(300);
/// What it looks at.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
     response_schema_conformance,response_headers_conformance,unsupported_method";

#[test]
fn whatever_is_asked_no_answer_is_a_fault_and_each_is_as_described() {
    let world = World::with_mailbox(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let settings = folder.path().join("settings.toml");
    fs::write(&settings, written(&there(&world))).expect("a file");
    let token = world.token(Role::Admin);
    let mut schemathesis = Command::new(program());
    schemathesis
        .current_dir(folder.path())
        .arg("--config-file")
        .arg(&settings)
        .args(["run", &format!("{}/api/v1/openapi.json", world.url())])
        .args([
            "--header",
            &format!("Authorization: Bearer {}", token.expose()),
        ])
        // Behind a proxy that nobody has named, wrong tokens are not counted against the right one.
        .args(["--header", "X-Forwarded-For: 192.0.2.1"])
        // It knows no mails, and a stream never ends.
        .args([
            "--exclude-path",
            "/bounces",
            "--exclude-path-regex",
            "/stream$",
        ])
        .args(["--checks", CHECKS, "--max-examples", EXAMPLES])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--generation-deterministic",
        ])
        .args(["--no-color"])
        .env("NO_PROXY", "127.0.0.1");
    let (is_well, said) = ended(schemathesis);
    assert!(is_well, "{said}");
    for in_vain in ["Rate limited", "Authentication failed"] {
        assert!(!said.contains(in_vain), "{said}");
    }
    let asked = said.split("Test cases:").nth(1);
    let asked = asked.and_then(|said| said.split_whitespace().next()?.parse::<usize>().ok());
    let asked = asked.unwrap_or_else(|| panic!("{said}"));
    assert!(asked > 2_000, "{said}");
}

/// Whether it was content, and what it said.
fn ended(mut command: Command) -> (bool, String) {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn();
    let mut child = child.expect("Schemathesis: deploy/setup.sh tests installs it");
    let mut output = child.stdout.take().expect("its output");
    let reader = thread::spawn(move || {
        let mut said = String::new();
        output.read_to_string(&mut said).map(|_| said)
    });
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a status") {
            break Some(status);
        }
        if began.elapsed() > PATIENCE {
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
            break None;
        }
        thread::sleep(Duration::from_millis(100));
    };
    let said = reader.join().expect("a thread").expect("text");
    (status.is_some_and(|status| status.success()), said)
}

/// Where deploy/setup.sh puts it.
#[expect(clippy::disallowed_methods, reason = "the same places as the script's")]
fn program() -> PathBuf {
    let list = tidy::source("deploy/schemathesis.txt");
    let version = list
        .lines()
        .find_map(|line| line.strip_prefix("schemathesis=="));
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty());
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_else(|| "/tmp".into()));
    let cache = cache.map_or_else(|| home().join(".cache"), PathBuf::from);
    let folder = format!("freshmint/schemathesis-{}", version.expect("a version"));
    cache.join(folder).join("bin/schemathesis")
}

/// Ids and names of what is there, by the paths that ask for them.
fn there(world: &World) -> Vec<(&'static str, &'static str, Value)> {
    let [open, reviewed, paid] = ["CUP-1", "CUP-2", "CUP-3"].map(|name| world.order(name));
    let pays = |order: &Order, amount| {
        let session = world.click_through(order);
        let paid = world.stripe.pay_amount(&session, amount);
        paid.expect("it is paid");
    };
    pays(&reviewed, 4000);
    pays(&paid, 4500);
    world.deliver();
    act(world, &open, "send", json!({}));
    post_signed(world, "not JSON");
    let blast = |name: &str| {
        let fields =
            json!({ "name": name, "subject": "Fee", "body": "{{ pay_url }}", "filter": {} });
        post(world, "/blasts", fields).json()["id"].clone()
    };
    let blasts = [blast("Draft"), blast("Approved")];
    let approved = format!("/blasts/{}", blasts[1].as_str().expect("an id"));
    let preview = post(world, &format!("{approved}/preview"), json!({})).json();
    let hash = json!({ "content_hash": preview["content_hash"] });
    assert_eq!(
        post(world, &format!("{approved}/approve"), hash).status,
        200
    );
    post(
        world,
        "/suppressions",
        json!({ "email": "kim@example.org" }),
    );
    world.user("Aoife", Role::Viewer);
    let other = json!({ "name": "other", "role": "viewer" });
    world.api(Role::Admin, Method::POST, "/tokens", Some(other));
    let ids = |path: &str| {
        let list = get(world, path).json();
        let rows = list["data"].as_array().expect("a list");
        assert!(!rows.is_empty(), "{path}");
        json!(rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>())
    };
    vec![
        ("^/orders/[{]", "id", json!([open.id, reviewed.id, paid.id])),
        ("^/cases/[{]", "id", ids("/cases")),
        ("^/outbox/[{]", "id", ids("/outbox")),
        ("^/events/[{]", "id", ids("/events?state=failed")),
        ("^/activity/[{]", "id", ids("/activity")),
        ("^/blasts/[{]", "id", json!(blasts)),
        (
            "^/(suppressions|users)/[{]",
            "email",
            json!(["kim@example.org", "aoife@rovers.example.org"]),
        ),
        ("^/tokens/[{]", "name", json!(["other"])),
    ]
}

/// Most calls are about these; but no token is revoked save the one that is meant to be.
fn written(there: &[(&str, &str, Value)]) -> String {
    let mut settings = String::new();
    for (number, (_, _, values)) in there.iter().enumerate() {
        settings += &format!("[dictionaries.known_{number}]\nvalues = {values}\n");
    }
    for (number, (paths, name, _)) in there.iter().enumerate() {
        let share = if *name == "name" { "1.0" } else { "0.9" };
        settings += &format!(
            "[[operations]]\ninclude-path-regex = \"{paths}\"\n[operations.parameters]\n\
             \"path.{name}\" = {{ dictionary = \"known_{number}\", probability = {share} }}\n"
        );
    }
    settings
}
