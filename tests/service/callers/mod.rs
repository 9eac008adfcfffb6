//! Who calls, and how often: what is wrong is limited by caller, what is right never counts.

mod costly;
mod links;
mod looks;
mod proxies;
mod tokens;
mod webhooks;
mod wrong_tokens;

use freshmint::token::Role;
use reqwest::Method;
use serde_json::Value;

use crate::support::{
    Answer, PERSON, World,
    browser::{client, runtime, send},
};

/// What a school's families may do wrong at once.
const AT_ONCE: usize = 100;

/// A service behind a proxy on this machine. Nobody may be wrong again while a test looks.
fn behind_a_proxy() -> World {
    let world = World::with(&[("TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1")]);
    world.stop_clock();
    world
}

/// A person behind the proxy asks for a path.
fn from(world: &World, caller: &str, method: Method, path: &str) -> Answer {
    let headers = [("x-forwarded-for", caller), ("user-agent", PERSON)];
    world.ask(method, path, &headers)
}

/// How many of so many tries were answered with `status`, and the last answer.
fn tries(count: usize, status: u16, try_it: impl Fn() -> Answer) -> (usize, Answer) {
    let answers: Vec<Answer> = (0..count).map(|_| try_it()).collect();
    let found = answers.iter().filter(|answer| answer.status == status);
    (found.count(), answers.last().expect("one").clone())
}

/// Calls the API with this token.
fn call(world: &World, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
    let url = format!("{}/api/v1{path}", world.url());
    let mut request = client().request(method, url).bearer_auth(token);
    if let Some(body) = body {
        request = request
            .header("content-type", "application/json")
            .body(body.to_string());
    }
    runtime().block_on(send(request))
}

fn token(world: &World, role: Role) -> String {
    world.token(role).expose().to_owned()
}

/// It says when to come again, within some seconds.
#[track_caller]
fn assert_is_limited(answer: &Answer) {
    assert_eq!(answer.status, 429, "{answer:?}");
    let seconds: u32 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=10).contains(&seconds), "{seconds}");
}
