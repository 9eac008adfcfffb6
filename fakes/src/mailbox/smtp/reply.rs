//! What the server says, and why it says no more.

use std::{fmt, io};

/// A code and its text, of one line or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    lines: Vec<String>,
}

impl Reply {
    /// The text begins with the enhanced code, where there is one.
    pub fn new(code: u16, text: impl Into<String>) -> Self {
        Self {
            code,
            lines: vec![text.into()],
        }
    }

    pub fn with_lines(code: u16, lines: Vec<String>) -> Self {
        Self { code, lines }
    }

    /// To a command out of its turn.
    pub fn bad_sequence(text: &str) -> Self {
        Self::new(503, format!("5.5.1 {text}"))
    }

    pub fn is_yes(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Nothing follows after these: 221 answers `QUIT`, 421 says that the server is going.
    pub fn is_last(&self) -> bool {
        matches!(self.code, 221 | 421)
    }
}

/// As on the wire.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.lines.len().saturating_sub(1);
        for (at, line) in self.lines.iter().enumerate() {
            let between = if at == last { ' ' } else { '-' };
            write!(f, "{}{between}{line}\r\n", self.code)?;
        }
        Ok(())
    }
}

/// Why a connection ends without another reply.
#[derive(Debug)]
pub enum End {
    /// The client has left, or the line is broken.
    Left(io::Error),
    /// A rule wants it closed.
    Drop,
    /// A rule wants it closed, and nothing kept.
    DropUnkept,
    /// A rule wants it silent.
    Hang,
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Left(error)
    }
}
