//! A mail server's replies, read byte by byte: pure.
//!
//! A reply is read by its code. What else is in it is somebody else's words: they are made one line
//! each of printable UTF-8, and are cut where they are too long, so that the library above only ever
//! sees what it can read. What is beyond the limits costs the connection.

use std::mem;

/// Bytes of one line with its end: eight times what RFC 5321 (4.5.3.1.5) allows, so that a server that
/// counts generously is understood.
const LONGEST_LINE: usize = 4 * 1024;
/// Bytes of one reply: more than a thousand lines of usual length. The longest that servers have are
/// the offers after EHLO, some thirty lines.
const LARGEST_REPLY: usize = 64 * 1024;
/// Bytes of a line's text that are passed on. The library refuses lines of more than 1,000.
const TEXT: usize = 900;
/// Lines of a reply that are passed on, before the last one. The library reads a reply from its
/// beginning again with each line.
const LINES: usize = 99;

/// Why a connection is no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// A line has no end within the limit.
    #[error("the mail server sent a line of more than {} KiB", LONGEST_LINE / 1024)]
    Line,
    /// A reply has no end within the limit.
    #[error("the mail server sent a reply of more than {} KiB", LARGEST_REPLY / 1024)]
    Reply,
    /// A line begins with no code.
    #[error("the mail server sent something that is no reply")]
    NoReply,
    /// The lines of one reply have different codes.
    #[error("the mail server sent a reply with two codes")]
    TwoCodes,
    /// More was said than was asked for: nobody can tell any more which reply is to what.
    #[error("the mail server sent more than it was asked")]
    OutOfStep,
}

/// The reply that comes in.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// The line that has no end yet.
    line: Vec<u8>,
    /// Bytes of the reply so far.
    size: usize,
    /// What its first line said.
    first: Option<(u16, String)>,
    /// Its lines as they are passed on.
    clean: String,
    lines: usize,
    /// Its lines say different things, so that it says nothing.
    is_void: bool,
}

impl Incoming {
    /// Takes bytes in, to the end of a reply at most. Tells how many it took, and the reply if that is
    /// whole; then the next one begins.
    ///
    /// # Errors
    /// When this is no reply, or too long a one. What was heard of it stays.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(usize, Option<String>), Unreadable> {
        for (at, byte) in bytes.iter().copied().enumerate() {
            self.size += 1;
            if self.size > LARGEST_REPLY {
                return Err(Unreadable::Reply);
            }
            if byte == b'\n' {
                if self.end_line()? {
                    return Ok((at + 1, Some(mem::take(self).clean)));
                }
            } else if self.line.len() + 1 < LONGEST_LINE {
                self.line.push(byte);
            } else {
                return Err(Unreadable::Line);
            }
        }
        Ok((bytes.len(), None))
    }

    /// What the first line of a reply says that has no end yet: its code, if that came whole, and its
    /// text as far as it came.
    pub fn begun(&self) -> Option<(u16, String)> {
        // A digit may follow a code where nothing does yet.
        let line = read(&self.line).filter(|_| self.line.len() > 3);
        match (&self.first, line) {
            _ if self.is_void => None,
            (Some((first, _)), Some((code, ..))) if *first != code => None,
            (Some(first), _) => Some(first.clone()),
            (None, line) => line.map(|(code, _, text)| (code, clean(text))),
        }
    }

    /// Ends a line, and tells whether it was the reply's last.
    fn end_line(&mut self) -> Result<bool, Unreadable> {
        let line = mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        let (code, is_last, text) = read(line).ok_or(Unreadable::NoReply)?;
        let text = clean(text);
        let (first, _) = self.first.get_or_insert_with(|| (code, text.clone()));
        if *first != code {
            self.is_void = true;
            return Err(Unreadable::TwoCodes);
        }
        self.lines += 1;
        if is_last || self.lines <= LINES {
            let between = if is_last { ' ' } else { '-' };
            self.clean += &format!("{code}{between}{text}\r\n");
        }
        Ok(is_last)
    }
}

/// Code, whether it is the last line, and text (RFC 5321, 4.2). A code stands alone where there is
/// nothing to say.
fn read(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (code, rest) = line.split_at_checked(3)?;
    let &[b'2'..=b'5', b'0'..=b'5', b'0'..=b'9'] = code else {
        return None;
    };
    let code = code
        .iter()
        .fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match rest {
        [] => Some((code, true, rest)),
        [b' ', text @ ..] => Some((code, true, text)),
        [b'-', text @ ..] => Some((code, false, text)),
        _ => None,
    }
}

