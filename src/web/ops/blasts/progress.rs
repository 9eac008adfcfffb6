//! How far a mailing is: numbers, a bar, what it waits for, its first mails. A part of the page that the stream
//! sends anew.

use std::time::Duration;

use chrono_tz::Tz;
use serde::Serialize;

use super::{PATH, counted, outcome::mails_of, words};
use crate::{
    app::App,
    blast::{self, Blast, Facts, FirstWave, PausedBy, state::State},
    mail::State as MailState,
    web::ops::{
        lists::{Pill, grouped, how_many},
        mail::words as mail_words,
        prose::{Prose, Times, prose},
    },
};

/// The part as its template has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    href: String,
    pill: Pill,
    title: String,
    out: i64,
    of: i64,
    says: Vec<Prose>,
    mail_waits: bool,
    tiles: Vec<Tile>,
    first: Vec<Told>,
    first_title: String,
    /// It would still stop by itself.
    stops: bool,
    /// It stands otherwise than when the page was made: what can be done is on the page.
    moved: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Tile {
    mark: &'static str,
    word: &'static str,
    count: i64,
    href: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Told {
    mark: &'static str,
    tone: &'static str,
    says: Prose,
}

impl Progress {
    /// Of a page that was made when the mailing stood so.
    pub fn of(facts: &Facts, app: &App, zone: Tz, then: State) -> Self {
        let blast = &facts.blast;
        let far = counted::far(&blast.counts);
        let first = FirstWave::of(blast, facts.outcomes, &app.mailer);
        let times = Times {
            zone,
            now: facts.now,
        };
        let of = far.of + not_sent(blast);
        let is_out = match of {
            1 => "mail is out",
            _ => "mails are out",
        };
        Self {
            href: format!("{PATH}/{}", blast.id),
            pill: words::state(blast),
            title: format!("{} of {} {is_out}", grouped(far.out), grouped(of)),
            out: far.through,
            of: of.max(1),
            says: says(blast, app, times),
            mail_waits: blast.waiting.is_some(),
            tiles: tiles(blast),
            first: first.map_or_else(Vec::new, |first| told(blast, first, times)),
            first_title: match first.map(|first| first.outcomes.mails()) {
                Some(1) => "The first mail".to_owned(),
                Some(mails) => format!("The first {}", grouped(mails)),
                None => String::new(),
            },
            stops: match blast.state {
                State::Sending => true,
                State::Paused => !has_stopped(blast),
                State::Draft
                | State::Approved
                | State::Done
                | State::Cancelled
                | State::Recalled => false,
            },
            moved: blast.state != then,
        }
    }
}

/// Mails that were given up with the mailing.
fn not_sent(blast: &Blast) -> i64 {
    match blast.state {
        State::Cancelled | State::Recalled => blast.counts.cancelled,
        State::Draft | State::Approved | State::Sending | State::Paused | State::Done => 0,
    }
}

fn has_stopped(blast: &Blast) -> bool {
    blast.paused_by.is_some_and(PausedBy::is_a_stop)
}

/// What it waits for, and how long it takes.
fn says(blast: &Blast, app: &App, times: Times) -> Vec<Prose> {
    match blast.state {
        State::Draft | State::Approved => vec![prose!["It has not been started."]],
        State::Paused => paused(blast, times),
        State::Cancelled => vec![prose!["Nothing more of it is sent."]],
        State::Recalled => vec![prose![
            "Nothing more of it is sent, and its links explain why."
        ]],
        State::Done => vec![prose!["Every mail has had its turn."]],
        State::Sending => sending(blast, app, times),
    }
}

fn paused(blast: &Blast, times: Times) -> Vec<Prose> {
    let mut says = vec![prose![how_many(
        blast.counts.queued,
        "mail waits until somebody lets it go on. It is not lost.",
        "mails wait until somebody lets it go on. None is lost.",
    )]];
    if let Some(at) = blast.send_at.filter(|at| *at > times.now) {
        says.push(prose!["Its time comes ", times.moment(at), "."]);
    }
    says
}

fn sending(blast: &Blast, app: &App, times: Times) -> Vec<Prose> {
    let mut says = Vec::new();
    if let Some(waiting) = &blast.waiting {
        let why = mail_words::why(waiting.cause);
        let mut said = prose!["No mail goes out at present: ", why, "."];
        if let Some(until) = waiting.until {
            said = said.and(prose![" It is tried again ", times.moment(until), "."]);
        }
        says.push(said);
    }
    match blast.send_at.filter(|at| *at > times.now) {
        Some(at) => says.push(prose!["It begins ", times.moment(at), "."]),
        None if blast.waiting.is_none() => {
            let left = words::lasts(left(blast, app));
            says.push(prose![format!(
                "It takes {left} more if nothing keeps it. You can close this page; it goes on."
            )]);
        }
        None => {}
    }
    says
}

/// How long what waits takes.
fn left(blast: &Blast, app: &App) -> Duration {
    let queued = blast.counts.queued;
    blast::time_left(queued, blast.per_second, blast.wave, &app.mailer)
}

fn tiles(blast: &Blast) -> Vec<Tile> {
    let counts = &blast.counts;
    let tile = |mark, word, count, state| Tile {
        mark,
        word,
        count,
        href: mails_of(blast.id, state),
    };
    let mut tiles = vec![
        tile("mail-ok", "Accepted", counts.sent, MailState::Sent),
        tile("clock", "Waiting", counts.queued, MailState::Queued),
        tile("mail-back", "Came back", counts.bounced, MailState::Bounced),
        tile(
            "mail-unknown",
            "Not known",
            counts.unknown,
            MailState::Unknown,
        ),
        tile(
            "tick",
            "Paid already",
            counts.skipped_paid,
            MailState::Cancelled,
        ),
    ];
    // Seldom, but nobody is left out of the sum.
    let seldom = [
        tile("stop", "Given up", counts.failed, MailState::Failed),
        tile(
            "bell-off",
            "Do not mail",
            counts.suppressed,
            MailState::Suppressed,
        ),
        tile("dash", "Not sent", counts.cancelled, MailState::Cancelled),
    ];
    tiles.extend(seldom.into_iter().filter(|tile| tile.count > 0));
    tiles
}

/// What became of the first mails, and what that means for the others.
fn told(blast: &Blast, first: FirstWave, times: Times) -> Vec<Told> {
    let tell = |mark, tone, says| Told { mark, tone, says };
    let mut told = Vec::new();
    let of = first.outcomes;
    let parts = [
        (of.accepted, "accepted"),
        (of.open, "without an answer yet"),
        (of.late, "asked to come again later"),
        (of.bounced, "came back"),
        (of.unknown, "not known"),
        (of.given_up, "given up"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(count, word)| format!("{} {word}", grouped(*count)))
        .collect();
    if !parts.is_empty() {
        let is_well = of.bounced + of.unknown + of.given_up == 0;
        let (mark, tone) = match (of.open, is_well) {
            (0, true) => ("tick", "good"),
            (0, false) => ("warn", "wait"),
            _ => ("clock", "stop"),
        };
        told.push(tell(mark, tone, prose![format!("{}.", parts.join(", "))]));
    }
    let rest = match (blast.wave, first.until) {
        _ if not_sent(blast) > 0 => (
            "dash",
            "stop",
            prose!["Those of the others that waited are not sent."],
        ),
        (Some(crate::mail::Wave::Rest), _) => match blast.counts.queued {
            0 => ("tick", "good", prose!["The others have followed since."]),
            _ => ("tick", "good", prose!["The others have been let go since."]),
        },
        _ if has_stopped(blast) || blast.state != State::Sending => {
            ("pause", "stop", prose!["The others are held."])
        }
        (_, Some(until)) => (
            "clock",
            "stop",
            prose![
                "The others follow by themselves ",
                times.moment(until),
                ", if at most one has come back by then and none is unknown."
            ],
        ),
        (_, None) => (
            "clock",
            "stop",
            prose!["The others wait until each of these has an answer, and a while longer."],
        ),
    };
    told.push(tell(rest.0, rest.1, rest.2));
    told
}
