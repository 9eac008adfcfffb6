//! By what it is known that somebody has been counted today.
//!
//! What a request tells of its sender (address and browser) is keyed at once with a secret of the process's
//! configuration: that is all that leaves the request. Before it is written, it is keyed again with the salt of
//! the day, for each thing that is counted by itself. With the salt gone, nobody can make the marker of a known
//! person; and with a copy of the database of the same day, whoever has no `LINK_KEYS` cannot either.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::words::Dimension;

/// A salt, as its row has it.
pub type Salt = [u8; 32];

/// What the rows have: so many bytes that two of a day are never the same by accident.
pub type Marker = [u8; 16];

/// Somebody, as memory knows them for ten seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of whoever calls from this address with this browser.
    pub fn of(secret: &Keyed, caller: &str, user_agent: &[u8]) -> Self {
        Self(secret.hash(&[caller.as_bytes(), user_agent]))
    }

    /// Their marker for one thing that is counted: different for each, so that rows tell of nobody what else
    /// they did.
    pub fn marker(self, salt: &Salt, dimension: Dimension, value: &str, visitor: &str) -> Marker {
        let parts = [
            dimension.name().as_bytes(),
            value.as_bytes(),
            visitor.as_bytes(),
            &self.0,
        ];
        let full = Keyed::with(salt).hash(&parts);
        std::array::from_fn(|at| full[at])
    }
}

/// HMAC-SHA256 with a key that has been taken in: a third of all work where little is hashed.
#[derive(Clone)]
pub struct Keyed(Hmac<Sha256>);

impl Keyed {
    /// Takes the key in.
    pub fn with(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes any key"))
    }

    /// The length before each part keeps two lists of parts from being the same text.
    fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_of_one_person_one_salt_one_secret_and_one_thing() {
        let of = |secret: u8, caller: &str, browser: &str, salt: u8, value: &str| {
            Fingerprint::of(&Keyed::with(&[secret; 32]), caller, browser.as_bytes()).marker(
                &[salt; 32],
                Dimension::Page,
                value,
                "person",
            )
        };
        let one = of(1, "203.0.113.7", "Firefox", 1, "pay");
        assert_eq!(one, of(1, "203.0.113.7", "Firefox", 1, "pay"));
        for other in [
            of(2, "203.0.113.7", "Firefox", 1, "pay"),
            of(1, "203.0.113.8", "Firefox", 1, "pay"),
            of(1, "203.0.113.7", "Safari", 1, "pay"),
            of(1, "203.0.113.7", "Firefox", 2, "pay"),
            of(1, "203.0.113.7", "Firefox", 1, "return"),
            of(1, "203.0.113.7F", "irefox", 1, "pay"),
        ] {
            assert_ne!(one, other);
        }
    }
}
