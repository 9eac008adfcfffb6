//! Why there is no connection, in PostgreSQL's own words.

use std::ffi::CString;

use diesel::ConnectionError;
use pq_sys::{PGPing, PQping};

use super::DbError;
use crate::{
    config::Secret,
    foreign_text::{ForeignText, Limit, safe},
};

/// Of what is passed on: a sentence or two.
const LONGEST: Limit = Limit::characters(300);

/// Why the last attempt to connect failed.
#[derive(Clone)]
pub(super) struct Refusal {
    words: String,
    /// Whether a server is there and answers.
    answered: bool,
}

impl Refusal {
    /// What an attempt to connect failed with.
    pub fn new(url: &Secret, error: &ConnectionError) -> Self {
        Self {
            words: words(&error.to_string(), url),
            answered: false,
        }
    }

    /// Asks whether a server is there, which may take seconds. An error has no code for it, only words,
    /// and those may be in any language.
    pub fn looked_at(self, url: &Secret) -> Self {
        Self {
            answered: answers(url),
            ..self
        }
    }
}

impl From<Refusal> for DbError {
    fn from(refusal: Refusal) -> Self {
        if refusal.answered {
            Self::NotLetIn(refusal.words)
        } else {
            Self::Unreachable(refusal.words)
        }
    }
}

/// One line, bounded, without the address and its password.
fn words(said: &str, url: &Secret) -> String {
    let mut text = said.replace(url.expose(), "[DATABASE_URL]");
    if let Some(password) = password(url.expose()) {
        text = text.replace(password, "[password]");
    }
    let text: String = safe(text.chars()).collect();
    // libpq indents what belongs together.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    ForeignText::new(&text, LONGEST).into()
}

fn password(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (who, _) = rest.split_once('@')?;
    let (_, password) = who.split_once(':')?;
    Some(password).filter(|password| !password.is_empty())
}

/// Whether a PostgreSQL server is there and answers, whomever it lets in.
fn answers(url: &Secret) -> bool {
    let Ok(url) = CString::new(url.expose()) else {
        return false;
    };
    // SAFETY: `url` is a text that ends with NUL and outlives the call, which keeps nothing of it.
    let answer = unsafe { PQping(url.as_ptr()) };
    matches!(answer, PGPing::PQPING_OK | PGPing::PQPING_REJECT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_bounded_line_without_the_password() {
        let url = Secret::new("postgres://u:geheim@h/d");
        let said = format!(
            "FATAL: geheim\n\tpostgres://u:geheim@h/d \u{1b}[1m{}",
            "x".repeat(999)
        );
        let words = words(&said, &url);
        assert!(
            words.starts_with("FATAL: [password] [DATABASE_URL] [1m"),
            "{words}"
        );
        assert_eq!(words.chars().count(), 300);
    }
}
