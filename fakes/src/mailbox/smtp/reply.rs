//! What the server says, and why it says no more.

use std::io;

/// A code and its text, of one line or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    text: Text,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Text {
    Lines(Vec<String>),
    /// The whole reply, code and all.
    Raw(Vec<u8>),
}

impl Reply {
    /// The text begins with the enhanced code, where there is one.
    pub fn new(code: u16, text: impl Into<String>) -> Self {
        Self {
            code,
            text: Text::Lines(vec![text.into()]),
        }
    }

    pub fn with_lines(code: u16, lines: Vec<String>) -> Self {
        Self {
            code,
            text: Text::Lines(lines),
        }
    }

    /// These bytes and nothing around them. The code is 0 where they begin with none.
    pub fn raw(bytes: Vec<u8>) -> Self {
        let digits = bytes
            .get(..3)
            .and_then(|code| std::str::from_utf8(code).ok());
        Self {
            code: digits.and_then(|code| code.parse().ok()).unwrap_or(0),
            text: Text::Raw(bytes),
        }
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

    pub fn is_raw(&self) -> bool {
        matches!(self.text, Text::Raw(_))
    }

    /// As on the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let lines = match &self.text {
            Text::Lines(lines) => lines,
            Text::Raw(bytes) => return bytes.clone(),
        };
        let last = lines.len().saturating_sub(1);
        let mut bytes = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let between = if at == last { ' ' } else { '-' };
            bytes.extend(format!("{}{between}{line}\r\n", self.code).into_bytes());
        }
        bytes
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
    /// A rule wants a line that never ends, which begins like this.
    Endless(Vec<u8>),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Left(error)
    }
}
