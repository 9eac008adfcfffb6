//! A mailing from its start on: how far it is, what can be done, what came of it.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde::Serialize;
use uuid::Uuid;

use super::{
    PATH, counted,
    outcome::{Part, parts},
    progress::Progress,
    words,
};
use crate::{
    blast::{
        self, Blast, Facts, PausedBy,
        preflight::Level,
        state::{Move, State, Wish},
    },
    overview::{self, Mailing},
    people::Person,
    token::Role,
    web::ops::{
        desk::{BADGE, Desk},
        line::{named, sentence},
        lists::{Pill, grouped},
        menu::Here,
        refusal::Refusal,
        when::When,
    },
};

#[derive(Serialize)]
struct Page {
    id: Uuid,
    name: String,
    pill: Pill,
    author: String,
    approver: Option<String>,
    started: Option<When>,
    works: bool,
    stopped: Option<Stopped>,
    warnings: Vec<Tried>,
    progress: Option<Progress>,
    led: Option<Led>,
    parts: Vec<Part>,
    sum: String,
    total: i64,
    recall: Option<Recalled>,
    corrects: Option<Uuid>,
    can: Can,
}

#[derive(Serialize)]
struct Stopped {
    title: &'static str,
    why: String,
    tone: &'static str,
    mark: &'static str,
    waiting: i64,
    came_back: bool,
}

/// What was tried before a start.
#[derive(Serialize)]
pub struct Tried {
    pub mark: &'static str,
    pub tone: &'static str,
    pub what: &'static str,
    pub detail: String,
}

#[derive(Serialize)]
struct Led {
    paid: String,
    unpaid: i64,
    owed: String,
}

#[derive(Serialize)]
struct Recalled {
    note: String,
    at: When,
    orders: i64,
    links_withdrawn: i64,
    checkouts_closed: i64,
    to_go: i64,
    correction: Option<Uuid>,
}

/// What can be done now, asked by the rules that the action will ask.
#[derive(Serialize)]
struct Can {
    pause: bool,
    resume: bool,
    cancel: bool,
    recall: bool,
    retry: bool,
    follow_up: bool,
}

/// The page.
pub async fn show(person: &Person, desk: &Desk, blast: Blast) -> Result<HttpResponse, Refusal> {
    let (id, now) = (blast.id, desk.app.clock.now());
    let read = move |connection: &mut PgConnection| {
        let led = overview::by_mailing(connection, &[id])?.pop();
        Ok((led, blast::wave_outcomes(connection, id)?))
    };
    let (led, outcomes) = desk.read(read).await?;
    let facts = Facts {
        blast,
        outcomes,
        now,
    };
    let is_live = facts.blast.state == State::Sending;
    let page = Page::new(&facts, led, person.role >= Role::Operator, desk);
    let stream = match is_live {
        true => format!("{PATH}/{id}/stream"),
        false => BADGE.to_owned(),
    };
    let template = ("blast.html", stream);
    let status = actix_web::http::StatusCode::OK;
    desk.page_following(person, Here::Blasts, template, &page, status)
        .await
}

impl Page {
    fn new(facts: &Facts, led: Option<Mailing>, works: bool, desk: &Desk) -> Self {
        let (blast, zone) = (&facts.blast, desk.site.zone);
        let at = |at: DateTime<Utc>| When::of(at, zone);
        let parts = parts(blast);
        let unpaid = led.as_ref().map_or(0, |led| led.unpaid);
        let never_began = blast.started_at.is_none();
        Self {
            id: blast.id,
            name: blast.name.clone(),
            pill: words::state(blast),
            author: named(&blast.author),
            approver: blast
                .approval
                .as_ref()
                .map(|approval| named(&approval.approved_by)),
            started: blast.started_at.map(at),
            works,
            stopped: Stopped::of(blast),
            warnings: tried(blast, Level::Warning),
            progress: (!never_began).then(|| Progress::of(facts, &desk.app, zone, blast.state)),
            led: led.filter(|led| led.orders > 0).map(|led| Led {
                paid: format!("{} of {}", grouped(led.paid), grouped(led.orders)),
                unpaid: led.unpaid,
                owed: counted::owed(&led),
            }),
            sum: counted::sum(&parts.iter().map(|part| part.count).collect::<Vec<i64>>()),
            parts,
            total: blast.counts.total,
            recall: blast.recall.as_ref().map(|recall| Recalled {
                note: recall.note.clone(),
                at: at(recall.recalled_at),
                orders: recall.orders,
                links_withdrawn: recall.links_withdrawn,
                checkouts_closed: recall.checkouts_closed,
                to_go: recall.to_go,
                correction: recall.correction,
            }),
            corrects: blast.corrects,
            can: Can::of(blast, unpaid),
        }
    }
}

impl Stopped {
    fn of(blast: &Blast) -> Option<Self> {
        if blast.state != State::Paused {
            return None;
        }
        let by = blast.paused_by.unwrap_or(PausedBy::Person);
        let because = blast.paused_because.clone().unwrap_or_default();
        Some(Self {
            title: words::stopped(by),
            why: match by {
                PausedBy::Person => by_name(&because),
                _ => because,
            },
            tone: if by.is_a_stop() { "bad" } else { "wait" },
            mark: if by.is_a_stop() { "warn" } else { "pause" },
            waiting: blast.counts.queued,
            came_back: blast.counts.bounced > 0,
        })
    }
}

/// Why it is paused, with whoever did it as people know them.
fn by_name(because: &str) -> String {
    match because.split_once(" paused it") {
        Some((actor, rest)) => sentence(&format!("{} paused it{rest}", named(actor))),
        None => because.to_owned(),
    }
}

/// The checks of its last pre-flight from this level on.
pub fn tried(blast: &Blast, from: Level) -> Vec<Tried> {
    let is_shown = |level: Level| match from {
        Level::Info => true,
        Level::Warning => level != Level::Info,
        Level::Error => level == Level::Error,
    };
    let shown = blast.checks.iter().filter(|check| is_shown(check.level));
    shown.map(Tried::of).collect()
}

impl Tried {
    pub fn of(check: &crate::blast::preflight::Check) -> Self {
        let (mark, tone) = words::mark(check.level);
        Self {
            mark,
            tone,
            what: words::tried(check),
            detail: check.detail.clone(),
        }
    }
}

impl Can {
    fn of(blast: &Blast, unpaid: i64) -> Self {
        let may = |wish| matches!(blast.state.after(wish), Move::To(_));
        let counts = &blast.counts;
        let has_begun = blast.started_at.is_some();
        Self {
            pause: may(Wish::Pause),
            resume: may(Wish::Resume),
            cancel: may(Wish::Cancel),
            recall: has_begun && may(Wish::Recall),
            retry: may(Wish::RetryFailed) && counts.failed + counts.bounced > 0,
            follow_up: has_begun && unpaid > 0 && blast.state != State::Recalled,
        }
    }
}
