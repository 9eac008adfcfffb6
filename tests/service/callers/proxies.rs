//! Whose word on who calls is taken.

use reqwest::Method;

use super::{AT_ONCE, assert_is_limited, behind_a_proxy, from, tries};
use crate::support::World;

#[test]
fn whoever_is_not_trusted_cannot_be_many_callers() {
    let world = World::with(&[("TRUSTED_PROXIES", "10.0.0.0/8")]);
    world.stop_clock();
    let number = std::cell::Cell::new(0);
    let forged = || {
        number.set(number.get() + 1);
        let claimed = format!("198.51.{}.{}", number.get() / 250, number.get() % 250);
        from(&world, &claimed, Method::GET, "/pay/forged")
    };
    assert_is_limited(&tries(AT_ONCE + 20, 404, forged).1);
}

#[test]
fn what_a_caller_says_before_the_proxys_word_changes_nothing() {
    let world = behind_a_proxy();
    let number = std::cell::Cell::new(0);
    let forged = || {
        number.set(number.get() + 1);
        let claimed = format!("10.1.1.1, 192.0.2.{}, 198.51.100.7, 10.9.9.9", number.get());
        from(&world, &claimed, Method::GET, "/pay/forged")
    };
    assert_is_limited(&tries(AT_ONCE + 20, 404, forged).1);
    let six = |end: &str| {
        let claimed = format!("2001:db8:1:2::{end}");
        from(&world, &claimed, Method::GET, "/pay/forged")
    };
    let number = std::cell::Cell::new(0);
    let household = || {
        number.set(number.get() + 1);
        six(&number.get().to_string())
    };
    assert_is_limited(&tries(AT_ONCE + 20, 404, household).1);
}

#[test]
fn a_setting_that_names_no_network_is_refused_with_an_example() {
    let world = World::new();
    let wrong = [("TRUSTED_PROXIES", "10.0.0.0/33")];
    let (code, _, said) = world.command_with(&wrong, &["doctor"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("trusted-proxies") || said.contains("TRUSTED_PROXIES"),
        "{said}"
    );
    assert!(said.contains("10.0.0.0/8"), "{said}");
}
