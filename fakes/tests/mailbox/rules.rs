//! What goes wrong on purpose goes wrong at its moment, and is kept or not as it says.

use std::time::{Duration, Instant};

use freshmint_fakes::mailbox::{Action, Mailbox, Rule, Stage};

use super::{PLAIN, Talk, code, letter, mailbox, reply, rule, send, wait_until, with_login};

const PAUSE: Duration = Duration::from_millis(120);

fn with_rule(stage: Stage, action: Action) -> Mailbox {
    let mailbox = mailbox();
    mailbox.set_rules(vec![rule(stage, action)]);
    mailbox
}

/// A whole mail over one connection; what was heard last.
fn last_words(mailbox: &Mailbox) -> String {
    let mut talk = Talk::silent(mailbox);
    let mut heard = talk.hear();
    for line in [
        "EHLO a.example",
        "MAIL FROM:<shop@a.example>",
        "RCPT TO:<ann@b.example>",
        "DATA",
        &format!("{PLAIN}."),
    ] {
        if !heard.starts_with(['2', '3']) {
            break;
        }
        heard = talk.say(line);
    }
    heard
}

#[test]
fn a_reply_stands_in_for_the_usual_one_at_each_stage() {
    for stage in [
        Stage::Connect,
        Stage::Hello,
        Stage::Sender,
        Stage::Recipient,
        Stage::Data,
        Stage::Message,
    ] {
        let mailbox = with_rule(stage, reply(450, "4.3.0 not now"));
        assert_eq!(last_words(&mailbox), "450 4.3.0 not now\r\n", "{stage:?}");
        assert_eq!(code(send(&mailbox, &letter("ann@b.example"))), Some(450));
        assert_eq!((mailbox.received(), mailbox.unfinished()), (0, 0));
    }
}

#[test]
fn a_closed_connection_is_closed_at_each_stage() {
    for (stage, received, unfinished) in [
        (Stage::Connect, 0, 0),
        (Stage::Hello, 0, 0),
        (Stage::Sender, 0, 0),
        (Stage::Recipient, 0, 0),
        (Stage::Data, 0, 0),
        (Stage::Body, 0, 1),
        (Stage::Message, 1, 0),
    ] {
        let mailbox = with_rule(stage, Action::Drop);
        assert_eq!(last_words(&mailbox), "", "{stage:?}");
        let counted = (mailbox.received(), mailbox.unfinished());
        assert_eq!(counted, (received, unfinished), "{stage:?}");
        let unkept = with_rule(stage, Action::DropUnkept);
        assert_eq!(last_words(&unkept), "", "{stage:?}");
        let counted = (unkept.received(), unkept.unfinished());
        assert_eq!(counted, (0, unfinished), "{stage:?}");
    }
}

#[test]
fn nobody_answers_at_each_stage() {
    let lines = [
        (Stage::Hello, "EHLO a.example".to_owned()),
        (Stage::Sender, "MAIL FROM:<shop@a.example>".to_owned()),
        (Stage::Recipient, "RCPT TO:<ann@b.example>".to_owned()),
        (Stage::Data, "DATA".to_owned()),
        (Stage::Message, format!("{PLAIN}.")),
    ];
    for at in 0..lines.len() {
        let (stage, hung) = &lines[at];
        let mailbox = with_rule(*stage, Action::Hang);
        let mut talk = Talk::to(&mailbox);
        for (_, line) in &lines[..at] {
            assert!(!talk.say(line).is_empty());
        }
        talk.write(format!("{hung}\r\n").as_bytes());
        assert!(talk.is_silent(), "{stage:?}");
        assert_eq!(mailbox.received(), usize::from(*stage == Stage::Message));
    }
    let mailbox = with_rule(Stage::Connect, Action::Hang);
    assert!(Talk::silent(&mailbox).is_silent());
    assert_eq!(mailbox.connections(), 1);
}

#[test]
fn a_wait_delays_and_the_next_rule_counts_all_the_same() {
    for stage in [
        Stage::Connect,
        Stage::Hello,
        Stage::Sender,
        Stage::Recipient,
        Stage::Data,
        Stage::Body,
        Stage::Message,
    ] {
        let mailbox = with_rule(stage, Action::Wait(PAUSE));
        let started = Instant::now();
        assert!(last_words(&mailbox).starts_with("250 2.0.0"), "{stage:?}");
        assert!(started.elapsed() >= PAUSE, "{stage:?}");
    }
    let mailbox = mailbox();
    mailbox.set_rules(vec![
        rule(Stage::Sender, Action::Wait(PAUSE)),
        rule(Stage::Sender, Action::Wait(PAUSE)),
        rule(Stage::Sender, reply(451, "4.3.0 later")),
        rule(Stage::Sender, reply(550, "5.7.1 never")),
    ]);
    let started = Instant::now();
    assert_eq!(last_words(&mailbox), "451 4.3.0 later\r\n");
    assert!(started.elapsed() >= PAUSE * 2);
}

