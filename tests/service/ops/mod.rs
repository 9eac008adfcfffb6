//! The pages of the shop's people, over HTTP.

mod api;
mod blasts;
pub mod browser;
mod browser_blasts;
mod browser_family;
mod browser_lists;
mod browser_today;
mod cases;
mod commands;
mod everywhere;
mod feed;
mod forms;
mod import;
mod import_browser;
mod invitation;
mod lists;
mod log;
mod mails;
mod many;
mod noted;
mod order;
mod orders;
mod people;
mod presses;
mod routes;
mod sign_in;
mod stream;
mod switches;
mod throttle;
mod today;
mod told;
mod users;

use crate::support::World;

/// The log, oldest first.
fn history(world: &World) -> Vec<String> {
    world.texts("SELECT actor || ': ' || what AS text FROM activity ORDER BY id")
}

/// A line that needs somebody.
fn needs_somebody(world: &World, what: &str) -> i64 {
    let id = world.text(&format!(
        "WITH new AS (INSERT INTO activity (at, category, level, actor, what) \
             VALUES (now(), 'webhook', 'attention', 'stripe', '{what}') RETURNING id) SELECT id::text AS text FROM new"
    ));
    id.parse().expect("a number")
}

/// A line that is good to know.
fn happened(world: &World, category: &str, what: &str) {
    world.execute(&format!(
        "INSERT INTO activity (at, category, level, actor, what) VALUES (now(), '{category}', 'info', 'test', '{what}')"
    ));
}
