//! Every wording of `docs/refusals.md`, and what no table of wordings can say.

use super::{Fault::*, Stage::*, *};

const WORDINGS: &str = include_str!("../../../docs/refusals.md");
const GONE: Fault = Address { gone: true };
const ADDRESS: Fault = Address { gone: false };

fn judged(stage: Stage, said: &str) -> Fault {
    about(stage, said, "club@club.example", "ann@example.org")
}

fn about(stage: Stage, said: &str, sender: &str, recipient: &str) -> Fault {
    let (code, text) = said.split_at(3);
    let (sender, recipient) = match stage {
        Greeting | Tls | LogIn => ("", ""),
        Sender => (sender, ""),
        Recipient | Data | Message => (sender, recipient),
    };
    judge(&Reply {
        stage,
        code: code.parse().expect(said),
        text: text.trim_start(),
        sender,
        recipient,
    })
}

fn stage(name: &str) -> Option<Stage> {
    Some(match name {
        "connect" => Greeting,
        "TLS" => Tls,
        "log-in" => LogIn,
        "MAIL" => Sender,
        "RCPT" => Recipient,
        "DATA" => Data,
        "dot" => Message,
        _ => return None,
    })
}

fn fault(name: &str) -> Fault {
    let ours = |name: &str| match name {
        "connection" => super::Ours::Connection,
        "TLS" => super::Ours::Tls,
        "log-in" => super::Ours::LogIn,
        "sender" => super::Ours::Sender,
        "relaying" => super::Ours::Relaying,
        "reputation" => super::Ours::Reputation,
        "set-up" => super::Ours::SetUp,
        _ => panic!("us: {name}?"),
    };
    match name {
        "address" => ADDRESS,
        "address, gone" => GONE,
        "mail" => Mail,
        "quota: hour" => Quota(super::Quota::Hour),
        "quota: day" => Quota(super::Quota::Day),
        "quota" => Quota(super::Quota::Unsaid),
        "too fast" => TooFast,
        "later" => Later(None),
        _ => match name.split_once("us: ") {
            Some(("", name)) => Ours(ours(name)),
            Some(("later, ", name)) => Later(Some(ours(name))),
            _ => panic!("{name}?"),
        },
    }
}

/// The rows of the tables: stage, words, fault.
fn rows() -> impl Iterator<Item = (Stage, &'static str, Fault)> {
    WORDINGS.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, name, said, expected, ..] = cells[..] else {
            return None;
        };
        Some((stage(name)?, said.trim_matches('`'), fault(expected)))
    })
}