#[test]
fn a_log_in_is_refused_or_lost() {
    let mailbox = with_login("shop", "secret");
    mailbox.set_rules(vec![rule(Stage::Login, reply(535, "5.7.8 no"))]);
    assert_eq!(code(send(&mailbox, &letter("ann@b.example"))), Some(535));
    mailbox.set_rules(vec![rule(Stage::Login, Action::Drop)]);
    assert_eq!(code(send(&mailbox, &letter("ann@b.example"))), None);
    assert_eq!(mailbox.commands().last().expect("one"), "AUTH");
    mailbox.set_rules(vec![rule(Stage::Login, Action::Wait(PAUSE))]);
    assert_eq!(code(send(&mailbox, &letter("ann@b.example"))), Some(250));
}

#[test]
fn whoever_is_turned_away_may_only_leave() {
    let mailbox = with_rule(Stage::Connect, reply(554, "5.3.2 no mail here"));
    let mut talk = Talk::silent(&mailbox);
    assert_eq!(talk.hear(), "554 5.3.2 no mail here\r\n");
    talk.say_all(&[("EHLO a.example", 503), ("QUIT", 221)]);

    mailbox.set_rules(vec![rule(Stage::Connect, reply(421, "4.3.2 closing"))]);
    let mut talk = Talk::silent(&mailbox);
    assert_eq!(talk.hear(), "421 4.3.2 closing\r\n");
    assert!(talk.is_closed());
}

#[test]
fn a_body_is_interrupted_with_or_without_a_word() {
    let mailbox = with_rule(Stage::Body, reply(421, "4.3.2 closing"));
    let mut talk = Talk::at_the_body(&mailbox, "ann@b.example");
    talk.write(b"From: a@a.example\r\n");
    assert_eq!(talk.hear(), "421 4.3.2 closing\r\n");
    assert!(talk.is_closed());
    mailbox.set_rules(vec![rule(Stage::Body, Action::Hang)]);
    let mut talk = Talk::at_the_body(&mailbox, "ann@b.example");
    talk.write(format!("{PLAIN}.\r\n").as_bytes());
    assert!(talk.is_silent());
    assert_eq!((mailbox.received(), mailbox.unfinished()), (0, 2));
}

#[test]
fn a_yes_in_other_words_is_a_yes() {
    let mailbox = with_rule(Stage::Message, reply(250, "2.6.0 kept as 4711"));
    let response = send(&mailbox, &letter("ann@b.example")).expect("a yes");
    assert_eq!(response.first_line(), Some("2.6.0 kept as 4711"));
    assert_eq!(mailbox.received(), 1);
}

#[test]
fn a_rule_for_a_recipient_leaves_others_alone() {
    for stage in [Stage::Recipient, Stage::Data, Stage::Body, Stage::Message] {
        let mailbox = mailbox();
        mailbox.set_rules(vec![Rule {
            recipient: Some("BOB@".to_owned()),
            ..rule(stage, reply(550, "5.1.1 no such user"))
        }]);
        assert_eq!(code(send(&mailbox, &letter("ann@b.example"))), Some(250));
        // In the midst of the body nobody listens for it.
        let bob = code(send(&mailbox, &letter("bob@b.example")));
        assert!(stage == Stage::Body || bob == Some(550), "{stage:?}");
        assert_eq!(mailbox.mails_to("bob@b.example").len(), 0, "{stage:?}");
        assert_eq!(mailbox.received(), 1, "{stage:?}");
    }
}

#[test]
fn a_rule_is_used_up() {
    let mailbox = mailbox();
    mailbox.set_rules(vec![
        Rule {
            times: Some(2),
            ..rule(Stage::Message, reply(451, "4.3.0 later"))
        },
        Rule {
            times: Some(0),
            ..rule(Stage::Message, reply(550, "5.0.0 never said"))
        },
    ]);
    let codes: Vec<_> = (0..4)
        .map(|_| code(send(&mailbox, &letter("ann@b.example"))).expect("a code"))
        .collect();
    assert_eq!(codes, [451, 451, 250, 250]);
}

#[test]
fn each_recipient_is_greylisted_once() {
    let mailbox = with_rule(Stage::Recipient, Action::Greylist);
    let try_to = |address: &str| code(send(&mailbox, &letter(address)));
    assert_eq!(try_to("ann@b.example"), Some(451));
    assert_eq!(try_to("bob@b.example"), Some(451));
    assert_eq!(try_to("Ann@b.example"), Some(250));
    assert_eq!(try_to("bob@b.example"), Some(250));
    mailbox.set_rules(vec![rule(Stage::Recipient, Action::Greylist)]);
    assert_eq!(try_to("ann@b.example"), Some(451));
}

#[test]
fn it_ends_with_everything_that_hangs() {
    let mailbox = with_rule(Stage::Hello, Action::Hang);
    let mut talk = Talk::to(&mailbox);
    talk.write(b"EHLO a.example\r\n");
    wait_until("it hangs", || mailbox.commands() == ["EHLO"]);
    drop(mailbox);
    assert!(talk.is_closed());
}