/// One line of UTF-8 without control characters, and not too long. What is no UTF-8 is `?`.
fn clean(text: &[u8]) -> String {
    let mut clean = String::new();
    for chunk in text.utf8_chunks() {
        let wrong = (!chunk.invalid().is_empty()).then_some('?');
        for c in chunk.valid().chars().chain(wrong) {
            let c = if c.is_control() { ' ' } else { c };
            if clean.len() + c.len_utf8() > TEXT {
                return clean;
            }
            clean.push(c);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<String>, Unreadable> {
        let (mut incoming, mut rest, mut replies) = (Incoming::default(), bytes, Vec::new());
        while !rest.is_empty() {
            let (used, reply) = incoming.take(rest)?;
            rest = &rest[used..];
            replies.extend(reply);
        }
        Ok(replies)
    }

    fn begun(bytes: &[u8]) -> Option<(u16, String)> {
        let mut incoming = Incoming::default();
        let _ = incoming.take(bytes);
        incoming.begun()
    }

    #[test]
    fn a_reply_is_passed_on_as_the_library_can_read_it() {
        for (said, passed_on) in [
            (b"250 2.0.0 ok\r\n".as_slice(), "250 2.0.0 ok\r\n"),
            (b"250\r\n", "250 \r\n"),
            (b"250 ok\n", "250 ok\r\n"),
            (b"250-a\r\n250-\r\n250 b\r\n", "250-a\r\n250-\r\n250 b\r\n"),
            (b"250 sch\xf6n\r\n", "250 sch?n\r\n"),
            ("250 schön\r\n".as_bytes(), "250 schön\r\n"),
            (b"550 no\0such\x1b\rb\x7f\r\n", "550 no such  b \r\n"),
        ] {
            assert_eq!(all(said), Ok(vec![passed_on.to_owned()]));
        }
        assert_eq!(all(b"250 a\r\n354 b\r\n").map(|all| all.len()), Ok(2));
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for said in [
            "\r\n",
            "ok\r\n",
            "25\r\n",
            "2500 a\r\n",
            "199 a\r\n",
            "260 a\r\n",
            "600 a\r\n",
            " 250 a\r\n",
            "250_a\r\n",
        ] {
            assert_eq!(all(said.as_bytes()), Err(Unreadable::NoReply), "{said}");
        }
        assert_eq!(all(b"250-a\r\n550 b\r\n"), Err(Unreadable::TwoCodes));
    }

    #[test]
    fn a_line_and_a_reply_have_a_limit_and_no_byte_is_read_beyond() {
        let line = |length: usize| format!("250 {}\r\n", "x".repeat(length - 6)).into_bytes();
        let shown = all(&line(LONGEST_LINE)).expect("a reply").concat();
        assert_eq!(shown.len(), TEXT + 6);
        assert_eq!(all(&line(LONGEST_LINE + 1)), Err(Unreadable::Line));
        let lines = |count: usize| [b"250-a\r\n".repeat(count), b"250 b\r\n".to_vec()].concat();
        let most = LARGEST_REPLY / 7;
        let shown = all(&lines(most - 1)).expect("a reply").concat();
        assert_eq!(shown.lines().count(), LINES + 1);
        assert!(shown.ends_with("250 b\r\n"));
        assert_eq!(all(&lines(most)), Err(Unreadable::Reply));
    }

    #[test]
    fn a_reply_without_an_end_has_said_its_code() {
        for (said, heard) in [
            (b"250 o".as_slice(), Some((250, "o"))),
            (b"250-a\r\n250-b\r\n", Some((250, "a"))),
            (b"552-5.2.2 full\r\n\xff\r\n", Some((552, "5.2.2 full"))),
            (b"250", None),
            (b"25", None),
            (b"", None),
            (b"2500", None),
            (b"250-a\r\n550", Some((250, "a"))),
            (b"250-a\r\n550 ", None),
            (b"250-a\r\n550 b\r\n", None),
            (b"250 a\r\n", None),
        ] {
            let heard = heard.map(|(code, text): (u16, &str)| (code, text.to_owned()));
            assert_eq!(begun(said), heard, "{}", said.escape_ascii());
        }
        let endless = [b"250 ".to_vec(), vec![b'x'; LONGEST_LINE]].concat();
        assert_eq!(begun(&endless).map(|(code, _)| code), Some(250));
    }
}
