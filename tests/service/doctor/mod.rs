//! `freshmint doctor` and the mail server: up to the recipient, and no further.

mod certificate;
mod sender;
mod waits;

use std::time::{Duration, Instant};

use crate::{
    mailbox::{self, Action, Rule, Stage},
    support::{World, cluster::Database},
};

/// The line about mail, and whether all is well.
fn mail_line(world: &World) -> (bool, String) {
    let (code, told, said) = world.command(&["doctor"]);
    let line = told.lines().find(|line| line[6..].starts_with("mail "));
    let line = line.unwrap_or_else(|| panic!("{told}{said}"));
    assert_eq!(code == 0, line.starts_with("ok"), "{told}{said}");
    (code == 0, line.to_owned())
}

fn no(stage: Stage, action: Action) -> Vec<Rule> {
    let rule = Rule {
        stage,
        recipient: None,
        action,
        times: None,
    };
    vec![rule]
}

fn with_log_in() -> World {
    let settings = mailbox::Settings {
        login: Some(("club".to_owned(), "secret".to_owned())),
        ..mailbox::Settings::default()
    };
    World::with_mailbox_on(Database::new(), settings, &[])
}

#[test]
fn doctor_goes_on_after_the_log_in_and_sends_nothing() {
    let world = with_log_in();
    let (fine, line) = mail_line(&world);
    assert!(
        fine && line.contains("takes our log-in, our sender and mail to it")
            && line.ends_with("mails come from rovers.example.org"),
        "{line}"
    );
    assert_eq!(
        world.mailbox().commands(),
        ["EHLO", "AUTH", "MAIL", "RCPT", "RSET", "QUIT"]
    );
    assert_eq!(world.mailbox().received(), 0);
}

#[test]
fn doctor_says_that_there_is_no_log_in() {
    let world = World::with_mailbox(&[]);
    let (fine, line) = mail_line(&world);
    assert!(
        fine && line.contains("no log-in: SMTP_URL has no user and password"),
        "{line}"
    );
}

#[test]
fn each_refusal_is_said_with_the_servers_words_and_what_to_do() {
    let sender = "refuses our sender (MAIL FROM, the address in MAIL_FROM): ";
    let recipient = "refuses mail to our own address (RCPT TO, the address in MAIL_FROM): ";
    for (stage, code, text, refused, advice) in [
        (
            Stage::Sender,
            550,
            "5.7.1 not from you",
            sender,
            "has to allow this sender",
        ),
        (
            Stage::Sender,
            451,
            "4.3.0 try again",
            sender,
            "ask again in some minutes",
        ),
        (
            Stage::Recipient,
            550,
            "5.1.8 sender's domain unknown",
            recipient,
            "has to allow this sender",
        ),
        (
            Stage::Recipient,
            530,
            "5.7.0 log in first",
            recipient,
            "check user and password in SMTP_URL",
        ),
        (
            Stage::Recipient,
            450,
            "4.2.0 busy",
            recipient,
            "ask again in some minutes",
        ),
    ] {
        let world = with_log_in();
        world
            .mailbox()
            .set_rules(no(stage, Action::Reply(code, text.to_owned())));
        let (fine, line) = mail_line(&world);
        assert!(
            !fine && line.contains(&format!("{refused}{code} {text}: ")) && line.contains(advice),
            "{line}"
        );
        assert_eq!(
            world.mailbox().commands()[2..],
            *match stage {
                Stage::Sender => ["MAIL", "RSET", "QUIT"].as_slice(),
                _ => &["MAIL", "RCPT", "RSET", "QUIT"],
            }
        );
    }
}

#[test]
fn a_server_that_hangs_up_or_says_what_nobody_reads_is_told_too() {
    for (stage, action, words) in [
        (
            Stage::Sender,
            Action::Reply(421, "4.7.0 too many errors".to_owned()),
            "421 4.7.0 too many errors",
        ),
        (
            Stage::Recipient,
            Action::Raw(b"\xff\0?\r\n".to_vec()),
            "gives no answer to mail to our own address",
        ),
        (
            Stage::Recipient,
            Action::Reply(554, format!("5.7.1 {}\u{1b}[2J", "x".repeat(1000))),
            "554 5.7.1 xxx",
        ),
    ] {
        let world = World::with_mailbox(&[]);
        world.mailbox().set_rules(no(stage, action));
        let (fine, line) = mail_line(&world);
        assert!(!fine && line.contains(words), "{line}");
        assert!(line.len() < 1200 && !line.contains('\u{1b}'), "{line}");
    }
}

#[test]
fn a_silent_server_does_not_keep_anybody_waiting() {
    let world = World::with_mailbox(&[]);
    world
        .mailbox()
        .set_rules(no(Stage::Recipient, Action::Hang));
    let asked = Instant::now();
    let (fine, line) = mail_line(&world);
    assert!(
        !fine && line.contains("gives no answer to mail to our own address"),
        "{line}"
    );
    assert!(
        asked.elapsed() < Duration::from_secs(25),
        "{:?}",
        asked.elapsed()
    );
}
