//! A text becomes a mail as it goes over the wire (RFC 5322).

use std::time::SystemTime;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use lettre::{
    Address,
    message::{
        Body, Mailbox, Message, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};

use super::{Text, layout::flowed};
use crate::config::ReturnPath;

/// Bytes of a line that mail servers take as it is (RFC 5321, 4.5.3.1.6, less its end).
const LONGEST_LINE: usize = 998;

/// Bytes of text in one encoded word: 56 of base64, and 12 around them.
const LONGEST_WORD: usize = 42;

/// One mail, ready to be made.
#[derive(Debug)]
pub struct Draft<'a> {
    /// Whom it comes from.
    pub from: &'a Mailbox,
    /// Where answers go, if not there.
    pub reply_to: Option<&'a str>,
    /// Where it goes if it comes back, if not there.
    pub return_path: Option<&'a ReturnPath>,
    /// Whom it goes to.
    pub to: &'a str,
    /// It is one of a mailing.
    pub is_bulk: bool,
    /// It goes through Postmark, which gives it another Message-ID.
    pub is_for_postmark: bool,
    /// `<…@…>`, fixed when the mail was queued: the same on every try.
    pub message_id: &'a str,
    /// What it says.
    pub text: &'a Text,
    /// Where a mail program can unsubscribe with one click (RFC 8058), if it is a mail to a payer.
    pub unsubscribe_url: Option<&'a str>,
    /// The `Date`.
    pub now: DateTime<Utc>,
}

/// A mail on its way: the envelope's addresses and the bytes.
#[derive(Debug)]
pub struct Ready {
    /// For `MAIL FROM`.
    pub from: Address,
    /// For `RCPT TO`.
    pub to: Address,
    /// The message.
    pub bytes: Vec<u8>,
}

/// A mail that cannot be made: its address is none, or a header would not hold. Without the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the mail cannot be made: {0}")]
pub struct Unmakable(String);

/// Makes the mail.
///
/// # Errors
/// [`Unmakable`]: it will not work later, either.
pub fn make(draft: &Draft) -> Result<Ready, Unmakable> {
    let address = |text: &str| {
        text.parse::<Address>()
            .map_err(|_| Unmakable("an address in it is none".to_owned()))
    };
    let to = address(draft.to)?;
    let mut message = Message::builder()
        .from(draft.from.clone())
        .to(Mailbox::new(None, to.clone()))
        .subject(&draft.text.subject)
        .message_id(Some(draft.message_id.to_owned()))
        .date(SystemTime::from(draft.now));
    if let Some(reply_to) = draft.reply_to {
        message = message.reply_to(Mailbox::new(None, address(reply_to)?));
    }
    let part = SinglePart::builder().header(flowed_text());
    let mut message = message
        .singlepart(part.body(body(&draft.text.body)))
        .map_err(|error| Unmakable(error.to_string()))?;
    let mut insert = |value| message.headers_mut().insert_raw(value);
    let encoded = |name, raw: &str, encoded| {
        let name = HeaderName::new_from_ascii_str(name);
        HeaderValue::dangerous_new_pre_encoded(name, raw.to_owned(), encoded)
    };
    let subject = &draft.text.subject;
    if looks_encoded(subject) {
        insert(encoded("Subject", subject, encoded_words(subject)));
    }
    if let Some(name) = draft.from.name.as_ref().filter(|name| looks_encoded(name)) {
        let from = format!("{} <{}>", encoded_words(name), draft.from.email);
        insert(encoded("From", name, from));
    }
    let mut add = |name: &'static str, value: String| {
        insert(HeaderValue::new(
            HeaderName::new_from_ascii_str(name),
            value,
        ));
    };
    add("Auto-Submitted", "auto-generated".to_owned());
    if let Some(url) = draft.unsubscribe_url {
        add("List-Unsubscribe", format!("<{url}>"));
        add(
            "List-Unsubscribe-Post",
            "List-Unsubscribe=One-Click".to_owned(),
        );
    }
    if draft.is_bulk {
        // No automatic answers to it, and Gmail counts complaints about it under this name.
        add("Precedence", "bulk".to_owned());
        add("Feedback-ID", "blast:freshmint".to_owned());
    }
    if draft.is_for_postmark {
        // Said again in what it reports; the recipient does not get this header.
        let id = draft.message_id.trim_start_matches('<');
        let id = id.split('@').next().unwrap_or_default();
        add("X-PM-Metadata-mail", id.to_owned());
    }
    let return_path = draft.return_path.and_then(|path| path.of(draft.message_id));
    Ok(Ready {
        from: return_path.unwrap_or_else(|| draft.from.email.clone()),
        to,
        bytes: message.formatted(),
    })
}

/// A text that looks like an encoded word is read as what that stands for (RFC 2047, 2): the library
/// writes ASCII as it is, so such a one is encoded here.
fn looks_encoded(text: &str) -> bool {
    text.contains("=?")
}

