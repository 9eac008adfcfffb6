//! When a mail that was not taken is tried again: pure.

use std::time::Duration;

/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(3_600);
/// The longest wait while nothing at all can be sent: one log-in tells.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// A mail is given up (`failed`) so long after it was queued: two days, in seconds.
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
}
