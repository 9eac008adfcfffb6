//! Nobody can be told from one day to the next: the salt is gone, and all that was made with it.

use std::{path::Path, process::Command};

use chrono::Duration;
use freshmint::{
    link::token::LinkKeys,
    visits::{self, Dimension, Fingerprint, Keyed},
};
use futures::future::join;

use super::{FIREFOX, as_browser, group, stats, write};
use crate::support::{
    World,
    browser::{PERSON, runtime},
    world::LINK_KEYS,
};

/// All rows of the database, as a back-up has them.
fn dump(world: &World) -> String {
    let bin = Command::new("pg_config").arg("--bindir").output();
    let bin = bin.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let program = bin.map(|bin| Path::new(&bin).join("pg_dump"));
    let program = program.ok().filter(|program| program.exists());
    let program = program.unwrap_or_else(|| "pg_dump".into());
    let url = format!("--dbname={}", world.database.url);
    let output = Command::new(program).args(["--data-only", &url]).output();
    let output = output.expect("pg_dump runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Each text of this many bytes that the dump has, whatever it is.
fn of_bytes(dump: &str, bytes: usize) -> Vec<Vec<u8>> {
    let words = dump.split(|c: char| !c.is_ascii_hexdigit());
    let words = words.filter(|word| word.len() == bytes * 2);
    words.filter_map(|word| hex::decode(word).ok()).collect()
}

/// Whether somebody who knows a visitor, the keys of the shop and the dump finds them in it.
fn recognised(dump: &str, caller: &str, browser: &str) -> bool {
    let keys = LinkKeys::parse(LINK_KEYS).expect("keys");
    let them = Fingerprint::of(
        &Keyed::with(&keys.secret_for("visits")),
        caller,
        browser.as_bytes(),
    );
    let salts = of_bytes(dump, 32).into_iter();
    let salts = salts.filter_map(|salt| <[u8; 32]>::try_from(salt).ok());
    let mut markers = salts.flat_map(|salt| {
        let of = move |dimension, value: &str| them.marker(&salt, dimension, value, "person");
        [
            of(Dimension::All, "all"),
            of(Dimension::Page, "pay"),
            of(Dimension::Device, "phone"),
        ]
    });
    markers.any(|marker| dump.contains(&hex::encode(marker)))
}

#[test]
fn yesterdays_visitor_cannot_be_recognised_from_a_dump() {
    let world = World::with(&[("PAY_CLICK", "confirm")]);
    let order = world.order("CUP-1");
    world.click(&order);
    write(&world, 0);
    let today = dump(&world);
    assert!(
        recognised(&today, "127.0.0.1", PERSON),
        "so the test can tell"
    );
    assert!(!recognised(&today, "127.0.0.2", PERSON));
    let salt = world.text("SELECT encode(salt, 'hex') AS text FROM visit_salts");
    let page = world.text("SELECT encode(marker, 'hex') AS text FROM visit_markers LIMIT 1");
    assert!(today.contains(&salt) && today.contains(&page) && !today.contains("Safari/"));
    world.pass(Duration::days(1));
    as_browser(&world, &order.path, FIREFOX);
    write(&world, 0);
    let tomorrow = dump(&world);
    assert!(!recognised(&tomorrow, "127.0.0.1", PERSON));
    assert!(
        recognised(&tomorrow, "127.0.0.1", FIREFOX),
        "today is known"
    );
    assert!(!tomorrow.contains(&page) && !tomorrow.contains(&salt));
    assert_eq!(stats(&world, "visits")["visits"], 2, "the counts stay");
}

#[test]
fn replicas_share_the_salt_and_a_day_that_both_end_counts_once() {
    let mut world = World::with(&[("PAY_CLICK", "confirm")]);
    world.add_replica();
    let order = world.order("CUP-1");
    let both = || {
        for replica in [0, 1] {
            let url = format!("{}{}", world.replica(replica), order.path);
            assert_eq!(World::anybody_gets(&url).status, 200);
        }
    };
    let write_both = || {
        let (one, other) = (world.app_of(0), world.app_of(1));
        runtime().block_on(join(
            visits::write(&one.visits, &one.db, world.now()),
            visits::write(&other.visits, &other.db, world.now()),
        ));
    };
    for _ in 0..3 {
        both();
        write_both();
    }
    assert_eq!(world.count("visit_salts"), 1);
    let report = stats(&world, "visits");
    assert_eq!(group(&report, "by_page"), ["pay 6 1"]);
    assert_eq!(report["visitors"], 1);
    // What is noted of the day's last seconds is written when it is over.
    both();
    world.pass(Duration::days(1));
    write_both();
    write_both();
    assert_eq!(
        (world.count("visit_salts"), world.count("visit_markers")),
        (0, 0)
    );
    let report = stats(&world, "visits");
    assert_eq!(group(&report, "by_page"), ["pay 8 1"]);
    // A new day, a new person, as far as anybody can tell.
    both();
    write_both();
    let report = stats(&world, "visits");
    assert_eq!(group(&report, "by_page"), ["pay 10 2"]);
}
