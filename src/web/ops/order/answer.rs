//! What an order's page says first: why it is not paid, and the next step.

use serde::Serialize;

use crate::web::ops::prose::Prose;

/// What the page says first.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// A heading: *Why it is not paid*, *Nothing to do*.
    pub heading: &'static str,
    /// One or two sentences.
    pub why: Prose,
    /// What to do, in a frame of its own.
    pub next: Option<Step>,
}

/// The next step.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub title: &'static str,
    pub text: Prose,
    pub buttons: Vec<Button>,
}

/// A button of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Button {
    /// It leads to a page.
    Link {
        href: String,
        word: &'static str,
        mark: &'static str,
    },
    /// It copies the pay link.
    Copy { copies: &'static str },
}

/// Copies the pay link.
pub const COPY: Button = Button::Copy {
    copies: "Copy the link",
};
