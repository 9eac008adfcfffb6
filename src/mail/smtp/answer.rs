//! An answer, held against the yes that was asked for.

use std::error::Error as _;

use lettre::transport::smtp::{
    Error as SmtpError,
    response::{Response, Severity},
};

/// What was answered in place of a yes.
pub(super) enum No {
    /// A code, and words of the server's.
    Said(u16, String),
    /// Nothing, or nothing that is an answer to what was asked.
    Unheard,
}

/// Whether an answer is the yes that was asked for: `354 go on` takes no mail, and `250 ok` asks for no
/// message.
pub(super) fn yes(answer: Result<Response, SmtpError>, wanted: Severity) -> Result<(), No> {
    match answer {
        Ok(response) if response.code().severity == wanted => Ok(()),
        Ok(_) => Err(No::Unheard),
        Err(error) => Err(error.status().map_or(No::Unheard, |code| {
            let said = error.source().map(ToString::to_string);
            No::Said(code.into(), said.unwrap_or_default())
        })),
    }
}
