//! How fast mail goes when a server says that it comes too fast: pure.
//!
//! Slower at once, by what the server has really taken, and faster again bit by bit.

/// Refusals of two domains within so many seconds are about us; one alone may be its server's own.
pub const TOGETHER_SECONDS: f64 = 60.0;
/// What was taken is counted over so many seconds: servers count by the minute.
pub const COUNTED_SECONDS: f64 = 60.0;
/// After a slow-down the next one is so many seconds away: mails in hand say the same once more.
const ONCE_IN: f64 = 60.0;
/// Of what the server has taken.
const SLOWER: f64 = 0.9;
/// Where nothing is known of what it takes.
const HALF: f64 = 0.5;
/// Mails a second: one in a minute.
const SLOWEST: f64 = 1.0 / 60.0;
/// So much of the full pace comes back in a minute.
const FASTER: f64 = 0.01;

/// What is known when a server says that we are too fast.
#[derive(Debug, Clone, Copy)]
pub struct TooFast {
    /// Mails a second as the settings say.
    pub full: f64,
    /// Mails a second as it is.
    pub rate: f64,
    /// Seconds since the last slow-down.
    pub slowed: Option<f64>,
    /// Mails that were handed over in the last [`COUNTED_SECONDS`].
    pub taken: i64,
    /// Seconds since the first of them.
    pub first: Option<f64>,
}

/// A slower pace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slower {
    /// Mails a second.
    pub rate: f64,
    /// Seconds until the next mail: when the server has forgotten the first one that it counts.
    pub hold: f64,
}

/// The pace that follows; none if it is slow already.
pub fn slower(now: &TooFast) -> Option<Slower> {
    if now.slowed.is_some_and(|seconds| seconds < ONCE_IN) {
        return None;
    }
    let taken = now.taken as f64 / COUNTED_SECONDS;
    let rate = match now.taken {
        0 => now.rate * HALF,
        _ => (taken * SLOWER).min(now.rate * SLOWER),
    };
    Some(Slower {
        rate: rate.max(SLOWEST).min(now.full),
        hold: (COUNTED_SECONDS - now.first.unwrap_or(0.0)).clamp(0.0, COUNTED_SECONDS),
    })
}

/// By so many mails a second the pace grows in each second.
pub fn growth(full: f64) -> f64 {
    (full * FASTER).max(SLOWEST) / 60.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that takes `limit` mails in any minute, and a sender with `mails` of them.
    struct Simulated {
        limit: usize,
        taken: Vec<f64>,
        refused: usize,
    }

    impl Simulated {
        fn takes(&mut self, at: f64) -> bool {
            let lately = self.taken.iter().filter(|taken| **taken > at - 60.0);
            let takes = lately.count() < self.limit;
            match takes {
                true => self.taken.push(at),
                false => self.refused += 1,
            }
            takes
        }

        /// Seconds until all have arrived. What is refused comes back after half a minute.
        fn send(&mut self, mails: usize) -> f64 {
            let full = 10.0;
            let (mut at, mut left, mut back) = (0.0, mails, Vec::new());
            let mut slow: Option<(f64, f64)> = None;
            while left > 0 || !back.is_empty() {
                back.sort_by(f64::total_cmp);
                let rate = slow.map_or(full, |(rate, since)| {
                    (rate + growth(full) * (at - since)).min(full)
                });
                at += 1.0 / rate;
                if left > 0 {
                    left -= 1;
                } else {
                    at = back.remove(0_usize).max(at);
                }
                if self.takes(at) {
                    continue;
                }
                back.push(at + 30.0);
                let lately: Vec<&f64> = self
                    .taken
                    .iter()
                    .filter(|taken| **taken > at - 60.0)
                    .collect();
                let slower = slower(&TooFast {
                    full,
                    rate,
                    slowed: slow.map(|(_, since)| at - since),
                    taken: i64::try_from(lately.len()).unwrap(),
                    first: lately.first().map(|first| at - **first),
                });
                if let Some(slower) = slower {
                    slow = Some((slower.rate, at));
                    at += slower.hold;
                }
            }
            at
        }
    }

    #[test]
    fn it_goes_nearly_as_fast_as_the_server_allows() {
        for limit in [10, 20, 100] {
            let mut server = Simulated {
                limit,
                taken: Vec::new(),
                refused: 0,
            };
            let mails = limit * 10;
            let seconds = server.send(mails);
            assert_eq!(server.taken.len(), mails);
            assert!(
                seconds < 60.0 * 12.5 && server.refused < mails / 2,
                "{limit} a minute: {seconds} s, {} refused",
                server.refused
            );
        }
    }

    #[test]
    fn it_slows_once_for_all_that_is_in_hand_and_never_to_a_stop() {
        let now = TooFast {
            full: 10.0,
            rate: 10.0,
            slowed: None,
            taken: 20,
            first: Some(2.0),
        };
        let slow = slower(&now).expect("slower");
        assert_eq!((slow.rate * 60.0).round(), 18.0);
        assert_eq!(slow.hold, 58.0);
        assert_eq!(
            slower(&TooFast {
                slowed: Some(3.0),
                ..now
            }),
            None
        );
        let nothing = TooFast {
            taken: 0,
            first: None,
            ..now
        };
        assert_eq!(slower(&nothing).map(|slow| slow.rate), Some(5.0));
        let slowest = TooFast {
            rate: SLOWEST,
            ..nothing
        };
        assert_eq!(slower(&slowest).map(|slow| slow.rate), Some(SLOWEST));
    }

    #[test]
    fn the_full_pace_is_found_again_within_two_hours() {
        for full in [1.0, 10.0, 1_000.0] {
            assert!(growth(full) * 7_200.0 > full, "{full}");
        }
    }
}
