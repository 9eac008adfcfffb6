//! When a mail that was not taken is tried again: pure.

use std::time::Duration;

/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(3_600);
/// The longest wait while nothing at all can be sent: one log-in tells.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// The first wait for a quota: most are counted by the hour or by the day.
const QUOTA: Duration = Duration::from_secs(3_600);
/// The longest: what is counted by the day is over then.
const LONGEST_QUOTA: Duration = Duration::from_secs(24 * 3_600);

/// A mail is given up (`failed`) so long after its first try: two days, in seconds. While mail is paused
/// or waits for a quota they do not pass.
pub const GIVEN_UP_AFTER_SECONDS: f64 = 48.0 * 3_600.0;

/// The wait after `tries` tries of one mail, at least one: `first`, then twice as long each time, up
/// to an hour.
pub fn wait(first: Duration, tries: i32) -> Duration {
    doubled(first, tries).min(LONGEST)
}

/// The wait after all mail was refused for the `tries`th time.
pub fn pause(first: Duration, tries: i32) -> Duration {
    doubled(first, tries).min(LONGEST_PAUSE)
}

/// The wait after the provider said for the `tries`th time that a quota is used up: an hour, then twice as
/// long each time, up to a day; `day_ends` is when a day is over since its first mail, where that is known.
pub fn quota(tries: i32, day_ends: Option<Duration>) -> Duration {
    let wait = doubled(QUOTA, tries).max(day_ends.unwrap_or_default());
    wait.min(LONGEST_QUOTA)
}

fn doubled(first: Duration, tries: i32) -> Duration {
    let doublings = u32::try_from(tries - 1).unwrap_or(0).min(20);
    first.saturating_mul(1 << doublings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_an_hour() {
        let waits: Vec<u64> = (0..10)
            .map(|tries| wait(Duration::from_secs(30), tries).as_secs())
            .collect();
        assert_eq!(waits, [30, 30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert_eq!(wait(Duration::from_secs(3_600), i32::MAX), LONGEST);
        assert_eq!(pause(Duration::from_secs(30), 9), LONGEST_PAUSE);
    }

    #[test]
    fn a_quota_is_waited_for_until_it_can_be_over() {
        let hours = |tries, day_ends: Option<u64>| {
            let day_ends = day_ends.map(|hours| Duration::from_secs(hours * 3_600));
            quota(tries, day_ends).as_secs() / 3_600
        };
        let waits: Vec<u64> = (1..8).map(|tries| hours(tries, None)).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 24, 24]);
        assert_eq!(hours(1, Some(20)), 20);
        assert_eq!(hours(1, Some(0)), 1, "never sooner than in an hour");
        assert_eq!(hours(3, Some(30)), 24);
    }
}
