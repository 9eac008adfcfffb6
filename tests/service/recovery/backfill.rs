//! Carts of the past, from a list of people or from Stripe.

use chrono::Duration;

use super::{an_hour, decisions, left, opened, shop, switch};
use freshmint::{
    recovery::{
        Asking, Decision,
        backfill::{Backfill, Wanted},
    },
    reminder::{Terms, rule::Reason},
};

use crate::support::{World, browser::runtime};

/// Runs the command with a file of these lines: what it prints.
#[track_caller]
fn from_file(world: &World, lines: &[&str], flags: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("people.csv");
    std::fs::write(&file, lines.join("\n")).expect("a file");
    let file = file.display().to_string();
    run(world, &[&["recovery", "backfill", &file], flags].concat())
}

#[track_caller]
fn run(world: &World, arguments: &[&str]) -> Vec<String> {
    let (code, out, said) = world.command(arguments);
    assert_eq!((code, said.as_str()), (0, ""), "{out}");
    out.lines().map(str::to_owned).collect()
}

/// Sessions that expired while recovery was off.
fn lost(world: &World, people: &[&str]) -> Vec<String> {
    switch(world, false);
    let sessions = people
        .iter()
        .map(|address| left(world, Some(address)))
        .collect();
    switch(world, true);
    sessions
}

#[test]
fn a_list_of_addresses_gives_a_verdict_for_each_and_writes_to_those_who_may_be_written_to() {
    let world = shop();
    let sessions = lost(
        &world,
        &["ann@example.org", "ben@example.org", "ann@example.org"],
    );
    let paid = opened(&world, Some("ben@example.org"));
    world.stripe.pay(&paid).expect("it is open");
    world.deliver();
    let lines = [
        "email;session_id",
        "Ann@example.org;",
        "ben@example.org;",
        "nobody@example.org;",
        "nonsense;",
        &format!(";{}", sessions[0]),
        "ann@example.org;cs_test_unknown",
    ];
    let dry = from_file(&world, &lines, &["--dry-run"]);
    assert_eq!(world.count("outbox"), 0);
    assert_eq!(
        dry[..3],
        [
            "line 2: would be reminded",
            "line 3: recent_purchase",
            "line 4: no_session"
        ]
    );
    assert!(dry[3].starts_with("line 5: bad: "), "{dry:?}");
    assert_eq!(
        dry[4..6],
        ["line 6: recently_reminded", "line 7: no_session"]
    );
    let done = from_file(&world, &lines, &[]);
    assert_eq!(done[0], "line 2: scheduled");
    assert_eq!(done[4], "line 6: recently_reminded");
    assert_eq!(
        done[6],
        "6 carts: 1 bad, 2 no_session, 1 recent_purchase, 1 recently_reminded, 1 scheduled"
    );
    an_hour(&world);
    assert_eq!(world.carry().len(), 1);
    let again = from_file(&world, &lines, &[]);
    assert_eq!(again[0], "line 2: decided before");
    assert_eq!(world.carry(), []);
}

#[test]
fn an_address_is_looked_for_as_it_is_written_and_in_small_letters() {
    let world = shop();
    lost(&world, &["Ann@Example.org", "ben@example.org"]);
    let verdicts = from_file(
        &world,
        &["email", "Ann@Example.org", "Ben@Example.org"],
        &["--dry-run"],
    );
    assert_eq!(
        verdicts[..2],
        ["line 2: would be reminded", "line 3: would be reminded"]
    );
}

#[test]
fn carts_that_are_kept_for_a_short_time_are_looked_at_for_so_long() {
    let world = shop();
    world.execute("UPDATE settings SET recovered_orders_days = 10");
    lost(&world, &["ann@example.org"]);
    assert_eq!(
        from_file(&world, &["email", "ann@example.org"], &["--dry-run"])[0],
        "line 2: would be reminded"
    );
}

