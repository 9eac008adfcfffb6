//! In which order events are delivered.

/// In which order `deliver_all` posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    AsHappened,
    /// Newest first.
    Reversed,
    /// The same seed gives the same order.
    Shuffled(u64),
    /// Each event two times running.
    Twice,
}

impl Order {
    /// The ids of events, oldest first, as they are to be posted.
    pub(super) fn arrange(self, mut ids: Vec<String>) -> Vec<String> {
        match self {
            Order::AsHappened => ids,
            Order::Reversed => {
                ids.reverse();
                ids
            }
            Order::Shuffled(seed) => {
                shuffle(&mut ids, seed);
                ids
            }
            Order::Twice => ids.into_iter().flat_map(|id| [id.clone(), id]).collect(),
        }
    }
}

/// Fisher and Yates, with the numbers of a linear congruential generator (Knuth's MMIX).
fn shuffle(ids: &mut [String], seed: u64) {
    let mut state = seed;
    for last in (1..ids.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let draw = (state >> 33) % (last as u64 + 1);
        ids.swap(last, usize::try_from(draw).unwrap_or(0));
    }
}
