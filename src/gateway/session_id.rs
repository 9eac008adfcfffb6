//! The id of a Checkout Session.

use std::fmt;

/// `cs_…`, as Stripe names a Checkout Session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionId(String);

/// Longer than any that Stripe makes.
const MAX: usize = 255;

/// Why a cell names no Checkout Sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionIdError {
    /// Something else, such as the address of a checkout.
    #[error(
        "write the ids of Checkout Sessions alone, as Stripe shows them (cs_live_…), with a blank between two"
    )]
    NoId,
    /// More than Stripe would make.
    #[error("an id has more than {MAX} characters; copy it from Stripe again")]
    TooLong,
    /// The same id again.
    #[error("the same id stands here twice; keep one")]
    Twice,
}

impl SessionId {
    /// Checks one id.
    pub fn parse(text: &str) -> Result<Self, SessionIdError> {
        let rest = text.strip_prefix("cs_").ok_or(SessionIdError::NoId)?;
        let own = ["test_", "live_"]
            .iter()
            .find_map(|mode| rest.strip_prefix(mode))
            .unwrap_or(rest);
        let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if own.is_empty() || !own.bytes().all(is_safe) {
            return Err(SessionIdError::NoId);
        }
        if text.len() > MAX {
            return Err(SessionIdError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is about real money, as far as the id tells.
    pub fn livemode(&self) -> Option<bool> {
        if self.0.starts_with("cs_live_") {
            Some(true)
        } else {
            self.0.starts_with("cs_test_").then_some(false)
        }
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> Self {
        id.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
