//! A mail as it was received, and what a mail program reads in it.

use chrono::{DateTime, Utc};
use mail_parser::{Message, MessageParser, parsers::MessageStream};

use super::links::{self, Piece};

/// One accepted mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Counts from 1, in the order of acceptance.
    pub number: usize,
    /// The envelope's sender; empty for a bounce.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// Header and body, byte for byte, without the doubled dots of the wire.
    pub raw: Vec<u8>,
    /// When it was accepted, by the mailbox's clock.
    pub received_at: DateTime<Utc>,
}

impl Mail {
    /// A header for people: unfolded, encoded words decoded. The first, if there are several.
    pub fn header(&self, name: &str) -> Option<String> {
        self.raw_header(name).map(|raw| decoded(&raw))
    }

    /// A header as it stands in the mail, folds and all.
    pub fn raw_header(&self, name: &str) -> Option<String> {
        let message = self.parsed()?;
        let mut headers = message.headers_raw();
        let (_, value) = headers.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(value.trim().to_owned())
    }

    /// The subject, decoded; empty without one.
    pub fn subject(&self) -> String {
        self.header("Subject").unwrap_or_default()
    }

    /// Every header, decoded, in the mail's order.
    pub fn headers(&self) -> Vec<(String, String)> {
        let message = self.parsed();
        let headers = message.iter().flat_map(Message::headers_raw);
        headers
            .map(|(name, raw)| (name.to_owned(), decoded(raw)))
            .collect()
    }

    /// The body as text, decoded from its transfer encoding and its charset, its paragraphs joined
    /// where the mail allows it (`format=flowed`); lines end in `\n`.
    pub fn text(&self) -> String {
        let flows = self
            .header("Content-Type")
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("format=flowed"));
        let lines = self.lines();
        if flows { joined(&lines) } else { lines }
    }

    /// The body as text with its lines as they came, as a terminal of 80 columns shows them.
    pub fn lines(&self) -> String {
        let message = self.parsed();
        let text = message.as_ref().and_then(|message| message.body_text(0));
        text.map(|text| text.replace("\r\n", "\n"))
            .unwrap_or_default()
    }

    /// The `http` and `https` addresses in the text, each whole.
    pub fn links(&self) -> Vec<String> {
        let text = self.text();
        let link = |piece| match piece {
            Piece::Link(link) => Some(link.to_owned()),
            Piece::Words(_) => None,
        };
        links::pieces(&text).into_iter().filter_map(link).collect()
    }

    /// Where a mail program posts to unsubscribe in one click (RFC 8058), if the mail has that.
    pub fn unsubscribe_url(&self) -> Option<String> {
        let post = self.header("List-Unsubscribe-Post")?;
        if post.trim() != "List-Unsubscribe=One-Click" {
            return None;
        }
        let list = self.raw_header("List-Unsubscribe")?;
        // A long address is folded in the header, and has no spaces of its own.
        let list: String = list.split_whitespace().collect();
        let entries = list.split('<').filter_map(|entry| entry.split_once('>'));
        entries
            .map(|(url, _)| url)
            .find(|url| url.starts_with("https://") || url.starts_with("http://"))
            .map(str::to_owned)
    }

    fn parsed(&self) -> Option<Message<'_>> {
        MessageParser::default().parse(&self.raw)
    }
}

/// RFC 3676, 4: a blank at the end of a line joins it with the next, one in front is taken off.
fn joined(lines: &str) -> String {
    let mut text = String::with_capacity(lines.len());
    for line in lines.lines() {
        let line = line.strip_prefix(' ').unwrap_or(line);
        text.push_str(line);
        if !line.ends_with(' ') || line == "-- " {
            text.push('\n');
        }
    }
    text
}

fn decoded(raw: &str) -> String {
    // The parser looks for the end of the line.
    let line = format!("{}\r\n", raw.trim());
    let mut stream = MessageStream::new(line.as_bytes());
    stream.parse_unstructured().unwrap_text().into_owned()
}
