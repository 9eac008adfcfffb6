//! The key under which a caller asks for a refund.

use serde::Deserialize;

/// Letters of a key: a UUID and a word have room.
const LONGEST: usize = 100;

/// 1 to 100 visible ASCII characters. No `@`, so that no address is kept with it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct RefundKey(String);

/// A text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key has 1 to {LONGEST} visible ASCII characters, and no @")]
pub struct NoKey;

impl RefundKey {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RefundKey {
    type Error = NoKey;

    fn try_from(text: String) -> Result<Self, NoKey> {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'@';
        let fits = (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_plain);
        if fits { Ok(Self(text)) } else { Err(NoKey) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_and_no_address() {
        let parse = |text: &str| RefundKey::try_from(text.to_owned());
        for text in ["1", "a-key_of.ours:7", &"k".repeat(LONGEST)] {
            assert_eq!(parse(text).expect(text).as_str(), text);
        }
        let long = "k".repeat(LONGEST + 1);
        for text in ["", " ", "a b", "ann@example.org", "ü", "a\n", "a\0", &long] {
            assert_eq!(parse(text), Err(NoKey), "{text:?}");
        }
    }
}
