//! What became of a mailing's mails, and what came of them, in words.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use uuid::Uuid;

use super::PATH;
use crate::{
    blast::{
        Blast, Outcome, Recipient,
        state::{Move, Wish},
    },
    mail::State,
    order::Status,
    reminder::rule::Reason,
    session::SessionState,
    web::ops::{
        line::{in_words, sentence},
        lists::{Tab, grouped, href},
        mail::words as mail_words,
        orders::row::in_words as status_in_words,
        when::When,
    },
};

/// Something that came of a mail.
#[derive(Debug, Serialize)]
pub struct Came {
    word: String,
    at: Option<When>,
}

/// The link opened, the payment page, the money.
pub fn came(outcome: &Outcome, zone: Tz) -> Vec<Came> {
    let mut came = Vec::new();
    let mut add = |word: &str, at: Option<DateTime<Utc>>| {
        came.push(Came {
            word: word.to_owned(),
            at: at.map(|at| When::of(at, zone)),
        });
    };
    if outcome.clicked_at.is_some() {
        add("Opened the link", outcome.clicked_at);
    }
    match outcome.session {
        Some(SessionState::Open) => add("Payment page open", None),
        Some(SessionState::Expired) => add("Left the payment page", None),
        _ => {}
    }
    match outcome.status {
        None | Some(Status::Open) => {}
        Some(status) => add(&sentence(status_in_words(status)), outcome.paid_at),
    }
    came
}

/// Why a mail was not sent.
pub fn reason(mail: &Recipient) -> Option<String> {
    let reason = Reason::from_name(mail.reason.as_deref()?)?;
    Some(sentence(in_words(reason)))
}

/// One tab for each state in which mails are.
pub fn tabs(blast: &Blast, here: Option<State>) -> Vec<Tab> {
    let path = format!("{PATH}/{}/recipients", blast.id);
    let counts = &blast.counts;
    let all = Tab::of("All", path.clone(), here.is_none(), Some(counts.total));
    let of = |state: State| {
        let count = match state {
            State::Queued => Some(counts.queued),
            State::Sent => Some(counts.sent),
            State::Unknown => Some(counts.unknown),
            State::Bounced => Some(counts.bounced),
            State::Failed => Some(counts.failed),
            State::Suppressed => Some(counts.suppressed),
            State::Cancelled => Some(counts.cancelled + counts.skipped_paid),
            State::Sending => None,
        };
        (state, count)
    };
    let shown = mail_words::TABS.into_iter().map(of);
    let shown = shown.filter(|(state, count)| here == Some(*state) || count.unwrap_or(0) > 0);
    let tab = |(state, count): (State, Option<i64>)| {
        let href = href(&path, &[("state", state.name())]);
        Tab::of(mail_words::tab(state), href, here == Some(state), count)
    };
    std::iter::once(all).chain(shown.map(tab)).collect()
}

/// A part of what became of all mails, with the way on.
#[derive(Debug, Serialize)]
pub struct Part {
    #[serde(skip)]
    pub count: i64,
    pub mark: &'static str,
    pub tone: &'static str,
    pub title: String,
    pub text: &'static str,
    pub href: String,
}

/// Of those that came back, where the mailing can send them again.
const AGAIN: &str = "They have not heard of what they owe. Correct their address; then try again.";
/// The same where it sends nothing more.
const ON_THEIR_OWN: &str = "They have not heard of what they owe. Correct their address on the page of their order, and send them its link from there.";

/// What became of all of them, each part with what it means. They add up to the total.
pub fn parts(blast: &Blast) -> Vec<Part> {
    let counts = &blast.counts;
    let all = [
        (
            counts.sent,
            ("mail-ok", "good"),
            "accepted by the mail servers",
            "Accepted is not read.",
            State::Sent,
        ),
        (
            counts.queued,
            ("clock", "stop"),
            "waiting, or being handed over",
            "They are not out yet.",
            State::Queued,
        ),
        (
            counts.bounced,
            ("mail-back", "bad"),
            "came back",
            match blast.state.after(Wish::RetryFailed) {
                Move::To(_) | Move::Stay => AGAIN,
                Move::Refuse(_) => ON_THEIR_OWN,
            },
            State::Bounced,
        ),
        (
            counts.unknown,
            ("mail-unknown", "wait"),
            "not known",
            "The mail server fell silent while taking them. They are never sent again by themselves.",
            State::Unknown,
        ),
        (
            counts.failed,
            ("stop", "bad"),
            "given up",
            "No mail server took them, or the order was changed after the approval.",
            State::Failed,
        ),
        (
            counts.suppressed,
            ("bell-off", "stop"),
            "not mailed: asked not to be",
            "Ask them another way: their links work.",
            State::Suppressed,
        ),
        (
            counts.skipped_paid,
            ("tick", "good"),
            "not mailed: paid before their turn",
            "There was nothing to ask for any more.",
            State::Cancelled,
        ),
        (
            counts.cancelled,
            ("dash", "stop"),
            "not sent",
            "They were not wanted any more.",
            State::Cancelled,
        ),
    ];
    let shown = all.into_iter().filter(|(count, ..)| *count > 0);
    let part = |(count, (mark, tone), title, text, state)| Part {
        count,
        mark,
        tone,
        title: format!("{} {title}", grouped(count)),
        text,
        href: mails_of(blast.id, state),
    };
    shown.map(part).collect()
}

/// The mails of a mailing that stand so.
pub fn mails_of(id: Uuid, state: State) -> String {
    href(
        &format!("{PATH}/{id}/recipients"),
        &[("state", state.name())],
    )
}
