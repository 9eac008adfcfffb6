//! Visits of payers' pages: counted by the day, and nobody in them; and figures of how fast all is.

mod counted;
mod figures;
mod funnel;
mod known;
mod never_slower;
mod private;

use freshmint::{token::Role, visits};
use reqwest::Method;
use serde_json::Value;

use crate::support::{World, browser::runtime};

/// Firefox on a computer: another person than the tests' usual one.
const FIREFOX: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";
const MACHINE: &str = "WhatsApp/2.23.20.0";

fn as_browser(world: &World, path: &str, name: &str) -> u16 {
    world.ask(Method::GET, path, &[("user-agent", name)]).status
}

/// Lets a replica write what it has noted.
fn write(world: &World, replica: usize) {
    let app = world.app_of(replica);
    runtime().block_on(visits::write(&app.visits, &app.db, world.now()));
}

fn stats(world: &World, path: &str) -> Value {
    let answer = world.api(Role::Viewer, Method::GET, &format!("/stats/{path}"), None);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// `name visits visitors` of a group, sorted.
fn group(report: &Value, by: &str) -> Vec<String> {
    let rows = report[by].as_array().expect("a list").iter();
    let mut rows: Vec<String> = rows
        .map(|row| {
            let machines = row["machine_visits"].as_i64().expect("a number");
            let name = row["name"]
                .as_str()
                .or(row["day"].as_str())
                .expect("a name");
            let machines = match machines {
                0 => String::new(),
                many => format!(", machines {many}"),
            };
            format!("{name} {} {}{machines}", row["visits"], row["visitors"])
        })
        .collect();
    rows.sort();
    rows
}
