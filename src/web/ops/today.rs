//! `/ops`: what needs somebody; then what is owed, how far orders came, and whether all is alive.

use actix_web::HttpResponse;
use diesel::{PgConnection, QueryResult};
use serde::Serialize;

use super::{
    activity::reader,
    desk::Desk,
    guard::Viewer,
    menu::Here,
    refusal::Refusal,
    today_view::{OwedView, Recovery, SignsView, WayView},
    todo::{Reading, Todo},
    when::{When, day, day_in_words},
};
use crate::{
    activity::feed,
    db::within,
    overview::{self, Group, Mailing, Owed, PATIENCE, Signs, Way},
    people::Person,
    recovery,
    settings::{self, Settings},
    token::Role,
};

/// Days of the figures of carts.
const DAYS: i64 = 30;

#[derive(Serialize)]
struct Today {
    day: String,
    now: When,
    count: String,
    todos: Vec<Todo>,
    owed: Option<OwedView>,
    way: Option<WayView>,
    recovery: Option<Recovery>,
    signs: SignsView,
    alerts: Option<String>,
    may_write: bool,
}

#[derive(Serialize)]
struct FirstDay {
    name: String,
    is_test_mode: bool,
    has_mail: bool,
    signs: SignsView,
    may_write: bool,
}

/// All that is read for it.
struct Read {
    is_first_day: bool,
    count: i64,
    groups: Vec<Group>,
    owed: Owed,
    mailings: Vec<Mailing>,
    way: Option<Way>,
    recovery: Option<recovery::Figures>,
    signs: Signs,
    settings: Settings,
}

fn read(connection: &mut PgConnection, now: chrono::DateTime<chrono::Utc>) -> QueryResult<Read> {
    let recovery = match overview::recovery_is_or_was_on(connection)? {
        true => within(connection, PATIENCE, |connection| {
            recovery::figures(connection, DAYS, now)
        })?,
        false => None,
    };
    let mailings = within(connection, PATIENCE, overview::unpaid_by_mailing)?;
    Ok(Read {
        is_first_day: overview::is_first_day(connection)?,
        count: feed::open_count(connection)?,
        groups: overview::attention(connection)?,
        owed: overview::owed(connection)?,
        mailings: mailings.unwrap_or_default(),
        way: within(connection, PATIENCE, |connection| {
            overview::way(connection, now)
        })?,
        recovery,
        signs: overview::signs(connection)?,
        settings: settings::read(connection)?,
    })
}

/// `GET /ops`
pub async fn show(Viewer(person): Viewer, desk: Desk) -> Result<HttpResponse, Refusal> {
    let now = desk.app.clock.now();
    // Of one moment: the number and the rows agree.
    let found = desk
        .app
        .db
        .snapshot(move |connection| read(connection, now))
        .await;
    let found = found.map_err(|error| Refusal::database(&desk.site, &error))?;
    if found.is_first_day && found.count == 0 {
        return first_day(&person, &desk, &found).await;
    }
    let zone = desk.site.zone;
    let reader = reader(&desk, &person);
    let reading = Reading {
        zone,
        cookie: reader.cookie.as_deref(),
        needs_two: found.settings.two_person_approval,
    };
    let todos = found.groups.iter().map(|group| reading.todo(group));
    let page = Today {
        day: day_in_words(day(now, zone), None),
        now: When::of(now, zone),
        count: feed::count_in_words(found.count),
        todos: todos.collect(),
        owed: OwedView::of(&found.owed, &found.mailings),
        way: found.way.and_then(|way| WayView::of(way, zone)),
        recovery: found.recovery.as_ref().map(Recovery::of),
        signs: SignsView::of(found.signs, zone),
        alerts: desk.app.alert_email.as_deref().map(str::to_owned),
        may_write: person.role >= Role::Operator,
    };
    desk.page(&person, Here::Today, "today.html", &page).await
}

/// Before anybody has been asked to pay: how to begin, and what is connected.
async fn first_day(person: &Person, desk: &Desk, found: &Read) -> Result<HttpResponse, Refusal> {
    let page = FirstDay {
        name: person.name.clone(),
        is_test_mode: !desk.app.livemode,
        has_mail: desk.app.mailer.server.is_some(),
        signs: SignsView::of(found.signs, desk.site.zone),
        may_write: person.role >= Role::Operator,
    };
    let template = "first-day.html";
    desk.page(person, Here::Today, template, &page).await
}
