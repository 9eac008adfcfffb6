//! The keys that links are signed with, as they stand in `LINK_KEYS`.

use std::fmt;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{DecodingKey, EncodingKey};
use rand::{CryptoRng, Rng};
use sha2::Sha256;

/// The shortest key, in bytes: what HS256 asks for (RFC 7518, 3.2).
const MIN_BYTES: usize = 32;

/// People lose the `=` at the end when they copy a key.
const PADDED_OR_NOT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The longest name of a key, so that every token stays short.
const MAX_KID: usize = 32;

/// What a generated name is drawn from: nothing that looks like something else.
const KID_LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// All keys of the service, ready for use. `Debug` names them and shows nothing of them.
pub struct LinkKeys {
    /// Never empty: the first signs, all verify.
    keys: Vec<LinkKey>,
}

pub(super) struct LinkKey {
    pub(super) kid: String,
    pub(super) sign: EncodingKey,
    pub(super) verify: DecodingKey,
}

/// What is wrong with `LINK_KEYS`. The key itself is never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkKeysError {
    /// Nothing there.
    #[error("there is no link key; `freshmint keys new` prints one")]
    Empty,
    /// The n-th entry, counted from 1, has no name before a colon.
    #[error("link key {0} must have the form kid:base64, as `freshmint keys new` prints it")]
    Form(usize),
    /// The name of the n-th entry has other characters than are allowed, or too many.
    #[error("the name of link key {0} must be 1 to 32 letters, digits, - or _")]
    Kid(usize),
    /// Two keys under one name.
    #[error("there are two link keys named {0}; give each its own name")]
    Duplicate(String),
    /// The key does not decode.
    #[error("link key {0} is not base64; `freshmint keys new` prints a good one")]
    Base64(String),
    /// The key can be guessed.
    #[error(
        "link key {0} has {1} bytes; it needs at least 32, `freshmint keys new` prints a good one"
    )]
    Short(String, usize),
}

impl LinkKeys {
    /// Reads `kid:base64[,kid:base64…]` (standard base64 with padding, blanks between entries
    /// allowed).
    pub fn parse(text: &str) -> Result<Self, LinkKeysError> {
        if text.trim().is_empty() {
            return Err(LinkKeysError::Empty);
        }
        let mut keys: Vec<LinkKey> = Vec::new();
        for (at, entry) in text.split(',').enumerate() {
            let key = LinkKey::parse(entry.trim(), at + 1)?;
            if keys.iter().any(|other| other.kid == key.kid) {
                return Err(LinkKeysError::Duplicate(key.kid));
            }
            keys.push(key);
        }
        Ok(Self { keys })
    }

    /// A fresh key as `kid:base64`, for `LINK_KEYS`: a name of `k` and six characters, and 32 bytes.
    pub fn generate(random: &mut (impl CryptoRng + ?Sized)) -> String {
        let letters = |_| char::from(KID_LETTERS[random.random_range(0..KID_LETTERS.len())]);
        let kid: String = (0..6).map(letters).collect();
        let mut key = [0; MIN_BYTES];
        random.fill_bytes(&mut key);
        format!("k{kid}:{}", STANDARD.encode(key))
    }

    /// The key that signs.
    pub(super) fn first(&self) -> &LinkKey {
        &self.keys[0]
    }

    /// A secret for another purpose than links, made of the key that signs: the same in all replicas, and no
    /// way back to the key. What is hashed begins as no token does.
    pub fn secret_for(&self, purpose: &str) -> [u8; 32] {
        let key = self.first().sign.as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
        mac.update(b"secret for ");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// How many keys there are; never none.
    #[expect(
        clippy::len_without_is_empty,
        reason = "there is always one that signs"
    )]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The key of this name.
    pub(super) fn find(&self, kid: &str) -> Option<&LinkKey> {
        self.keys.iter().find(|key| key.kid == kid)
    }
}

impl LinkKey {
    fn parse(entry: &str, number: usize) -> Result<Self, LinkKeysError> {
        let (kid, key) = entry.split_once(':').ok_or(LinkKeysError::Form(number))?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if kid.is_empty() || kid.len() > MAX_KID || !kid.bytes().all(allowed) {
            return Err(LinkKeysError::Kid(number));
        }
        let kid = kid.to_owned();
        let Ok(secret) = PADDED_OR_NOT.decode(key.trim()) else {
            return Err(LinkKeysError::Base64(kid));
        };
        if secret.len() < MIN_BYTES {
            return Err(LinkKeysError::Short(kid, secret.len()));
        }
        Ok(Self {
            kid,
            sign: EncodingKey::from_secret(&secret),
            verify: DecodingKey::from_secret(&secret),
        })
    }
}

impl fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.keys.iter().map(|key| &key.kid))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    #[test]
    fn several_keys_are_read_and_debug_shows_their_names_only() {
        let keys = LinkKeys::parse(&format!("new:{KEY}, old:{KEY}")).unwrap();
        assert_eq!(keys.first().kid, "new");
        assert_eq!(format!("{keys:?}"), r#"["new", "old"]"#);
    }

    #[test]
    fn a_bad_key_is_named_and_never_shown() {
        let cases = [
            (" ".to_owned(), LinkKeysError::Empty),
            (KEY.to_owned(), LinkKeysError::Form(1)),
            (format!("a:{KEY},"), LinkKeysError::Form(2)),
            (format!(":{KEY}"), LinkKeysError::Kid(1)),
            (format!("a b:{KEY}"), LinkKeysError::Kid(1)),
            (format!("{}:{KEY}", "k".repeat(33)), LinkKeysError::Kid(1)),
            (
                format!("a:{KEY},a:{KEY}"),
                LinkKeysError::Duplicate("a".into()),
            ),
            ("a:c2VjcmV0!".to_owned(), LinkKeysError::Base64("a".into())),
            ("a:".to_owned(), LinkKeysError::Short("a".into(), 0)),
            ("a:c2VjcmV0".to_owned(), LinkKeysError::Short("a".into(), 6)),
        ];
        for (text, error) in cases {
            let refused = LinkKeys::parse(&text).unwrap_err();
            assert!(!refused.to_string().contains("c2Vj") && !refused.to_string().contains(KEY));
            assert_eq!(refused, error);
        }
    }

    #[test]
    fn a_generated_key_can_be_read_and_is_another_each_time() {
        let mut random = StdRng::seed_from_u64(1);
        let (one, two) = (
            LinkKeys::generate(&mut random),
            LinkKeys::generate(&mut random),
        );
        let keys = LinkKeys::parse(&format!("{one},{two}")).unwrap();
        assert_eq!(keys.first().kid.len(), 7);
        assert_ne!(one[8..], two[8..]);
    }
}
