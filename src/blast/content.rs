//! What an approval is bound to: the words, and for each recipient the address and the mail.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::mail::Text;

/// Stands for the pay link while a mail is compared: keys can be rotated without voiding approvals.
pub const PAY_URL: &str = "https://pay.invalid/pay/link";
/// Stands for the link to unsubscribe.
pub const UNSUBSCRIBE_URL: &str = "https://pay.invalid/unsubscribe/link";

/// One recipient's mail in 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of whom it goes to, and of what it says with [`PAY_URL`] and [`UNSUBSCRIBE_URL`] in it.
    pub fn of(order: Uuid, address: &str, text: &Text) -> Self {
        let mut hash = Sha256::new();
        hash.update(order.as_bytes());
        for part in [address, &text.subject, &text.body] {
            put(&mut hash, part);
        }
        Self(hash.finalize().into())
    }

    /// Reads the column.
    pub fn from_column(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// The hash that an approval names: of both templates, and of the recipients in order-id order.
pub fn hash(subject: &str, body: &str, recipients: impl IntoIterator<Item = Digest>) -> String {
    let mut hash = Sha256::new();
    put(&mut hash, subject);
    put(&mut hash, body);
    for Digest(recipient) in recipients {
        hash.update(recipient);
    }
    hex::encode(hash.finalize())
}

/// With its length before it, so that no two lists of texts look alike.
fn put(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(subject: &str, body: &str) -> Text {
        Text {
            subject: subject.to_owned(),
            body: body.to_owned(),
        }
    }

    #[test]
    fn each_part_counts_and_so_does_where_it_ends() {
        let one = Digest::of(Uuid::nil(), "kim@example.org", &text("a", "b"));
        let others = [
            Digest::of(Uuid::max(), "kim@example.org", &text("a", "b")),
            Digest::of(Uuid::nil(), "joe@example.org", &text("a", "b")),
            Digest::of(Uuid::nil(), "kim@example.org", &text("ab", "")),
            Digest::of(Uuid::nil(), "kim@example.org", &text("", "ab")),
        ];
        assert!(others.iter().all(|other| *other != one));
        assert_eq!(
            one,
            Digest::of(Uuid::nil(), "kim@example.org", &text("a", "b"))
        );
    }

    #[test]
    fn the_hash_is_of_the_templates_and_of_every_recipient_in_turn() {
        let [one, two] = [Digest([1; 32]), Digest([2; 32])];
        let all = [
            hash("a", "b", [one, two]),
            hash("a", "b", [two, one]),
            hash("a", "b", [one]),
            hash("a", "b", []),
            hash("ab", "", [one, two]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert_eq!(one.len(), 64);
            assert!(!all[at + 1..].contains(one));
        }
    }
}
