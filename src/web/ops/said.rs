//! How things stand, in one sentence: pages of figures begin with some.

use serde::Serialize;

/// A sentence with a mark.
#[derive(Debug, Serialize)]
pub struct Said {
    /// Whether nobody has to look into it; none where nothing has happened that would tell.
    pub good: Option<bool>,
    pub text: String,
}

impl Said {
    /// Of figures that would take too long to count.
    pub fn too_many(what: &str) -> Self {
        Self {
            good: None,
            text: format!(
                "{what} would take too long to count, so many are of this time: choose fewer days."
            ),
        }
    }
}
