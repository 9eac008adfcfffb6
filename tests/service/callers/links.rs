//! Links that are none of ours.

use chrono::Duration;
use reqwest::Method;

use super::{AT_ONCE, assert_is_limited, behind_a_proxy, from, tries};
use crate::support::World;

const SCHOOL: &str = "198.51.100.7";

#[test]
fn wrong_links_are_limited_for_one_address_and_good_ones_go_on() {
    let world = behind_a_proxy();
    let order = world.order("CUP-1");
    let follow = |path: &str| from(&world, SCHOOL, Method::GET, path);
    let (not_found, last) = tries(AT_ONCE + 20, 404, || follow("/pay/forged"));
    assert_eq!(not_found, AT_ONCE);
    assert_is_limited(&last);
    assert!(last.text().contains("Please wait a minute"), "{last:?}");
    for path in ["/pay/forged/return", "/unsubscribe/forged", "/pay/x"] {
        assert_is_limited(&follow(path));
    }
    let head = from(&world, SCHOOL, Method::HEAD, "/pay/forged");
    assert_eq!((head.status, head.body.as_str()), (429, ""));
    let pressed = from(&world, SCHOOL, Method::POST, "/unsubscribe/forged");
    assert_is_limited(&pressed);

    assert_eq!(follow(&order.path).status, 303);
    assert_eq!(follow(&format!("{}/return", order.path)).status, 200);
    let elsewhere = from(&world, "198.51.100.8", Method::GET, "/pay/forged");
    assert_eq!(elsewhere.status, 404);
    world.pass(Duration::minutes(4));
    assert_eq!(follow("/pay/forged").status, 404);
}

#[test]
fn the_families_of_a_school_behind_one_address_are_never_limited() {
    let world = behind_a_proxy();
    let order = world.order("CUP-1");
    let click = || from(&world, SCHOOL, Method::GET, &order.path);
    assert_eq!(tries(3 * AT_ONCE, 303, click).0, 3 * AT_ONCE);
    let wrong = || from(&world, SCHOOL, Method::GET, "/pay/forged");
    assert_eq!(tries(AT_ONCE / 2, 404, wrong).0, AT_ONCE / 2);
    let token = world.app.keys.sign_unsubscribe([7; 16]);
    let unsubscribe = format!("/unsubscribe/{token}");
    let ask = || from(&world, SCHOOL, Method::GET, &unsubscribe);
    assert_eq!(tries(2 * AT_ONCE, 200, ask).0, 2 * AT_ONCE);
}

#[test]
fn without_a_word_on_who_is_trusted_callers_behind_a_near_proxy_are_not_limited() {
    let world = World::new();
    world.stop_clock();
    let wrong = || from(&world, SCHOOL, Method::GET, "/pay/forged");
    assert_eq!(tries(AT_ONCE + 20, 404, wrong).0, AT_ONCE + 20);
    // Whoever comes straight is one caller.
    let straight = || world.get("/pay/forged");
    assert_is_limited(&tries(AT_ONCE + 20, 404, straight).1);
}
