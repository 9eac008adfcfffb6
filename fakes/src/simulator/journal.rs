//! What was asked, line by line.

use std::collections::VecDeque;

use serde_json::Value;

/// Older lines are forgotten.
const MOST: usize = 20_000;

/// One call of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// `GET` or `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The query, nested, every leaf a string.
    pub query: Value,
    /// The body, nested, every leaf a string.
    pub params: Value,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
    /// The `Stripe-Version` header.
    pub version: Option<String>,
    /// None as long as there is no answer, and for ever when the call hung or was reset.
    pub status: Option<u16>,
    /// Answered from what an idempotency key kept.
    pub replayed: bool,
    /// Which TCP connection it came in on.
    pub connection: u64,
}

#[derive(Debug, Default)]
pub struct Journal {
    lines: VecDeque<Asked>,
    forgotten: u64,
}

impl Journal {
    /// Returns the line's number, for `answered`.
    pub fn asked(&mut self, asked: Asked) -> u64 {
        self.lines.push_back(asked);
        if self.lines.len() > MOST {
            self.lines.pop_front();
            self.forgotten += 1;
        }
        self.forgotten + self.lines.len() as u64 - 1
    }

    pub fn answered(&mut self, number: u64, status: u16, replayed: bool) {
        let at = number.checked_sub(self.forgotten);
        let at = at.and_then(|at| usize::try_from(at).ok());
        if let Some(line) = at.and_then(|at| self.lines.get_mut(at)) {
            line.status = Some(status);
            line.replayed = replayed;
        }
    }

    /// Oldest first.
    pub fn lines(&self) -> Vec<Asked> {
        self.lines.iter().cloned().collect()
    }

    /// Newest first.
    pub fn last(&self, count: usize) -> Vec<Asked> {
        self.lines.iter().rev().take(count).cloned().collect()
    }

    pub fn clear(&mut self) {
        self.forgotten += self.lines.len() as u64;
        self.lines.clear();
    }
}
