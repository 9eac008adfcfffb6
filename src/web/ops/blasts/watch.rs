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
        line::named,
        lists::Pill,
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
    follow_up: Option<String>,
}

#[derive(Serialize)]
struct Stopped {
    title: &'static str,
    why: String,
    tone: &'static str,
    mark: &'static str,
    advice: &'static str,
    waiting: i64,
    came_back: bool,
}

/// What was tried before a start.
#[derive(Serialize)]
pub struct Tried {
    pub mark: &'static str,
    pub tone: &'static str,
    pub what: &'static str,
    pub came_of_it: &'static str,
    /// In the words of whoever answered, where it is not as it should be.
    pub detail: Option<String>,
}

#[derive(Serialize)]
struct Led {
    paid: String,
    unpaid: String,
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
}

/// The page.
pub async fn show(person: &Person, desk: &Desk, blast: Blast) -> Result<HttpResponse, Refusal> {
    let (id, now) = (blast.id, desk.app.clock.now());
    let works = person.role >= Role::Operator;
    let tries = works && may(&blast, Wish::RetryFailed);
    let (app, about) = (desk.app.clone(), blast.clone());
    let read = move |connection: &mut PgConnection| {
        let led = overview::by_mailing(connection, &[id])?.pop();
        let again = match tries {
            true => blast::could_go_again(connection, &app, &about)?,
            false => Some(0),
        };
        Ok((led, blast::wave_outcomes(connection, id)?, again))
    };
    let (led, outcomes, again) = desk.read(read).await?;
    let facts = Facts {
        blast,
        outcomes,
        now,
    };
    let is_live = facts.blast.state == State::Sending;
    let page = Page::new(&facts, led, (works, again != Some(0)), desk);
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
    fn new(
        facts: &Facts,
        led: Option<Mailing>,
        (works, can_retry): (bool, bool),
        desk: &Desk,
    ) -> Self {
        let (blast, zone) = (&facts.blast, desk.site.zone);
        let at = |at: DateTime<Utc>| When::of(at, zone);
        // While it is sent the numbers of its progress are told, which follow along.
        let parts = match blast.state == State::Sending {
            true => Vec::new(),
            false => parts(blast),
        };
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
            led: led.as_ref().filter(|led| led.orders > 0).map(|led| Led {
                paid: counted::paid_of_all(led),
                unpaid: counted::unpaid(led),
                owed: counted::owed(led),
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
            can: Can::of(blast, can_retry),
            follow_up: led.as_ref().and_then(|led| follow_up(blast, led)),
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
            why: words::because(by, &because),
            tone: if by.is_a_stop() { "bad" } else { "wait" },
            mark: if by.is_a_stop() { "warn" } else { "pause" },
            advice: words::advice(by),
            waiting: blast.counts.queued,
            came_back: blast.counts.bounced > 0,
        })
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
            came_of_it: words::came_of_it(check),
            detail: (!check.ok).then(|| check.detail.clone()),
        }
    }
}

/// What the way to a mailing to those who still owe is called. None before it is sent: the mails of some of them
/// may still wait.
fn follow_up(blast: &Blast, led: &Mailing) -> Option<String> {
    let unpaid = counted::unpaid(led);
    (blast.state == State::Done && led.unpaid > 0).then(|| match led.is_more() {
        true => format!("Write to the unpaid, {unpaid}"),
        false => format!("Write to the {unpaid} unpaid"),
    })
}

/// Whether that can be done to it now.
fn may(blast: &Blast, wish: Wish) -> bool {
    matches!(blast.state.after(wish), Move::To(_))
}

impl Can {
    fn of(blast: &Blast, can_retry: bool) -> Self {
        let may = |wish| may(blast, wish);
        Self {
            pause: may(Wish::Pause),
            resume: may(Wish::Resume),
            cancel: may(Wish::Cancel),
            recall: blast.started_at.is_some() && may(Wish::Recall),
            retry: can_retry,
        }
    }
}
