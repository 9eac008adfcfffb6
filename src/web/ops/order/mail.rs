//! One mail of a story: a row with what became of it.

use chrono::{DateTime, Utc};

use super::told::Told;
use crate::{
    mail::{Kind, State},
    timeline::{PageFacts, happened::Mail},
    web::ops::{
        line::{in_words, named},
        prose::{Prose, Times, name, prose},
    },
};

/// The mail at the time of what became of it.
pub fn told(mail: &Mail, by: Option<&str>, times: Times) -> (DateTime<Utc>, Told) {
    let called = called(mail);
    let at = match mail.state {
        State::Sent => mail.sent_at,
        State::Bounced => mail.refused_at.or(mail.sent_at),
        State::Queued
        | State::Sending
        | State::Unknown
        | State::Failed
        | State::Cancelled
        | State::Suppressed => None,
    };
    let told = match mail.state {
        State::Sent => Told::of(
            match mail.kind {
                Kind::Reminder => "bell",
                _ => "mail-ok",
            },
            prose!["Their mail server took "].and(called),
            match mail.kind {
                Kind::Reminder => prose!["The only one that we send for this order."],
                _ => prose!["Taken is not read: it may lie among the spam."].and(wanted(by)),
            },
        )
        .toned("good"),
        State::Queued => match mail.due_at.filter(|due| *due > times.now) {
            Some(due) => Told::of(
                "bell",
                called
                    .begun()
                    .and(prose![" waits until ", times.moment_alone(due)]),
                wanted(by),
            ),
            None => Told::of(
                "clock",
                called.begun().and(prose![" waits its turn"]),
                wanted(by),
            ),
        },
        State::Sending => Told::of(
            "send",
            called.begun().and(prose![" is being handed over"]),
            wanted(by),
        ),
        State::Unknown => Told::of(
            "mail-unknown",
            prose!["Nobody knows whether they have "].and(called),
            prose!["The connection broke while it was being handed over."],
        )
        .toned("wait"),
        State::Bounced => Told::of(
            "mail-back",
            called.begun().and(prose![" came back"]),
            said(mail),
        )
        .toned("bad"),
        State::Failed => Told::of(
            "stop",
            prose!["We gave up sending "].and(called),
            said(mail),
        )
        .toned("bad"),
        State::Cancelled if mail.was_let_be() => Told::of(
            "mail-unknown",
            prose!["Nobody knows whether they have "].and(called),
            prose![
                "The connection broke while it was being handed over; somebody let it be, and it is not sent again."
            ],
        ),
        State::Cancelled => Told::of(
            "dash",
            called.begun().and(prose![" was not wanted any more"]),
            match mail.skip_reason {
                Some(why) => prose!["It was not sent: ", in_words(why), "."],
                None => prose!["It was not sent."],
            },
        ),
        State::Suppressed => Told::of(
            "bell-off",
            called.begun().and(prose![" was not sent"]),
            prose!["They asked not to be mailed, or their address takes no mail."],
        ),
    };
    (at.unwrap_or(mail.created_at), told)
}

/// What it is called: by its subject, if it has one.
fn called(mail: &Mail) -> Prose {
    let kind = match mail.kind {
        Kind::Reminder => "the reminder",
        Kind::Blast => "the mail",
        Kind::Link => "the mail with the link",
        Kind::Test | Kind::Alert | Kind::Account => "a mail",
    };
    match &mail.subject {
        Some(subject) => prose![kind, " “", name(subject.clone()), "”"],
        None => prose![kind],
    }
}

/// Who asked for it.
fn wanted(by: Option<&str>) -> Prose {
    by.map_or_else(Prose::default, |by| {
        prose![" Asked for by ", name(named(by)), "."]
    })
}

/// What a mail server said.
fn said(mail: &Mail) -> Prose {
    let said = mail.last_error.as_deref();
    said.map_or_else(Prose::default, |said| {
        prose!["The mail server said “", name(said), "”."]
    })
}

/// What they have been sent: somebody may have handed the link over, and mailed nothing.
pub fn have_had(facts: &PageFacts) -> &'static str {
    let mut mails = facts.mails();
    match mails.any(|mail| mail.kind != Kind::Reminder && mail.state == State::Sent) {
        true => "They have had the mail and the reminder.",
        false => "They have had the reminder.",
    }
}

/// That no mail has gone to their address; one may have gone to the address that they had before.
pub fn not_written_to(facts: &PageFacts) -> &'static str {
    let mut mails = facts.mails();
    match mails.any(|mail| matches!(mail.state, State::Sent | State::Bounced)) {
        true => "They have not been written to at the address that they have now.",
        false => "They have not been written to.",
    }
}
