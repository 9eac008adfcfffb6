//! Once a day, what is open.

use std::thread;

use chrono::Duration;

use super::{
    by_mail, last_mail, look, orphan, resolve_cases, subjects, tell, tomorrow_at, work_for,
};

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
