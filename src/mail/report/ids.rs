//! By what a report names a mail: 16 random bytes of ours, or the id that a provider has given it.

use uuid::Uuid;

/// Ids that one report can name.
const MOST: usize = 20;
/// A provider's id has so many letters: shorter ones can be guessed.
const LETTERS: std::ops::RangeInclusive<usize> = 32..=200;

/// What a report calls its mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ids {
    /// The random part of a Message-ID or of an envelope sender of ours.
    pub ours: Vec<Uuid>,
    /// What a mail provider calls it.
    pub theirs: Vec<String>,
}

impl Ids {
    /// Nothing is named.
    pub fn is_empty(&self) -> bool {
        self.ours.is_empty() && self.theirs.is_empty()
    }

    /// Takes what a text has of ours: a Message-ID, an address that names the mail, wherever it stands.
    pub(super) fn take(&mut self, text: &str) {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        let ids = words.filter(|word| matches!(word.len(), 32 | 36));
        for id in ids.filter_map(|word| Uuid::try_parse(word).ok()) {
            if !self.ours.contains(&id) && self.ours.len() < MOST {
                self.ours.push(id);
            }
        }
    }

    /// Takes a Message-ID: ours, or the provider's that stands in place of ours.
    pub(super) fn take_message_id(&mut self, text: &str) {
        self.take(text);
        let inner = text.trim().trim_start_matches('<');
        if let Some((local, _)) = inner.split_once('@') {
            self.take_theirs(local);
        }
    }

    /// Takes a provider's id.
    pub(super) fn take_theirs(&mut self, id: &str) {
        let id = id.trim();
        if is_theirs(id) && self.theirs.len() < MOST && !self.theirs.iter().any(|it| it == id) {
            self.theirs.push(id.to_owned());
        }
    }
}

/// The id that a server gives a mail when it takes it, if nobody can guess it: `250 Ok 0102018f…-000000`.
pub fn server_id(reply: &str) -> Option<String> {
    let words = reply.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
    let id = words
        .filter(|word| is_theirs(word))
        .max_by_key(|word| word.len());
    id.map(str::to_owned)
}

fn is_theirs(id: &str) -> bool {
    let letters = id.chars().all(|c| c.is_ascii_graphic());
    letters && LETTERS.contains(&id.len()) && id.contains(|c: char| c.is_ascii_digit())
}