#[test]
fn everything_that_stripe_knows_of_within_the_limit_and_never_twice() {
    let world = shop();
    let _ = lost(&world, &["ann@example.org", "ben@example.org"]);
    let order = world.order("CUP-1");
    world.abandon(&order);
    world.pass(Duration::days(10));
    let _ = lost(&world, &["cem@example.org"]);
    let since = (world.now() - Duration::days(30))
        .format("%Y-%m-%d")
        .to_string();
    let told = |flags: &[&str]| {
        let arguments = [
            "recovery",
            "backfill",
            "--from-stripe",
            "--since",
            since.as_str(),
        ];
        run(&world, &[&arguments, flags].concat())
            .pop()
            .expect("a summary")
    };
    // The command's clock is the system's; ten days before its now are the test's.
    let dry = told(&["--dry-run", "--max-age", "30d"]);
    assert!(dry.starts_with("4 carts: "), "{dry}");
    assert!(
        dry.contains("1 no_session") && dry.contains("3 would be reminded"),
        "{dry}"
    );
    let done = told(&["--max-age", "30d"]);
    assert!(done.contains("3 scheduled"), "{done}");
    let again = told(&["--max-age", "30d"]);
    assert!(again.contains("3 decided before"), "{again}");
    assert!(
        decisions(&world)
            .iter()
            .filter(|line| *line == "scheduled")
            .count()
            >= 3
    );
}

#[test]
fn the_gates_are_those_of_live_carts() {
    let world = shop();
    let _ = lost(&world, &["ann@example.org"]);
    switch(&world, false);
    let told = from_file(&world, &["email", "ann@example.org"], &[]);
    assert_eq!(told[0], "line 2: recovery_disabled");
    switch(&world, true);
    let told = from_file(&world, &["email", "ann@example.org"], &["--max-age", "1h"]);
    assert_eq!(told[0], "line 2: scheduled");
}

#[test]
fn a_file_that_cannot_be_understood_is_refused_in_a_sentence() {
    let world = shop();
    for (content, said) in [("name\nKim", "a column email"), ("", "a column email")] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("people.csv");
        std::fs::write(&file, content).expect("a file");
        let (code, _, error) =
            world.command(&["recovery", "backfill", &file.display().to_string()]);
        assert_eq!(code, 1);
        assert!(error.contains(said), "{error}");
    }
    let (code, _, said) = world.command(&["recovery", "backfill", "x.csv", "--max-age", "31d"]);
    assert_eq!(code, 1);
    assert!(said.contains("at most 30d"), "{said}");
    for arguments in [
        vec!["recovery", "backfill"],
        vec!["recovery", "backfill", "--from-stripe"],
        vec!["recovery", "backfill", "x.csv", "--max-age", "soon"],
    ] {
        assert_eq!(world.command(&arguments).0, 2, "{arguments:?}");
    }
}

#[test]
fn what_is_older_than_a_live_cart_may_be_is_sent_all_the_same() {
    let world = shop();
    let _ = lost(&world, &["ann@example.org"]);
    world.pass(Duration::days(10));
    let asking = |days| Asking {
        terms: Terms {
            max_age: Duration::days(days),
            ..world.app.reminders
        },
        by_hand: true,
        dry_run: false,
    };
    let look = |days| {
        let wanted = Wanted::Of("ann@example.org".to_owned());
        let mut run = Backfill::new(&world.app, asking(days));
        runtime().block_on(run.look(&wanted)).expect("a decision")
    };
    assert_eq!(look(9), Decision::Skipped(Reason::TooOld));
    assert_eq!(look(30), Decision::Scheduled);
    assert_eq!(world.carry().len(), 1);
}

#[test]
fn a_simulation_tells_what_would_have_been_and_writes_nobody() {
    let world = shop();
    let _ = lost(
        &world,
        &["ann@example.org", "ann@example.org", "ben@example.org"],
    );
    left(&world, None);
    // Of one nothing was to be paid, the other was opened with a key of the other mode.
    let odd = lost(&world, &["cem@example.org", "dia@example.org"]);
    world.execute(&format!(
        "UPDATE carts SET amount = 0 FROM checkout_sessions \
         WHERE checkout_sessions.id = session_id AND stripe_id = '{}'",
        odd[0]
    ));
    world.execute(&format!(
        "UPDATE checkout_sessions SET livemode = true WHERE stripe_id = '{}'",
        odd[1]
    ));
    let paid = opened(&world, Some("ben@example.org"));
    world.stripe.pay(&paid).expect("it is open");
    world.deliver();
    switch(&world, false);
    let since = (world.now() - Duration::days(1))
        .format("%Y-%m-%d")
        .to_string();
    let told = run(&world, &["recovery", "simulate", "--since", &since]);
    assert_eq!(
        told.last().expect("a summary"),
        "6 carts: 1 no_email, 1 not_restorable, 1 recent_purchase, 1 recently_reminded, 1 test_mode, \
         1 would be reminded"
    );
    assert_eq!(told.len(), 7);
    assert_eq!(world.count("outbox"), 0);
    assert!(
        decisions(&world)
            .iter()
            .all(|line| line.starts_with("skipped"))
    );
}
