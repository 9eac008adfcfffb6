//! How often a password may be tried.

use std::thread;

use chrono::Duration;
use freshmint::token::Role;

use crate::support::{PASSWORD, Visitor, World};

fn tries(visitor: &Visitor, email: &str, count: usize) -> Vec<u16> {
    (0..count)
        .map(|_| visitor.sign_in(email, "wrong horse battery").status)
        .collect()
}

#[test]
fn ten_wrong_ones_lock_an_account_for_a_quarter_of_an_hour_but_not_its_own_browser() {
    let world = World::with(&[("TRUSTED_PROXIES", "127.0.0.1")]);
    let email = world.user("Aoife", Role::Viewer).email;
    let own = Visitor::at(&world).with("x-forwarded-for", "198.51.100.1");
    assert_eq!(own.sign_in(&email, PASSWORD).status, 303);
    let from =
        |last: usize| Visitor::at(&world).with("x-forwarded-for", &format!("203.0.113.{last}"));
    for last in 0..10 {
        assert_eq!(tries(&from(last), &email, 1), [422]);
    }
    let locked = from(77).sign_in(&email, PASSWORD);
    assert_eq!((locked.status, locked.header("retry-after")), (429, "900"));
    assert!(
        locked
            .text()
            .contains("Too many tries. Wait a quarter of an hour.")
    );
    assert_eq!(own.sign_in(&email, PASSWORD).status, 303, "its own browser");
    world.pass(Duration::minutes(15) + Duration::seconds(1));
    assert_eq!(from(77).sign_in(&email, PASSWORD).status, 303);
}

#[test]
fn ten_wrong_ones_from_one_address_lock_it_whatever_account_they_are_for() {
    let world = World::with(&[("TRUSTED_PROXIES", "127.0.0.1")]);
    let email = world.user("Aoife", Role::Viewer).email;
    let from = |address: &str| Visitor::at(&world).with("x-forwarded-for", address);
    for number in 0..10 {
        let nobody = format!("nobody{number}@rovers.example.org");
        assert_eq!(tries(&from("203.0.113.1"), &nobody, 1), [422]);
    }
    assert_eq!(from("203.0.113.1").sign_in(&email, PASSWORD).status, 429);
    // What stands before a proxy's own word may be anybody's invention.
    assert_eq!(
        from("198.51.100.9, 203.0.113.1")
            .sign_in(&email, PASSWORD)
            .status,
        429
    );
    assert_eq!(from("203.0.113.2").sign_in(&email, PASSWORD).status, 303);
    let kept = world.text("SELECT string_agg(t::text, ' ') AS text FROM ops_tries t");
    assert!(!kept.contains("203.0.113") && !kept.contains('@'), "{kept}");
}

#[test]
fn behind_a_proxy_that_nobody_has_named_only_accounts_are_counted() {
    let world = World::new();
    let email = world.user("Aoife", Role::Viewer).email;
    let visitor = Visitor::at(&world).with("x-forwarded-for", "203.0.113.1");
    for number in 0..12 {
        assert_eq!(
            tries(&visitor, &format!("nobody{number}@rovers.example.org"), 1),
            [422]
        );
    }
    assert_eq!(visitor.sign_in(&email, PASSWORD).status, 303);
}

#[test]
fn right_ones_are_not_counted_and_a_hundred_at_once_are() {
    let world = World::new();
    let email = world.user("Aoife", Role::Viewer).email;
    for _ in 0..12 {
        assert_eq!(Visitor::at(&world).sign_in(&email, PASSWORD).status, 303);
    }
    assert_eq!(world.count("ops_tries"), 0);
    let url = world.url();
    let looked_at: usize = thread::scope(|scope| {
        let tries = (0..30).map(|_| scope.spawn(|| tries(&Visitor::at_url(url), &email, 1)[0]));
        let tries: Vec<_> = tries.collect();
        let statuses = tries
            .into_iter()
            .map(|tried| tried.join().expect("a status"));
        statuses.filter(|status| *status == 422).count()
    });
    assert!(looked_at <= 10, "{looked_at} passwords were looked at");
}
