//! What the shop wants to find again at Stripe and in its mails.
//!
//! Stripe's limits (<https://docs.stripe.com/metadata>): 50 keys of at most 40 characters without
//! square brackets, values of at most 500. Three of the keys are ours.

use serde::{Serialize, Serializer};

use super::text::{TextError, one_line};
use crate::foreign_text::composed;

/// The keys that every session carries from us; an order may not bring its own.
pub const RESERVED: [&str; 3] = ["order_id", "reference", "freshmint_session"];

/// How many keys are left for the order's own metadata.
pub const MAX_KEYS: usize = 50 - RESERVED.len();

/// Checked key-value pairs, sorted by key. No tree: the smallest has room for eleven pairs, and an import
/// holds hundreds of thousands of orders with a few.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata(Vec<(String, String)>);

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Why a pair cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// An empty key, or one that is too long or has control characters.
    #[error("the key must have 1 to 40 characters, all in one line")]
    Key,
    /// Stripe refuses `[` and `]` in keys.
    #[error("the key must not contain square brackets; Stripe refuses them")]
    Brackets,
    /// One of [`RESERVED`].
    #[error("this key is set by Freshmint itself; choose another name")]
    Reserved,
    /// A value that is too long or has control characters.
    #[error("{0}")]
    Value(TextError),
    /// More than [`MAX_KEYS`].
    #[error("there are more than {MAX_KEYS} keys, which is what Stripe leaves room for; drop some")]
    TooMany,
}

impl Metadata {
    /// Checks a key by itself.
    pub fn check_key(key: &str) -> Result<(), MetadataError> {
        if key.trim().is_empty() || one_line(key, 40).is_err() {
            return Err(MetadataError::Key);
        }
        if key.contains(['[', ']']) {
            return Err(MetadataError::Brackets);
        }
        if RESERVED.contains(&key) {
            Err(MetadataError::Reserved)
        } else {
            Ok(())
        }
    }

    /// Adds or replaces a pair.
    pub fn insert(&mut self, key: &str, value: &str) -> Result<(), MetadataError> {
        Self::check_key(key)?;
        let (key, value) = (composed(key), composed(value));
        one_line(&value, 500).map_err(MetadataError::Value)?;
        if self.0.len() == MAX_KEYS && self.get(&key).is_none() {
            return Err(MetadataError::TooMany);
        }
        self.put(key, value);
        Ok(())
    }

    /// Adds a pair that Stripe has taken before, as it is. One that there is no room for beside our own
    /// is left out.
    pub fn keep(&mut self, key: &str, value: &str) {
        if self.0.len() < MAX_KEYS && !RESERVED.contains(&key) && key.chars().count() <= 40 {
            self.put(key.to_owned(), value.to_owned());
        }
    }

    fn put(&mut self, key: String, value: String) {
        match self.place(&key) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, (key, value));
            }
        }
    }

    /// Where a key stands, or belongs.
    fn place(&self, key: &str) -> Result<usize, usize> {
        (self.0).binary_search_by(|(known, _)| known.as_str().cmp(key))
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.place(key).ok().map(|at| self.0[at].1.as_str())
    }

    /// All pairs, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_pairs_are_kept_in_the_order_of_their_keys() {
        let mut metadata = Metadata::default();
        metadata.insert("team", "U12").unwrap();
        metadata.insert("child", "Zoë").unwrap();
        assert_eq!(
            metadata.iter().collect::<Vec<_>>(),
            [("child", "Zoë"), ("team", "U12")]
        );
        assert_eq!(metadata.get("team"), Some("U12"));
    }

    #[test]
    fn what_stripe_refuses_is_refused_here() {
        let refusal = |key: &str, value: &str| Metadata::default().insert(key, value).unwrap_err();
        assert_eq!(refusal("", "x"), MetadataError::Key);
        assert_eq!(refusal(&"k".repeat(41), "x"), MetadataError::Key);
        assert_eq!(refusal("a\nb", "x"), MetadataError::Key);
        assert_eq!(refusal("a[0]", "x"), MetadataError::Brackets);
        let long = MetadataError::Value(TextError::TooLong {
            length: 501,
            max: 500,
        });
        assert_eq!(refusal("a", &"v".repeat(501)), long);
        assert_eq!(
            refusal("a", "x\0"),
            MetadataError::Value(TextError::Control)
        );
    }

    #[test]
    fn our_own_keys_are_reserved_and_leave_room_for_47() {
        for key in RESERVED {
            assert_eq!(Metadata::check_key(key), Err(MetadataError::Reserved));
        }
        let mut metadata = Metadata::default();
        for at in 0..47 {
            metadata.insert(&format!("k{at}"), "v").unwrap();
        }
        assert_eq!(metadata.insert("k47", "v"), Err(MetadataError::TooMany));
        assert_eq!(metadata.insert("k46", "again"), Ok(()));
    }
}
