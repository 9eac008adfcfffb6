//! The conversation: what comes first, what is refused and with which code.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{PLAIN, Talk, code, letter, mailbox, send, wait_until, with_login};

#[test]
fn a_mail_arrives_as_lettre_sends_it() {
    let mailbox = mailbox();
    let letter = letter("Ann <ann@b.example>");
    assert_eq!(code(send(&mailbox, &letter)), Some(250));
    let mails = mailbox.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(
        (mails[0].number, mails[0].from.as_str()),
        (1, "shop@a.example")
    );
    assert_eq!(mails[0].to, ["ann@b.example"]);
    assert!(mails[0].raw.starts_with(&letter.formatted()));
    assert_eq!(mailbox.commands(), ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]);
    assert_eq!(
        (
            mailbox.connections(),
            mailbox.received(),
            mailbox.unfinished()
        ),
        (1, 1, 0)
    );
}

#[test]
fn a_mail_that_is_sent_twice_is_there_twice() {
    let mailbox = mailbox();
    let (ann, bob) = (letter("ann@b.example"), letter("bob@b.example"));
    for letter in [&ann, &bob, &ann] {
        assert_eq!(code(send(&mailbox, letter)), Some(250));
    }
    let numbers = |address| -> Vec<usize> {
        let mails = mailbox.mails_to(address);
        mails.into_iter().map(|mail| mail.number).collect()
    };
    assert_eq!(numbers("Ann@B.example"), [1, 3]);
    assert_eq!(numbers("nn@b.example"), [0; 0]);
    mailbox.clear();
    assert!(mailbox.mails().is_empty() && mailbox.commands().is_empty());
    assert_eq!(code(send(&mailbox, &ann)), Some(250));
    assert_eq!(numbers("ann@b.example"), [4]);
}

#[test]
fn many_at_once_are_numbered_in_order() {
    let mailbox = mailbox();
    std::thread::scope(|scope| {
        for sender in 0..8 {
            let mailbox = &mailbox;
            scope.spawn(move || {
                for _ in 0..5 {
                    let letter = letter(&format!("ann{sender}@b.example"));
                    assert_eq!(code(send(mailbox, &letter)), Some(250));
                }
            });
        }
    });
    let numbers: Vec<_> = mailbox.mails().iter().map(|mail| mail.number).collect();
    assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
    assert_eq!(mailbox.mails_to("ann7@b.example").len(), 5);
}

#[test]
fn for_a_bench_it_only_counts() {
    let mailbox = mailbox();
    mailbox.keep_only_counts(true);
    assert_eq!(code(send(&mailbox, &letter("ann@b.example"))), Some(250));
    assert_eq!(mailbox.received(), 1);
    assert!(mailbox.mails().is_empty() && mailbox.commands().is_empty());
}

#[test]
fn extensions_are_told() {
    let mailbox = mailbox();
    let heard = Talk::to(&mailbox).say("EHLO a.example");
    assert_eq!(
        heard,
        "250-mailbox.invalid\r\n250-SIZE 1048576\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
         250 ENHANCEDSTATUSCODES\r\n"
    );
    assert_eq!(
        Talk::to(&mailbox).say("HELO a.example"),
        "250 mailbox.invalid\r\n"
    );
}

#[test]
fn commands_out_of_turn_are_refused() {
    let mailbox = mailbox();
    let mut talk = Talk::to(&mailbox);
    talk.say_all(&[
        ("NOOP", 250),
        ("RSET", 250),
        ("VRFY ann", 252),
        ("MAIL FROM:<a@a.example>", 503),
        ("EHLO a.example", 250),
        ("RCPT TO:<ann@b.example>", 503),
        ("DATA", 503),
        ("MAIL FROM:<a@a.example>", 250),
        ("MAIL FROM:<a@a.example>", 503),
        ("DATA", 554),
        ("MAIL FROM:<>", 250),
        ("RCPT TO:<ann@b.example>", 250),
        ("RSET", 250),
        ("DATA", 503),
        ("STARTTLS", 502),
        ("AUTH PLAIN", 502),
        ("HELP", 500),
        ("MAIL", 501),
        ("QUIT", 221),
    ]);
    assert!(talk.is_closed());
    assert!(mailbox.commands().contains(&"UNKNOWN".to_owned()));
}

