//! What is read in a mail.

use chrono::{DateTime, Utc};
use freshmint_fakes::{
    Clock,
    mailbox::{Mail, Mailbox, Settings},
};
use lettre::{
    Message,
    message::{
        Mailbox as Address, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType},
    },
};

use super::{PLAIN, code, mailbox, send};

/// A mail as it lies in the mailbox.
fn mail(raw: &str) -> Mail {
    Mail {
        number: 1,
        from: String::new(),
        to: Vec::new(),
        raw: raw.as_bytes().to_vec(),
        received_at: DateTime::UNIX_EPOCH,
    }
}

#[test]
fn header_and_text_are_decoded_from_what_lettre_makes_of_them() {
    let link = format!("https://pay.example/pay/{}?a=b&c=%20", "x".repeat(200));
    let text = format!("Grüße, Ann: 12,50 €\r\n.\r\n{link}\r\nBye – ✓.\r\n");
    let subject = "Zahlung für „Sommercup“ über 12,50 € ist da – vielen herzlichen Dank dafür";
    let parts = || {
        let encodings = [
            ContentTransferEncoding::QuotedPrintable,
            ContentTransferEncoding::Base64,
        ];
        encodings.map(|encoding| {
            SinglePart::builder()
                .header(ContentType::TEXT_PLAIN)
                .header(encoding)
                .body(text.clone())
        })
    };
    let mailbox = mailbox();
    let from = Address::new(
        Some("Jö Müller".to_owned()),
        "jo@a.example".parse().expect("one"),
    );
    let builder = || {
        Message::builder()
            .from(from.clone())
            .to("ann@b.example".parse().expect("an address"))
            .subject(subject)
            .message_id(None)
    };
    for part in parts() {
        let letter = builder().singlepart(part).expect("a mail");
        assert_eq!(code(send(&mailbox, &letter)), Some(250));
    }
    let [part, ..] = parts();
    let both = MultiPart::alternative()
        .singlepart(part)
        .singlepart(SinglePart::html("<p>no</p>".to_owned()));
    let letter = builder().multipart(both).expect("a mail");
    assert_eq!(code(send(&mailbox, &letter)), Some(250));

    let mails = mailbox.mails();
    assert_eq!(mails.len(), 3);
    for mail in mails {
        assert_eq!(mail.subject(), subject);
        assert_eq!(
            mail.header("from").as_deref(),
            Some("Jö Müller <jo@a.example>")
        );
        let raw = mail.raw_header("Subject").expect("one");
        assert!(raw.contains("=?utf-8?") && raw.contains("\r\n "), "{raw}");
        assert_eq!(
            mail.text().trim_end(),
            text.replace("\r\n", "\n").trim_end()
        );
        assert_eq!(mail.links(), [link.as_str()]);
        assert_eq!(mail.header("X-None"), None);
    }
}

#[test]
fn another_charset_is_decoded_too() {
    let typed = "Subject: =?iso-8859-15?Q?12_=A4?=\r\nContent-Type: text/plain; charset=iso-8859-15\r\n\
                 Content-Transfer-Encoding: quoted-printable\r\nSubject";
    let mail = mail(&PLAIN.replace("Subject", typed).replace("Hi.", "12=A4 =3D"));
    assert_eq!(mail.header("Subject").as_deref(), Some("12 €"));
    assert_eq!(mail.text(), "12€ =\n");
    let as_it_is = PLAIN.replace("Hi.", "12 €");
    let eight_bit =
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";
    assert_eq!(
        self::mail(&format!("{eight_bit}{as_it_is}")).text(),
        "12 €\n"
    );
}

#[test]
fn all_headers_are_listed_in_order() {
    let mail = mail("B: =?utf-8?q?=C3=A4?=\r\nA: 1\r\n 2\r\nB: 3\r\n\r\nx\r\n");
    let headers = mail.headers();
    let headers: Vec<_> = headers.iter().map(|(n, v)| format!("{n}={v}")).collect();
    assert_eq!(headers, ["B=ä", "A=1 2", "B=3"]);
}

#[test]
fn one_click_is_offered_where_the_mail_has_it_whole() {
    let with = |headers: &str| mail(&format!("{headers}{PLAIN}")).unsubscribe_url();
    let list = "List-Unsubscribe: <mailto:a@a.example>,\r\n <https://a.example/u/\r\n 1?b=c>\r\n";
    let post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
    let both = format!("{list}{post}");
    assert_eq!(with(&both).as_deref(), Some("https://a.example/u/1?b=c"));
    assert_eq!(with(list), None);
    assert_eq!(with(post), None);
    let by_mail = format!("List-Unsubscribe: <mailto:a@a.example>\r\n{post}");
    assert_eq!(with(&by_mail), None);
}

#[test]
fn its_time_is_the_clocks() {
    let then: DateTime<Utc> = "2026-06-01T12:00:00Z".parse().expect("a time");
    let settings = Settings {
        clock: Clock::from_fn(move || then),
        ..Settings::default()
    };
    let mailbox = Mailbox::start(settings).expect("it starts");
    assert_eq!(
        code(send(&mailbox, &super::letter("ann@b.example"))),
        Some(250)
    );
    assert_eq!(mailbox.mails()[0].received_at, then);
}
