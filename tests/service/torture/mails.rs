//! How a mail server misbehaves: rules drawn for any stage.

use std::time::Duration;

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

use crate::mailbox::{Action, Rule, Stage};

const STAGES: [Stage; 10] = [
    Stage::Connect,
    Stage::Hello,
    Stage::Sender,
    Stage::Recipient,
    Stage::Recipient,
    Stage::Data,
    Stage::Body,
    Stage::Message,
    Stage::Reset,
    Stage::Quit,
];

const REPLIES: [(u16, &str); 14] = [
    (250, "2.0.0 yes, in other words"),
    (354, "go on"),
    (421, "4.3.2 closing"),
    (450, "4.2.1 try again later"),
    (451, "4.7.1 greylisted"),
    (454, "4.7.0 not now"),
    (500, "what?"),
    (503, "5.5.1 bad sequence"),
    (535, "5.7.8 authentication failed"),
    (550, "5.1.1 no such user"),
    (550, "5.7.1 not from you"),
    (553, "5.1.3 no such thing"),
    (554, "5.7.1 looks like spam"),
    (999, "9.9.9"),
];

/// Said before there is a recipient it is our own quota, for which all mail waits an hour.
const FULL: (u16, &str) = (552, "5.2.2 over quota");

/// A few rules, each for the next few times.
pub fn odd(dice: &mut StdRng) -> Vec<Rule> {
    let count = dice.random_range(1..=4);
    (0..count).map(|_| rule(dice)).collect()
}

fn rule(dice: &mut StdRng) -> Rule {
    let stage = *STAGES.choose(dice).expect("some");
    Rule {
        stage,
        recipient: None,
        action: action(stage, dice),
        times: Some(dice.random_range(1..=4)),
    }
}

fn action(stage: Stage, dice: &mut StdRng) -> Action {
    match dice.random_range(0..14) {
        0..6 => {
            let is_full = stage == Stage::Recipient && dice.random_bool(0.2);
            let reply = if is_full {
                &FULL
            } else {
                REPLIES.choose(dice).expect("some")
            };
            let (code, text) = match reply {
                // In the middle of a message it would be the word on it: a yes to what is not kept.
                (250, _) if stage == Stage::Body => &FULL,
                reply => reply,
            };
            Action::Reply(*code, (*text).to_owned())
        }
        6 => Action::Raw(garbage(dice)),
        7 => Action::Endless(b"250-".to_vec()),
        8 | 9 => Action::Wait(Duration::from_millis(dice.random_range(0..3_000))),
        10 => Action::Drop,
        11 => Action::DropUnkept,
        12 if stage == Stage::Recipient => Action::Greylist,
        _ => Action::Hang,
    }
}

fn garbage(dice: &mut StdRng) -> Vec<u8> {
    let length = dice.random_range(1..200);
    let mut bytes: Vec<u8> = (0..length).map(|_| dice.random()).collect();
    bytes.extend(b"\r\n");
    bytes
}

/// The sender is refused, whoever the mail is for: no mail goes out, and that is nobody's but ours.
pub fn refuses_us() -> Vec<Rule> {
    vec![Rule {
        stage: Stage::Sender,
        recipient: None,
        action: Action::Reply(
            550,
            "5.7.1 sender address rejected: not owned by user".to_owned(),
        ),
        times: None,
    }]
}
