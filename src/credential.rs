//! Random values that let somebody in: made, known by their shape, and kept as their hash alone. Whose they
//! are stands with whoever gives them out: tokens of the API, sessions, links in mails.

use sha2::{Digest, Sha256};

use crate::random;

/// A value of `BYTES` random bytes, in hex: mail programs break addresses at other signs.
pub fn fresh<const BYTES: usize>() -> String {
    hex::encode(random::bytes::<BYTES>())
}

/// Whether a text may be one of `BYTES` bytes, so that whatever else callers send costs no look at the
/// database.
pub fn is_shaped<const BYTES: usize>(text: &str) -> bool {
    text.len() == 2 * BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What is kept of one. It has 192 random bits or more, so it needs no salt.
pub fn hash(value: &str) -> Vec<u8> {
    Sha256::digest(value.as_bytes()).to_vec()
}