#[test]
fn every_wording_of_the_docs_is_judged_as_they_say() {
    let wrong: Vec<String> = rows()
        .map(|(stage, said, expected)| (stage, said, expected, judged(stage, said)))
        .filter(|(_, _, expected, judged)| expected != judged)
        .map(|(stage, said, expected, judged)| {
            format!("{stage:?} {said}\n    is {judged:?}, and should be {expected:?}")
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(rows().count() > 250, "the tables are not read");
}

#[test]
fn every_stage_and_every_fault_is_in_the_docs() {
    for stage in [Greeting, Tls, LogIn, Sender, Recipient, Data, Message] {
        assert!(rows().any(|row| row.0 == stage), "{stage:?}");
    }
    for ours in super::Ours::ALL {
        assert!(rows().any(|row| row.2 == Ours(ours)), "{ours:?}");
    }
}

#[test]
fn only_five_codes_suppress_and_never_a_word() {
    let gone = |said: &str| judged(Recipient, said) == GONE;
    for (subject, details) in [(1, 0..200), (2, 0..300), (5, 0..10), (7, 0..1_000)] {
        for detail in details {
            let says_so = subject == 1 && matches!(detail, 1 | 2 | 3 | 6 | 10);
            let said = format!("550 5.{subject}.{detail} no such user, mailbox does not exist");
            assert_eq!(gone(&said), says_so, "{said}");
        }
    }
    for said in [
        "550 no such user here",
        "550 User unknown",
        "550 mailbox does not exist",
        // The codes do not agree: nobody is suppressed.
        "550 4.1.1 no such user",
        "450 5.1.1 no such user",
        // It is not said whose fault it is.
        "550 5.1.1 no such user (from club@club.example to ann@example.org)",
        "550 5.1.1 <club@club.example>: no such user",
        "550 5.1.1 club.example: no such domain",
        "550 5.1.2 Sender's domain does not exist",
    ] {
        assert!(!gone(said), "{said}");
    }
}

#[test]
fn help_and_what_is_quoted_blame_nobody() {
    for said in [
        "550 5.1.1 User unknown, ask your server's administrator or your hosting provider",
        "550 5.1.1 Mail from you could not be delivered: no such user",
        "550 5.1.1 no such user (proto=ESMTP helo=<mail.club.example>)",
        "550 5.1.1 no such user, please log off and write to the sender's postmaster",
    ] {
        assert_eq!(judged(Recipient, said), GONE, "{said}");
    }
    let spam = "554 5.7.1 Message blocked. See https://example.org/spam (helo=<mail.club.example>)";
    assert_eq!(judged(Message, spam), Mail);
}

#[test]
fn before_a_recipient_is_named_nothing_is_about_one() {
    for stage in [Greeting, Tls, LogIn, Sender] {
        for said in [
            "550 5.1.1 no such user",
            "550 5.2.2 full",
            "550",
            "501 5.1.3 bad",
        ] {
            assert!(matches!(judged(stage, said), Ours(_)), "{stage:?} {said}");
        }
    }
}

#[test]
fn our_own_address_and_domain_are_ours() {
    for said in [
        "550 5.7.1 <club@club.example> is refused",
        "550 5.1.1 <CLUB@Club.Example>: unknown",
        "554 club.example: go away",
        "550 5.7.1 mail from <club@club.example> blocked",
    ] {
        for stage in [Recipient, Data, Message] {
            let ours = judged(stage, said);
            assert_eq!(ours, Ours(super::Ours::Sender), "{stage:?} {said}");
        }
    }
    // A server of our domain's says its name in every answer, and links are no names.
    for said in [
        "550 5.1.1 mail.club.example: no such user",
        "550 5.1.1 no such user, see https://club.example/help",
    ] {
        assert_eq!(judged(Recipient, said), GONE, "{said}");
    }
}

#[test]
fn somebody_of_our_own_domain_is_somebody() {
    let colleague = |said| about(Recipient, said, "club@club.example", "ann@club.example");
    let unknown = "550 5.1.1 <ann@club.example>: Recipient address rejected: User unknown";
    assert_eq!(colleague(unknown), GONE);
    assert_eq!(colleague("550 5.1.1 no such user at club.example"), GONE);
    let ours = "550 5.1.1 <club@club.example>: unknown";
    assert_eq!(colleague(ours), Ours(super::Ours::Sender));
    let ourselves = |said| about(Recipient, said, "club@club.example", "club@club.example");
    assert_eq!(ourselves("550 5.1.1 <club@club.example>: unknown"), GONE);
    let sender = "550 5.1.1 <club@club.example>: Sender address rejected: unknown";
    assert_eq!(ourselves(sender), Ours(super::Ours::Sender));
}

#[test]
fn an_address_is_not_read_as_words() {
    for recipient in ["relay.access.denied@example.org", "spamhaus@dmarc.example"] {
        let said = format!("550 5.7.1 <{recipient}>: no thanks");
        let judged = about(Recipient, &said, "club@club.example", recipient);
        assert_eq!(judged, ADDRESS, "{recipient}");
    }
}

#[test]
fn what_passes_bounces_nobody_and_what_stays_does_not_come_back() {
    let words = rows().map(|(_, said, _)| said.get(4..).unwrap_or_default());
    for text in words {
        for stage in [Greeting, Sender, Recipient, Message] {
            for code in ["421", "450", "454"] {
                let fault = judged(stage, &format!("{code} {text}"));
                let passes = matches!(fault, Later(_) | TooFast | Quota(_));
                assert!(passes, "{stage:?} {code} {text}: {fault:?}");
            }
            for code in ["503", "550", "571"] {
                let fault = judged(stage, &format!("{code} {text}"));
                assert!(
                    !matches!(fault, Later(_)),
                    "{stage:?} {code} {text}: {fault:?}"
                );
            }
        }
    }
}

#[test]
fn a_refusal_keeps_its_words_and_is_bounded() {
    let text = format!("5.1.1 {}\u{202e}\0", "x".repeat(9_000));
    let refusal = Refusal::said(&Reply {
        stage: Recipient,
        code: 550,
        text: &text,
        sender: "club@club.example",
        recipient: "ann@example.org",
    });
    assert!(refusal.why.starts_with("550 5.1.1 x"), "{}", refusal.why);
    assert_eq!(refusal.why.chars().count(), 500);
    assert_eq!(
        (refusal.fault, refusal.likeness.as_str()),
        (GONE, "550 5.1.1")
    );
    assert_eq!(refusal.to_string(), refusal.why);
}
