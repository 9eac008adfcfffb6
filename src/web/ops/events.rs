//! `/ops/events`: what Stripe told us, and what became of it.

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};
use diesel::{PgConnection, QueryResult};
use serde::{Deserialize, Serialize};

use super::{
    cookie::Cookies,
    desk::{Desk, shown},
    event_row::{Reader, Row, tab},
    form::{Nothing, Sent},
    guard::{Operator, Viewer, doing},
    lists::{self, COUNTED, PAGE, Pages, Tab, has_more, href, looked_for, wants_row},
    menu::Here,
    refusal::Refusal,
    when::When,
};
use crate::{
    inbox::{
        self, EventView, Replayed, State,
        search::{self, Place},
    },
    people::{Person, once::Outcome},
    settings,
    token::Role,
    web::moment::Moment,
};

const PATH: &str = "/ops/events";

/// What the page is asked for. Whatever cannot be read is as if it had not been said.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    cursor: String,
}

impl Asked {
    fn before(&self) -> Option<Place> {
        let cursor: Moment = self.cursor.parse().ok()?;
        Some((cursor.at, cursor.key))
    }
}

#[derive(Serialize)]
struct Page {
    kept_days: i32,
    last: Option<When>,
    tabs: Vec<Tab>,
    state: &'static str,
    q: String,
    rows: Vec<Row>,
    empty: &'static str,
    clear: Option<String>,
    pages: Pages,
}

/// `GET /ops/events`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    asked: Query<Asked>,
) -> Result<HttpResponse, Refusal> {
    let (state, q, before) = (
        State::from_name(&asked.state),
        looked_for(&asked.q),
        asked.before(),
    );
    let read = (q.clone(), before.clone());
    let (events, further, counts, last, kept_days) = desk
        .read(move |connection| {
            let (events, further) = events(connection, &read.0, state, read.1.clone())?;
            let counts = search::counts(connection, COUNTED)?;
            let last = search::last_come(connection)?;
            let days = settings::read(connection)?.events_days;
            Ok((events, further, counts, last, days))
        })
        .await?;
    let is = state.map_or("", State::name);
    let count = |state| counts.of(state);
    let reader = reader(&desk, &person);
    let page = Page {
        kept_days,
        last: last.map(|at| When::of(at, desk.site.zone)),
        tabs: tabs(state, count),
        state: is,
        rows: events.iter().map(|event| reader.row(event)).collect(),
        empty: empty(&q, state, further.is_some()),
        clear: (!q.is_empty()).then(|| href(PATH, &[("state", is)])),
        pages: Pages {
            newest: before.map(|_| href(PATH, &[("state", is), ("q", &q)])),
            older: further.map(|(at, key)| {
                let cursor = Moment { at, key }.to_string();
                href(PATH, &[("state", is), ("q", &q), ("cursor", &cursor)])
            }),
        },
        q,
    };
    desk.page(&person, Here::Events, "events.html", &page).await
}

/// A page, and where it goes on.
fn events(
    connection: &mut PgConnection,
    q: &str,
    state: Option<State>,
    before: Option<Place>,
) -> QueryResult<(Vec<EventView>, Option<Place>)> {
    if !q.is_empty() {
        let found = search::search(connection, q, state, before, PAGE)?;
        return Ok((found.events, found.further));
    }
    let mut events = inbox::list(connection, state, before, PAGE + 1)?;
    let more = has_more(&mut events, PAGE);
    let last = events.last().filter(|_| more);
    let further = last.map(|event| (event.received_at, event.id.clone()));
    Ok((events, further))
}

fn tabs(here: Option<State>, count: impl Fn(State) -> Option<i64>) -> Vec<Tab> {
    let all = Tab::of("All", PATH.to_owned(), here.is_none(), None);
    let order = [
        State::Failed,
        State::Pending,
        State::Processed,
        State::Ignored,
    ];
    let states = order.map(|state| {
        let to = href(PATH, &[("state", state.name())]);
        Tab {
            needs: state == State::Failed,
            ..Tab::of(tab(state), to, here == Some(state), count(state))
        }
    });
    std::iter::once(all).chain(states).collect()
}

fn empty(q: &str, state: Option<State>, further: bool) -> &'static str {
    if further {
        "Among the newest 20,000 of them there is none. Look further back with “Older”."
    } else if !q.is_empty() {
        "No message has this id or checkout, or this in its type."
    } else if let Some(state) = state {
        match state {
            State::Failed => "Every message of Stripe’s could be worked through.",
            State::Pending => "No message waits: each was taken up as it came.",
            State::Processed => "No message has led to anything yet.",
            State::Ignored => "No message has been left aside.",
        }
    } else {
        "Stripe has told us nothing yet. Payments are found all the same, up to a quarter of an hour late. So that they are found at once, whoever set this up adds our address to Webhooks in Stripe’s dashboard."
    }
}

fn reader(desk: &Desk, person: &Person) -> Reader {
    Reader {
        zone: desk.site.zone,
        cookie: desk
            .request
            .session()
            .filter(|_| person.role >= Role::Operator),
    }
}

/// `POST /ops/events/{id}/replay`: the row again, where the page asked for that.
pub async fn replay(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Nothing>,
) -> Result<HttpResponse, Refusal> {
    let id = id.into_inner();
    if id.contains(char::is_control) {
        return Err(Refusal::no_page(&person));
    }
    let (doing, of) = (doing(&person, &desk.app), id.clone());
    let act = move |connection: &mut PgConnection| {
        Ok(match inbox::replay(connection, &of, &doing)? {
            Replayed::Pending(_) => Ok(Outcome {
                to: href(PATH, &[("q", &of)]),
                title: "It is worked through again".to_owned(),
                text: "What became of it stands here in a moment. It may be tried as often as you like: what was done stays done.".to_owned(),
            }),
            refused => Err(refused),
        })
    };
    match desk.once(&person, sent.once, act).await? {
        Ok(pressed) => {
            desk.app.wake.notify_one();
            match wants_row(&desk.request) {
                true => one_row(&person, &desk, id).await,
                false => Ok(shown(&pressed)),
            }
        }
        Err(Replayed::Erased) => Err(Refusal::not_now(
            &person,
            "Its content was erased for somebody who asked. What it told stands in Stripe’s dashboard.",
        )),
        Err(Replayed::NoEvent | Replayed::Pending(_)) => Err(Refusal::no_page(&person)),
    }
}

async fn one_row(person: &Person, desk: &Desk, id: String) -> Result<HttpResponse, Refusal> {
    #[derive(Serialize)]
    struct One {
        row: Row,
    }
    let event = desk.read(move |connection| search::find(connection, &id));
    let event = event.await?.ok_or_else(|| Refusal::no_page(person))?;
    let row = reader(desk, person).row(&event);
    Ok(lists::row(desk, "event-row-alone.html", &One { row }))
}
