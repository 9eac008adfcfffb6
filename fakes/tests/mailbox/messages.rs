//! The message: to its final dot, byte for byte, or refused for a fault.

use super::{PLAIN, Talk, mailbox};

/// The reply to a message, which has to be the only one.
fn answer(parameters: &str, message: &[u8]) -> String {
    let mailbox = mailbox();
    let mut talk = Talk::to(&mailbox);
    talk.say_all(&[
        ("EHLO a.example", 250),
        (&format!("MAIL FROM:<a@a.example>{parameters}"), 250),
        ("RCPT TO:<ann@b.example>", 250),
        ("DATA", 354),
    ]);
    talk.write(message);
    let heard = talk.say(".");
    talk.say_all(&[("NOOP", 250)]);
    heard
}

fn without(header: &str) -> String {
    let lines = PLAIN.split_inclusive("\r\n");
    lines.filter(|line| !line.starts_with(header)).collect()
}

#[test]
fn dots_at_the_beginning_of_a_line_are_the_mails_own() {
    let mailbox = mailbox();
    let mut talk = Talk::at_the_body(&mailbox, "ann@b.example");
    talk.write(format!("{PLAIN}..\r\n..a\r\n. b\r\n").as_bytes());
    assert!(talk.say(".").starts_with("250 2.0.0"));
    let raw = String::from_utf8(mailbox.mails()[0].raw.clone()).expect("text");
    assert_eq!(raw, format!("{PLAIN}.\r\n.a\r\n b\r\n"));
}

#[test]
fn several_mails_go_over_one_connection() {
    let mailbox = mailbox();
    let mut talk = Talk::at_the_body(&mailbox, "ann@b.example");
    talk.write(PLAIN.as_bytes());
    talk.say_all(&[
        (".", 250),
        ("DATA", 503),
        ("MAIL FROM:<>", 250),
        ("RCPT TO:<bob@b.example>", 250),
        ("RCPT TO:<cat@b.example>", 250),
        ("DATA", 354),
    ]);
    talk.write(PLAIN.as_bytes());
    talk.say_all(&[(".", 250)]);
    let to: Vec<_> = mailbox.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(
        to,
        [
            vec!["ann@b.example"],
            vec!["bob@b.example", "cat@b.example"]
        ]
    );
}

#[test]
fn only_cr_lf_dot_cr_lf_ends_a_message() {
    for end in ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r"] {
        let smuggled = format!("{PLAIN}x{end}MAIL FROM:<b@a.example>\r\n");
        let heard = answer("", smuggled.as_bytes());
        assert!(heard.starts_with("554 5.6.0 lines end"), "{end:?}: {heard}");
    }
}

#[test]
fn a_grumpy_server_refuses_a_faulty_message() {
    for header in ["From", "Date", "Message-ID"] {
        let heard = answer("", without(header).as_bytes());
        let fault = format!("554 5.6.0 there is no {header} header");
        assert!(heard.starts_with(&fault), "{header}: {heard}");
    }
    let twice = format!("Subject: again\r\n{PLAIN}");
    assert!(answer("", twice.as_bytes()).contains("several Subject"));
    assert!(answer("", b"").starts_with("554 5.6.0"));
    assert!(answer("", PLAIN.replace("Jan", "Foo").as_bytes()).contains("no Date"));
    assert!(answer("", without("Subject").as_bytes()).starts_with("250"));
}

#[test]
fn lines_have_998_bytes_at_most() {
    let line = |length| format!("{PLAIN}{}\r\n", "x".repeat(length));
    assert!(answer("", line(998).as_bytes()).starts_with("250"));
    assert!(answer("", line(999).as_bytes()).contains("more than 998 bytes"));
    let stuffed = format!("{PLAIN}..{}\r\n", "x".repeat(997));
    assert!(answer("", stuffed.as_bytes()).starts_with("250"));
    let stuffed = format!("{PLAIN}..{}\r\n", "x".repeat(998));
    assert!(answer("", stuffed.as_bytes()).contains("more than 998 bytes"));
}

#[test]
fn letters_outside_ascii_are_announced() {
    let body = format!("{PLAIN}ä\r\n");
    assert!(answer("", body.as_bytes()).starts_with("554 5.6.3"));
    assert!(answer(" BODY=8BITMIME", body.as_bytes()).starts_with("250"));
    let header = PLAIN.replace("Hello", "Grüße");
    assert!(answer(" BODY=8BITMIME", header.as_bytes()).starts_with("554 5.6.7"));
    assert!(answer(" SMTPUTF8", header.as_bytes()).starts_with("250"));
}

#[test]
fn a_mebibyte_is_taken_and_no_more() {
    let filled = |size: usize| {
        let mut message = PLAIN.to_owned();
        while message.len() + 100 < size {
            message += &format!("{}\r\n", "x".repeat(98));
        }
        let rest = size - message.len() - 2;
        message + &"x".repeat(rest) + "\r\n"
    };
    let limit = 1024 * 1024;
    assert!(answer("", filled(limit).as_bytes()).starts_with("250"));
    assert!(answer("", filled(limit + 1).as_bytes()).starts_with("552 5.3.4"));
    let mailbox = mailbox();
    let mut talk = Talk::to(&mailbox);
    talk.say_all(&[
        ("EHLO a.example", 250),
        ("MAIL FROM:<a@a.example> SIZE=1048577", 552),
        ("MAIL FROM:<a@a.example> SIZE=1048576", 250),
    ]);
}
