//! `/ops/settings`: what each switch does, to whom, and how long things are kept.

mod notice;
mod retention;
mod switch;
pub mod words;

use actix_web::{HttpResponse, http::StatusCode};
use diesel::{PgConnection, QueryResult};
use serde::Serialize;

use self::{
    notice::Notice,
    retention::Days,
    words::{Switched, switched},
};
pub use self::{
    notice::save as save_notice,
    retention::{look as look_at_retention, save as save_retention},
    switch::{ask, turn},
};
use super::{
    desk::{BADGE, Desk, shown},
    guard::{Viewer, doing},
    line::named,
    menu::Here,
    refusal::Refusal,
    when::When,
};
use crate::{
    activity::{
        Category,
        feed::{self, Filter},
    },
    outbox,
    people::{Person, once::Outcome},
    settings::{self, Change, Settings, Switch},
    switches::{self, Numbers},
    token::Role,
};

const PATH: &str = "/ops/settings";

/// What was typed and is wrong, or was seen as it is no more.
#[derive(Debug, Default)]
pub struct Again {
    notice: Option<Notice>,
    days: Option<Days>,
    status: Option<StatusCode>,
}

#[derive(Serialize)]
struct Page {
    may: bool,
    wrong: bool,
    reminders: Vec<Switched>,
    safety: Vec<Switched>,
    notice: Notice,
    days: Days,
}

/// `GET /ops/settings`
pub async fn show(Viewer(person): Viewer, desk: Desk) -> Result<HttpResponse, Refusal> {
    page(&person, &desk, Again::default()).await
}

async fn page(person: &Person, desk: &Desk, again: Again) -> Result<HttpResponse, Refusal> {
    let (settings, numbers) = stands(desk).await?;
    let delay = desk.app.reminders.delay;
    let shown = |of: Switch| switched(of, of.is_on(&settings), &numbers, delay);
    let status = again.status.unwrap_or(StatusCode::OK);
    let page = Page {
        may: person.role >= Role::Admin,
        wrong: status != StatusCode::OK,
        reminders: vec![shown(Switch::Reminders), shown(Switch::Recovery)],
        safety: vec![shown(Switch::TwoPersonApproval), shown(Switch::OrphanCases)],
        notice: again.notice.unwrap_or_else(|| Notice::of(&settings)),
        days: again.days.unwrap_or_else(|| Days::of(&settings)),
    };
    let template = ("settings.html", BADGE.to_owned());
    desk.page_following(person, Here::Settings, template, &page, status)
        .await
}

/// What stands, and what it does in numbers.
async fn stands(desk: &Desk) -> Result<(Settings, Numbers), Refusal> {
    let now = desk.app.clock.now();
    let read = desk.read(move |connection| {
        let settings = settings::read(connection)?;
        Ok((settings, switches::numbers(connection, now)?))
    });
    read.await
}

/// Saves what was typed, if all of it stands as the page showed it. `Err`: how it stands now, and a sentence on
/// who was first.
async fn save_as_seen(
    person: &Person,
    desk: &Desk,
    once: String,
    (seen, change): (Change, Change),
    saved: Outcome,
) -> Result<Result<HttpResponse, (Settings, String)>, Refusal> {
    let (zone, doing) = (desk.site.zone, doing(person, &desk.app));
    let act = move |connection: &mut PgConnection| {
        let changed = outbox::change_settings_as_seen(connection, &seen, &change, &doing)?;
        Ok(match changed {
            Err(stand) => Err((stand, last_change(connection, zone)?)),
            Ok(_) => Ok(saved.clone()),
        })
    };
    let pressed = desk.once(person, once, act).await?;
    Ok(pressed.map(|pressed| shown(&pressed)))
}

/// Who changed settings last, and when: for whoever finds them otherwise than they were.
fn last_change(connection: &mut PgConnection, zone: chrono_tz::Tz) -> QueryResult<String> {
    let filter = Filter {
        categories: vec![Category::Settings],
        ..Filter::default()
    };
    let line = feed::list(connection, &filter, 1)?.pop();
    Ok(line.map_or(String::new(), |line| {
        let at = When::of(line.at, zone).text;
        format!(" The last change was made {at}: {}.", named(&line.actor))
    }))
}
