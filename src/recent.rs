//! What happened lately, in bounded memory: so many keys, and those of long ago make room.

use std::{collections::HashMap, hash::Hash, mem};

/// A map of two generations. Once the younger is full it becomes the older, which is forgotten; a key that
/// is asked for comes into the younger. A caller makes others forgotten only by coming under as many names.
#[derive(Debug)]
pub struct Recent<K, V> {
    most: usize,
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    /// Remembers the last `most` keys, and no more than twice as many.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }

    /// What is known of a key, or what `fresh` makes.
    pub fn entry(&mut self, key: K, fresh: impl FnOnce() -> V) -> &mut V {
        let known = if self.young.contains_key(&key) {
            None
        } else {
            let known = self.old.remove(&key);
            if self.young.len() >= self.most {
                self.old = mem::take(&mut self.young);
            }
            known
        };
        self.young
            .entry(key)
            .or_insert_with(|| known.unwrap_or_else(fresh))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_comes_again_is_known_and_the_memory_is_bounded() {
        let mut recent = Recent::new(10);
        *recent.entry(0, || 0) = 7;
        for key in 1..1_000 {
            recent.entry(key, || key);
            assert_eq!(*recent.entry(0, || 0), 7, "after {key}");
            assert!(recent.young.len() + recent.old.len() <= 20);
        }
        assert_eq!(*recent.entry(1, || 1_001), 1_001, "of long ago");
    }
}
