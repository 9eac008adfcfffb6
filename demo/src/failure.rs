//! Why there is no demo.

use std::fmt::Display;

/// One sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    pub fn new(sentence: impl Display) -> Self {
        Self(sentence.to_string())
    }
}
