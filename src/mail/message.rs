//! A text becomes a mail as it goes over the wire (RFC 5322).

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::{
    Address,
    message::{
        Mailbox, Message, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};

use super::Text;

/// One mail, ready to be made.
#[derive(Debug)]
pub struct Draft<'a> {
    /// Whom it comes from.
    pub from: &'a Mailbox,
    /// Where answers go, if not there.
    pub reply_to: Option<&'a str>,
    /// Whom it goes to.
    pub to: &'a str,
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
    let body = draft.text.body.replace('\n', "\r\n");
    let encoding = if body.is_ascii() {
        ContentTransferEncoding::SevenBit
    } else {
        ContentTransferEncoding::QuotedPrintable
    };
    let part = SinglePart::builder()
        .header(ContentType::TEXT_PLAIN)
        .header(encoding)
        .body(body);
    let mut message = message
        .singlepart(part)
        .map_err(|error| Unmakable(error.to_string()))?;
    let mut add = |name: &'static str, value: String| {
        let name = HeaderName::new_from_ascii_str(name);
        message
            .headers_mut()
            .insert_raw(HeaderValue::new(name, value));
    };
    add("Auto-Submitted", "auto-generated".to_owned());
    if let Some(url) = draft.unsubscribe_url {
        add("List-Unsubscribe", format!("<{url}>"));
        add(
            "List-Unsubscribe-Post",
            "List-Unsubscribe=One-Click".to_owned(),
        );
    }
    Ok(Ready {
        from: draft.from.email.clone(),
        to,
        bytes: message.formatted(),
    })
}
