//! Everything that is wrong with what was handed in, in one answer.

use std::fmt;

use serde::Serialize;

use crate::legible::{EXCERPT, excerpt};

/// How many are told: whoever mends a hundred asks again.
const MOST: usize = 100;

/// One thing that is wrong: where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The path of the field in the request: `lines[1].quantity`.
    pub field: String,
    /// A sentence for whoever sent it. It never repeats an e-mail address.
    pub reason: String,
}

/// All that is wrong with one request. As an error it holds at least one [`Problem`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The problems in the order of the fields.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// Notes a problem, if there is room. A field may be named by whoever sent it.
    pub fn add(&mut self, field: impl AsRef<str>, reason: impl ToString) {
        if self.0.len() < MOST {
            self.0.push(Problem {
                field: excerpt(field.as_ref(), EXCERPT),
                reason: reason.to_string(),
            });
        }
    }

    /// Takes the value out of a check, or notes why there is none.
    pub fn take<T, E: ToString>(&mut self, field: &str, checked: Result<T, E>) -> Option<T> {
        checked.map_err(|reason| self.add(field, reason)).ok()
    }

    /// The value if nothing was noted. A value that is missing has been noted as a problem.
    ///
    /// # Errors
    /// All that was noted.
    pub fn or<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self),
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Problem { field, reason }) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{field}: {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
