//! What a grumpy server finds fault with in a message.

use chrono::DateTime;
use mail_parser::{HeaderName, Message, MessageParser};

use super::{command::Parameters, reply::Reply};

/// Bytes of a message.
pub const LARGEST_MAIL: usize = 1024 * 1024;
/// Bytes of a line without its CR LF (RFC 5322, 2.1.1).
pub const LONGEST_LINE: usize = 998;

/// Headers that are there at most once (RFC 5322, 3.6).
const ONCE: [&str; 11] = [
    "From",
    "Date",
    "Message-ID",
    "Subject",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "In-Reply-To",
    "References",
];

pub fn too_large() -> Reply {
    Reply::new(552, format!("5.3.4 more than {LARGEST_MAIL} bytes"))
}

pub fn broken_line() -> Reply {
    fault("lines end in CR LF, and have neither CR, LF nor zero in them")
}

pub fn long_line() -> Reply {
    fault(&format!("a line has more than {LONGEST_LINE} bytes"))
}

/// Whether a message is as the standards and the client's own words have it.
///
/// # Errors
/// The refusal.
pub fn check(message: &[u8], parameters: &Parameters) -> Result<(), Reply> {
    let end_of_header = message.windows(4).position(|end| end == b"\r\n\r\n");
    let (header, body) = message.split_at(end_of_header.unwrap_or(message.len()));
    if !header.is_ascii() && !parameters.utf8 {
        return Err(Reply::new(554, "5.6.7 such a header needs SMTPUTF8"));
    }
    if std::str::from_utf8(header).is_err() {
        return Err(fault("the header is not UTF-8"));
    }
    if !body.is_ascii() && !parameters.eight_bit {
        return Err(Reply::new(554, "5.6.3 such a body needs BODY=8BITMIME"));
    }
    let parsed = MessageParser::default().parse(message);
    check_headers(&parsed.ok_or_else(|| fault("there is no header"))?)
}

fn check_headers(message: &Message<'_>) -> Result<(), Reply> {
    let senders = message.from().and_then(|from| from.first());
    if senders.and_then(|from| from.address()).is_none() {
        return Err(fault("there is no From header with an address"));
    }
    // The parser makes a date of nearly anything.
    let date = message.header_raw(HeaderName::Date).map(str::trim);
    if date.is_none_or(|date| DateTime::parse_from_rfc2822(date).is_err()) {
        return Err(fault("there is no Date header with a date"));
    }
    if !message.message_id().is_some_and(|id| id.contains('@')) {
        return Err(fault("there is no Message-ID header like <a@b.example>"));
    }
    for name in ONCE {
        let headers = message.headers_raw();
        let same = headers.filter(|(other, _)| other.eq_ignore_ascii_case(name));
        if same.count() > 1 {
            return Err(fault(&format!("there are several {name} headers")));
        }
    }
    Ok(())
}

fn fault(text: &str) -> Reply {
    Reply::new(554, format!("5.6.0 {text}"))
}
