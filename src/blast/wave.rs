//! The first wave of a mailing: which mails go first, and whether their outcomes let the rest go. Pure.
//!
//! An address that is wrong is one family's trouble; a sender that a provider does not like, or a list from
//! last year, is all of theirs. A few mails show which it is while the others can still be held.

use std::collections::{BTreeMap, HashSet};

use super::stop::{PausedBy, Stop};

/// So many mails go first, if nothing is said.
pub(super) const USUAL: u32 = 10;
/// The largest wave that can be asked for: more shows nothing more.
pub(super) const LARGEST: u32 = 1_000;

/// Which of these mails go first, by their place: `most` of them, over as many domains as there are, those
/// with most mails first. `domains` has the domain of each mail. None if that were all of them: there would
/// be nothing to hold.
pub(super) fn chosen(domains: &[String], most: u32) -> HashSet<usize> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if domains.len() <= most {
        return HashSet::new();
    }
    let mut of_domain: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, domain) in domains.iter().enumerate() {
        of_domain.entry(domain).or_default().push(place);
    }
    let mut groups: Vec<Vec<usize>> = of_domain.into_values().collect();
    groups.sort_by_key(|places| (usize::MAX - places.len(), places[0]));
    let longest = groups.first().map_or(0, Vec::len);
    // One of each domain, then the second of each.
    let in_turn = (0..longest).flat_map(|turn| groups.iter().filter_map(move |it| it.get(turn)));
    in_turn.take(most).copied().collect()
}

/// What became of the mails of a first wave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WaveOutcomes {
    /// Without an outcome: not tried yet, in hand, or asked to wait for less than an hour.
    pub open: i64,
    /// Asked to wait for an hour: one that never gets through does not hold the others for two days.
    pub late: i64,
    /// Taken by a mail server.
    pub accepted: i64,
    /// Came back.
    pub bounced: i64,
    /// Nobody knows.
    pub unknown: i64,
    /// Given up.
    pub given_up: i64,
}

impl WaveOutcomes {
    /// How many they are. What was paid meanwhile, or is not written to, is no longer among them.
    pub fn mails(&self) -> i64 {
        self.open + self.tried()
    }

    fn tried(&self) -> i64 {
        self.late + self.accepted + self.bounced + self.unknown + self.given_up
    }

    /// Whether they can be judged.
    pub(super) fn are_in(&self) -> bool {
        self.open == 0
    }

    /// Why the rest does not go, if it does not: more than one came back, nobody knows of one, or fewer than
    /// half were accepted.
    pub(super) fn stop(&self) -> Option<Stop> {
        let tried = self.tried();
        let stop = |why, count| Stop {
            why,
            count,
            of: tried,
        };
        if self.bounced > 1 {
            Some(stop(PausedBy::WaveBounced, self.bounced))
        } else if self.unknown > 0 {
            Some(stop(PausedBy::WaveUnknown, self.unknown))
        } else if self.accepted * 2 < tried {
            Some(stop(PausedBy::WaveNotTaken, self.accepted))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(domains: &[&str], most: u32) -> Vec<usize> {
        let domains: Vec<String> = domains.iter().map(ToString::to_string).collect();
        let mut places: Vec<usize> = chosen(&domains, most).into_iter().collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn a_wave_is_spread_over_the_domains() {
        let domains = ["a", "b", "b", "c", "b", "a", "d"];
        assert_eq!(places(&domains, 1), [1], "the one with most of them");
        assert_eq!(places(&domains, 3), [0, 1, 3]);
        assert_eq!(places(&domains, 4), [0, 1, 3, 6]);
        assert_eq!(places(&domains, 6), [0, 1, 2, 3, 5, 6]);
    }

    #[test]
    fn where_nothing_would_be_held_there_is_no_wave() {
        for most in [0, 2, 3, u32::MAX] {
            assert!(places(&["a", "a"], most).is_empty(), "{most}");
        }
        assert_eq!(places(&["a", "a"], 1), [0]);
    }

    fn of_ten(bounced: i64, unknown: i64, accepted: i64) -> Option<(PausedBy, i64, i64)> {
        let outcomes = WaveOutcomes {
            bounced,
            unknown,
            accepted,
            late: 10 - bounced - unknown - accepted,
            ..WaveOutcomes::default()
        };
        outcomes.stop().map(|stop| (stop.why, stop.count, stop.of))
    }

    #[test]
    fn one_bad_address_is_one_family_s_and_two_are_looked_at() {
        assert_eq!(of_ten(0, 0, 10), None);
        assert_eq!(of_ten(1, 0, 9), None);
        assert_eq!(of_ten(2, 0, 8), Some((PausedBy::WaveBounced, 2, 10)));
        assert_eq!(of_ten(0, 1, 9), Some((PausedBy::WaveUnknown, 1, 10)));
    }

    #[test]
    fn half_of_them_must_be_accepted() {
        assert_eq!(of_ten(0, 0, 5), None);
        assert_eq!(of_ten(1, 0, 5), None);
        assert_eq!(of_ten(0, 0, 4), Some((PausedBy::WaveNotTaken, 4, 10)));
        // All were paid or unsubscribed before their turn: nothing speaks against the rest.
        assert_eq!(WaveOutcomes::default().stop(), None);
        let open = WaveOutcomes {
            open: 1,
            ..WaveOutcomes::default()
        };
        assert!(!open.are_in() && WaveOutcomes::default().are_in());
    }
}