#[test]
fn lines_are_ended_by_cr_lf_and_not_endless() {
    let mailbox = mailbox();
    let mut talk = Talk::to(&mailbox);
    talk.write(b"NOOP\nNOOP\r\n");
    assert!(talk.hear().starts_with("500 5.5.2"));
    let long = format!("NOOP {}", "x".repeat(100_000));
    assert!(talk.say(&long).starts_with("500 5.5.6"));
    assert!(talk.say("NOOP").starts_with("250"));
}

#[test]
fn addresses_outside_ascii_need_the_extension() {
    let mailbox = mailbox();
    let mut talk = Talk::to(&mailbox);
    talk.say_all(&[
        ("EHLO a.example", 250),
        ("MAIL FROM:<jö@a.example>", 553),
        ("MAIL FROM:<a@a.example>", 250),
        ("RCPT TO:<jö@a.example>", 553),
        ("RSET", 250),
        ("MAIL FROM:<jö@a.example> SMTPUTF8", 250),
        ("RCPT TO:<jö@a.example>", 250),
    ]);
}

#[test]
fn no_more_than_a_hundred_recipients_are_taken() {
    let mailbox = mailbox();
    let mut talk = Talk::to(&mailbox);
    talk.say_all(&[("EHLO a.example", 250), ("MAIL FROM:<a@a.example>", 250)]);
    for number in 0..100 {
        talk.say_all(&[(&format!("RCPT TO:<a{number}@b.example>"), 250)]);
    }
    talk.say_all(&[("RCPT TO:<ann@b.example>", 452)]);
}

#[test]
fn whoever_leaves_before_the_final_dot_leaves_it_unfinished() {
    let mailbox = mailbox();
    let mut talk = Talk::at_the_body(&mailbox, "ann@b.example");
    talk.write(PLAIN.as_bytes());
    drop(talk);
    wait_until("it is counted", || mailbox.unfinished() == 1);
    assert_eq!(mailbox.received(), 0);
}

#[test]
fn without_the_log_in_nothing_is_taken() {
    let mailbox = with_login("shop", "p:w@/%ä");
    assert_eq!(code(send(&mailbox, &letter("ann@b.example"))), Some(250));
    let verbs = ["EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"];
    assert_eq!(mailbox.commands(), verbs);

    let mut talk = Talk::to(&mailbox);
    talk.say_all(&[("AUTH PLAIN", 503)]);
    assert!(talk.say("EHLO a.example").contains("AUTH PLAIN LOGIN\r\n"));
    talk.say_all(&[("MAIL FROM:<a@a.example>", 530), ("AUTH CRAM-MD5", 504)]);
}

#[test]
fn both_ways_to_log_in_work_and_fail() {
    let mailbox = with_login("shop", "secret");
    let word = |text: &str| STANDARD.encode(text);
    let right = word("\0shop\0secret");
    let wrong = word("\0shop\0guess");
    let ways: [(&[&str], u16); 8] = [
        (&[&format!("AUTH PLAIN {right}")], 235),
        (&["AUTH PLAIN", &right], 235),
        (&["AUTH LOGIN", &word("shop"), &word("secret")], 235),
        (
            &[&format!("AUTH LOGIN {}", word("shop")), &word("secret")],
            235,
        ),
        (&[&format!("AUTH PLAIN {wrong}")], 535),
        (&["AUTH LOGIN", &word("shop"), &word("guess")], 535),
        (&["AUTH LOGIN", "*"], 501),
        (&["AUTH PLAIN !"], 501),
    ];
    for (lines, code) in ways {
        let mut talk = Talk::to(&mailbox);
        talk.say("EHLO a.example");
        let (last, challenged) = lines.split_last().expect("some");
        for line in challenged {
            talk.say_all(&[(line, 334)]);
        }
        talk.say_all(&[(last, code)]);
        let after = if code == 235 { 250 } else { 530 };
        talk.say_all(&[("MAIL FROM:<a@a.example>", after)]);
        talk.say_all(&[("AUTH PLAIN", if code == 235 { 503 } else { 334 })]);
    }
    let commands = mailbox.commands().concat();
    assert!(!commands.contains(&right), "{commands}");
}
