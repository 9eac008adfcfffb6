//! Who may call: tokens are made, listed and revoked.

use std::{thread, time::Duration};

use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use super::{call, token};
use crate::support::World;

fn history(world: &World) -> Vec<String> {
    world.texts("SELECT actor || ': ' || what AS text FROM activity ORDER BY id")
}

/// When the token was last used, once that is written.
fn last_use(world: &World, name: &str) -> String {
    let query = format!(
        "SELECT last_used_at::text AS text FROM api_tokens WHERE name = '{name}' AND last_used_at IS NOT NULL"
    );
    for _ in 0..100 {
        let found = world.text(&query);
        if !found.is_empty() {
            return found;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("the use of {name} was not written");
}

#[test]
fn an_admin_makes_lists_and_revokes_tokens_which_are_dead_at_once() {
    let world = World::new();
    let admin = token(&world, Role::Admin);
    let new = json!({ "name": "the club's site/2", "role": "operator" });
    let made = call(&world, &admin, Method::POST, "/tokens", Some(new.clone()));
    assert_eq!(made.status, 201, "{made:?}");
    let secret = made.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(made.json()["last_used_at"], json!(null));
    let again = call(&world, &admin, Method::POST, "/tokens", Some(new));
    assert_eq!(again.status, 409);
    let wrong = json!({ "name": " ", "role": "king" });
    let wrong = call(&world, &admin, Method::POST, "/tokens", Some(wrong));
    assert_eq!(wrong.json()["errors"].as_array().unwrap().len(), 2);

    assert_eq!(
        call(&world, &secret, Method::GET, "/orders", None).status,
        200
    );
    last_use(&world, "the club''s site/2");
    let list = call(&world, &admin, Method::GET, "/tokens?limit=1", None);
    assert!(!list.body.contains("fm_"), "{list:?}");
    let (list, cursor) = (
        list.json()["data"].clone(),
        list.json()["next_cursor"].clone(),
    );
    assert_eq!(list[0]["name"], "the club's site/2");
    assert_eq!(list[0]["role"], "operator");
    assert!(list[0]["last_used_at"].is_string(), "{list}");
    let second = format!("/tokens?cursor={}", cursor.as_str().unwrap());
    let second = call(&world, &admin, Method::GET, &second, None).json();
    assert_eq!(second["data"][0]["name"], "admin-0");
    assert_eq!(second["next_cursor"], json!(null));

    let path = "/tokens/the%20club's%20site%2F2";
    let forbidden = call(&world, &secret, Method::DELETE, path, None);
    assert_eq!(forbidden.status, 403);
    let revoked = call(&world, &admin, Method::DELETE, path, None);
    assert_eq!((revoked.status, &*revoked.body), (204, ""));
    assert_eq!(
        call(&world, &secret, Method::GET, "/orders", None).status,
        401
    );
    assert_eq!(call(&world, &admin, Method::DELETE, path, None).status, 404);
    assert_eq!(
        history(&world),
        [
            "api:admin-0: the token the club's site/2 was made, with the role operator",
            "api:admin-0: the token the club's site/2 was revoked",
        ]
    );
}

#[test]
fn the_command_line_lists_tokens_with_their_last_use_and_revokes_them() {
    let world = World::new();
    let (_, secret, _) = world.command(&["ops", "token", "add", "shop", "--role", "operator"]);
    let secret = secret.trim();
    let list = |format: &str| {
        world
            .command(&["ops", "token", "list", "--format", format])
            .1
    };
    assert!(list("text").contains("never used"), "{}", list("text"));
    assert_eq!(
        call(&world, secret, Method::GET, "/orders", None).status,
        200
    );
    last_use(&world, "shop");
    let day = world.now().format("%Y-%m-%d").to_string();
    let line = list("text")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        line.starts_with(&format!("shop operator made {day}, last used ")) && line.ends_with("UTC"),
        "{line}"
    );
    let rows: serde_json::Value = serde_json::from_str(&list("json")).expect("JSON");
    assert_eq!(rows["data"][0]["name"], "shop");
    assert!(rows["data"][0]["last_used_at"].is_string(), "{rows}");
    assert!(!list("json").contains("fm_") && rows["data"][0].get("token_hash").is_none());

    let revoke = || world.command(&["ops", "token", "revoke", "shop"]);
    assert_eq!(
        revoke().1,
        "shop is revoked: no call gets in with it any more.\n"
    );
    assert_eq!(
        call(&world, secret, Method::GET, "/orders", None).status,
        401
    );
    let (code, _, said) = revoke();
    assert_eq!(
        (code, said.as_str()),
        (
            1,
            "There is no token named shop: freshmint ops token list shows them.\n"
        )
    );
    assert_eq!(list("text"), "");
    assert_eq!(
        history(&world),
        [
            "command line: the token shop was made, with the role operator",
            "command line: the token shop was revoked",
        ]
    );
}

#[test]
fn the_last_use_is_written_once_a_minute_and_nobody_waits_for_it() {
    let world = World::new();
    let viewer = token(&world, Role::Viewer);
    let ask = || call(&world, &viewer, Method::GET, "/orders", None).status;
    assert_eq!(ask(), 200);
    let first = last_use(&world, "viewer-0");
    for _ in 0..5 {
        assert_eq!(ask(), 200);
    }
    thread::sleep(Duration::from_millis(300));
    assert_eq!(last_use(&world, "viewer-0"), first);
    // Somebody holds the row: callers go on all the same, and the next minute is as good.
    world.pass(chrono::Duration::seconds(61));
    let mut somebody = world.database.connect();
    let lock = "BEGIN; UPDATE api_tokens SET role = role";
    diesel::connection::SimpleConnection::batch_execute(&mut somebody, lock).expect("a lock");
    for _ in 0..5 {
        let asked = std::time::Instant::now();
        assert_eq!(ask(), 200);
        assert!(asked.elapsed() < Duration::from_secs(2));
    }
    diesel::connection::SimpleConnection::batch_execute(&mut somebody, "COMMIT").expect("its end");
    world.pass(chrono::Duration::seconds(61));
    assert_eq!(ask(), 200);
    for _ in 0..100 {
        if last_use(&world, "viewer-0") != first {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("a use of another minute is written");
}