/// As encoded words, none longer than the 75 characters of RFC 2047, on lines of their own.
fn encoded_words(text: &str) -> String {
    let (mut words, mut word) = (Vec::new(), String::new());
    let encoded = |word: &str| format!("=?utf-8?b?{}?=", STANDARD.encode(word));
    for c in text.chars() {
        if word.len() + c.len_utf8() > LONGEST_WORD {
            words.push(encoded(&word));
            word.clear();
        }
        word.push(c);
    }
    words.push(encoded(&word));
    words.join("\r\n ")
}

/// The text's lines, as they are where every server takes them so.
fn body(text: &str) -> Body {
    // The last line's end is added with the part.
    let lines = flowed(text);
    let body = lines.trim_end_matches('\n').replace('\n', "\r\n");
    if body.is_ascii() && body.lines().all(|line| line.len() <= LONGEST_LINE) {
        // lettre itself would take no line longer than 76 for this: a pay link is.
        Body::dangerous_pre_encoded(body.into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new_with_encoding(body, ContentTransferEncoding::QuotedPrintable)
            .expect("quoted-printable takes any text")
    }
}

fn flowed_text() -> ContentType {
    ContentType::parse("text/plain; charset=utf-8; format=flowed").expect("RFC 3676 has it so")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::super::{
        letter::{self, About},
        samples::{PAY_URL, UNSUBSCRIBE_URL, club, family, fee, holes, order},
    };
    use super::*;
    use crate::order::Order;

    fn text(subject: &str, body: &str) -> Text {
        Text {
            subject: subject.to_owned(),
            body: body.to_owned(),
        }
    }

    fn letter(order: &Order) -> Text {
        let (holes, shop) = (holes(order), club());
        letter::link(&About { holes, shop: &shop })
    }

    fn made_with(text: &Text, change: impl FnOnce(&mut Draft)) -> Result<String, Unmakable> {
        let from = "\"Rövers Youth FC\" <cup@rovers.example.org>"
            .parse()
            .unwrap();
        let mut draft = Draft {
            from: &from,
            reply_to: Some("treasurer@rovers.example.org"),
            return_path: None,
            to: "parent@example.org",
            is_bulk: false,
            is_for_postmark: false,
            message_id: "<019ab3c2@rovers.example.org>",
            text,
            unsubscribe_url: Some(UNSUBSCRIBE_URL),
            now: DateTime::from_timestamp(1_795_251_600, 0).unwrap(),
        };
        change(&mut draft);
        make(&draft).map(|ready| String::from_utf8(ready.bytes).unwrap())
    }

    fn made(text: &Text) -> String {
        made_with(text, |_| {}).unwrap()
    }

    /// The body's lines, decoded.
    fn lines(mail: &str) -> String {
        let (headers, body) = mail.split_once("\r\n\r\n").unwrap();
        if !headers.contains("Content-Transfer-Encoding: quoted-printable") {
            return body.to_owned();
        }
        let body = body.replace("=\r\n", "");
        let mut pieces = body.split('=');
        let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
        for piece in pieces {
            bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
            bytes.extend(&piece.as_bytes()[2..]);
        }
        String::from_utf8(bytes).unwrap()
    }

    /// What a mail program reads: the same, its paragraphs joined (RFC 3676).
    fn read(mail: &str) -> String {
        let lines = lines(mail);
        let lines = lines
            .split("\r\n")
            .map(|line| line.strip_prefix(' ').unwrap_or(line));
        let mut text = lines.fold(String::new(), |text, line| {
            text + line
                + if line.ends_with(' ') && line != "-- " {
                    ""
                } else {
                    "\n"
                }
        });
        text.pop();
        text
    }

    #[test]
    fn the_headers_are_those_of_a_mail_by_a_machine_that_one_click_ends() {
        let mail = made(&text("Summer cup", "Hello\n"));
        assert_snapshot!(mail.replace('\r', ""), @r"
        From: =?utf-8?b?UsO2dmVycyBZb3V0aCBGQw==?= <cup@rovers.example.org>
        To: parent@example.org
        Subject: Summer cup
        Message-ID: <019ab3c2@rovers.example.org>
        Date: Sat, 21 Nov 2026 09:00:00 +0000
        Reply-To: treasurer@rovers.example.org
        MIME-Version: 1.0
        Auto-Submitted: auto-generated
        List-Unsubscribe: <https://pay.rovers.example.org/unsubscribe/eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0.eyJhdWQiOiJ1bnN1YnNjcmliZSIsInN1YiI6IkJ3Y0hCd2NIQndjSEJ3Y0hCd2NIQncifQ.aGFzaC1oYXNoLWhhc2gtaGFzaC1oYXNoLWhhc2gtaGE>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        Content-Type: text/plain; charset=utf-8; format=flowed
        Content-Transfer-Encoding: 7bit

        Hello
        ");
    }

    #[test]
    fn a_mail_to_the_shop_has_nothing_to_unsubscribe_from() {
        let mail = made_with(&text("Outbox", "It waits.\n"), |draft| {
            draft.unsubscribe_url = None;
            draft.reply_to = None;
        });
        let mail = mail.unwrap();
        assert!(
            !mail.contains("List-Unsubscribe") && !mail.contains("Reply-To"),
            "{mail}"
        );
        assert!(
            mail.contains("Auto-Submitted: auto-generated\r\n"),
            "{mail}"
        );
    }

    #[test]
    fn what_looks_like_an_encoded_word_arrives_as_it_was_written() {
        let subject = format!("=?utf-8?q?=46ree?= fee {}", "and a long end ".repeat(6));
        let from = Mailbox::new(
            Some("=?utf-8?q?Stripe?=".to_owned()),
            "cup@rovers.example.org".parse().unwrap(),
        );
        let text = text(subject.trim_end(), "x");
        let ready = make(&Draft {
            from: &from,
            reply_to: None,
            return_path: None,
            to: "parent@example.org",
            is_bulk: false,
            is_for_postmark: false,
            message_id: "<019ab3c2@rovers.example.org>",
            text: &text,
            unsubscribe_url: None,
            now: DateTime::UNIX_EPOCH,
        });
        let mail = String::from_utf8(ready.unwrap().bytes).unwrap();
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        assert!(head.lines().all(|line| line.len() <= 78), "{head}");
        let head = head.replace("\r\n ", " ");
        let header = |name: &str| {
            head.lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap()
        };
        let decoded = |value: &str| -> String {
            let words = value
                .split(' ')
                .filter_map(|word| word.strip_prefix("=?utf-8?b?"));
            let bytes = words.map(|word| STANDARD.decode(word.trim_end_matches("?=")).unwrap());
            String::from_utf8(bytes.flatten().collect()).unwrap()
        };
        assert_eq!(decoded(header("Subject: ")), text.subject);
        assert_eq!(decoded(header("From: ")), "=?utf-8?q?Stripe?=");
        assert!(header("From: ").ends_with(" <cup@rovers.example.org>"));
    }

    #[test]
    fn the_link_stays_in_one_piece_though_it_is_long_and_letters_are_not_ascii() {
        for order in [
            fee("de"),
            family("en"),
            order("en", Some("Kim"), &[("Fee", 100, 1)]),
        ] {
            let text = letter(&order);
            let mail = made(&text);
            assert!(
                mail.lines().all(|line| line.len() <= LONGEST_LINE),
                "{mail}"
            );
            // What is indented keeps its breaks.
            let words = |text: &str| {
                text.split_whitespace()
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            assert_eq!(words(&read(&mail)), words(&text.body));
            assert!(read(&mail).lines().any(|line| line == PAY_URL), "{mail}");
        }
    }

    #[test]
    fn plain_letters_go_as_they_are_and_others_and_endless_lines_as_quoted_printable() {
        let link = format!("Pay here:\n\n{PAY_URL}\n");
        let longest = "x".repeat(LONGEST_LINE) + "\n";
        let long = "x".repeat(LONGEST_LINE + 1) + "\n";
        for (body, encoding) in [
            ("Hello\n", "7bit"),
            (link.as_str(), "7bit"),
            (longest.as_str(), "7bit"),
            ("Grüße\n-- \n", "quoted-printable"),
            (long.as_str(), "quoted-printable"),
        ] {
            let mail = made(&text("Cup", body));
            let header = format!("Content-Transfer-Encoding: {encoding}\r\n");
            assert!(mail.contains(&header), "{mail}");
            assert!(mail.is_ascii());
            assert!(mail.lines().all(|line| line.len() <= LONGEST_LINE));
            assert_eq!(read(&mail), body);
        }
    }

    #[test]
    fn a_subject_with_umlauts_is_ascii_on_the_wire() {
        let mail = made(&text("Löwen Köln: 45,00 € zu zahlen (Gebühr)", "x\n"));
        let (_, subject) = mail.split_once("Subject: ").unwrap();
        assert!(subject.starts_with("=?utf-8?"), "{subject}");
        assert!(mail.is_ascii());
    }

    #[test]
    fn postmark_is_told_what_the_mail_is_called_and_nobody_else() {
        let header = "X-PM-Metadata-mail: 019ab3c2\r\n";
        let mail = made_with(&text("Cup", "x\n"), |draft| draft.is_for_postmark = true).unwrap();
        assert!(mail.contains(header), "{mail}");
        assert!(!made(&text("Cup", "x\n")).contains("X-PM"));
    }

    #[test]
    fn no_text_becomes_a_header() {
        let mail = made(&text("Cup\r\nBcc: x@example.org", "x\n"));
        assert!(!mail.contains("\nBcc:"), "{mail}");
    }

    #[test]
    fn an_address_that_is_none_is_told_without_it() {
        let refused = made_with(&text("Cup", "x\n"), |draft| draft.to = "kim at example.org");
        let refused = refused.unwrap_err().to_string();
        assert_eq!(refused, "the mail cannot be made: an address in it is none");
    }
}
