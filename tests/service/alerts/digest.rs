//! Once a day, what is open.

use std::thread;

use chrono::{Duration, NaiveTime};

use super::{by_mail, last_mail, look, orphan, resolve_cases, subjects, tell, work_for};
use crate::support::World;

/// It is this time of the next day, in UTC.
fn tomorrow_at(world: &World, hour: u32) {
    let tomorrow = world.now().date_naive().succ_opt().unwrap();
    let then = tomorrow
        .and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap())
        .and_utc();
    world.pass(then - world.now());
}

#[test]
fn what_is_open_is_told_once_a_day_over_all_replicas_and_nothing_is_not() {
    let world = by_mail();
    tomorrow_at(&world, 7);
    tell(&world);
    assert_eq!(subjects(&world), [""; 0], "nothing is open");
    orphan(&world);
    orphan(&world);
    assert!(tell(&world));
    work_for(&world, Duration::hours(1));
    assert_eq!(subjects(&world).len(), 1);
    tomorrow_at(&world, 5);
    assert!(!tell(&world));
    tomorrow_at(&world, 7);
    let apps = [world.another_app(), world.another_app()];
    thread::scope(|scope| {
        for app in &apps {
            scope.spawn(|| look(app));
        }
    });
    work_for(&world, Duration::hours(2));
    assert_eq!(subjects(&world)[1..], ["2 things are open"]);
    let text = last_mail(&world);
    assert!(
        text.contains("Money (2)") && text.contains("a payment belongs to no order. See"),
        "{text}"
    );
    resolve_cases(&world);
    work_for(&world, Duration::minutes(12));
    let before = subjects(&world).len();
    tomorrow_at(&world, 7);
    assert!(!tell(&world));
    assert_eq!(subjects(&world).len(), before);
}
