//! `/ops/mail`: every mail that was written, and what became of it.

mod act;
mod pause;
mod row;
mod show;
pub mod words;

use actix_web::{HttpResponse, web::Query};
use diesel::PgConnection;
use serde::{Deserialize, Serialize};

pub use self::{
    act::{ask_drop, ask_retry, drop_mail, retry},
    pause::{ask_resume, resume},
    show::show as show_one,
};
use self::{
    pause::Paused,
    row::{Mails, Reader, Row},
};
use super::{
    cookie::Cookies,
    desk::Desk,
    guard::Viewer,
    lists::{COUNTED, PAGE, Pages, Tab, has_more, href},
    menu::Here,
    refusal::Refusal,
};
use crate::{
    outbox::{
        self, State,
        view::{self, Filter},
    },
    people::Person,
    token::Role,
};

const PATH: &str = "/ops/mail";

/// What the page is asked for. Whatever cannot be read is as if it had not been said.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Serialize)]
struct Page {
    paused: Option<Paused>,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    empty: &'static str,
    pages: Pages,
}

/// `GET /ops/mail`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    asked: Query<Asked>,
) -> Result<HttpResponse, Refusal> {
    let state = State::from_name(&asked.state);
    let filter = Filter {
        state,
        before: asked.cursor.parse().ok(),
        ..Filter::default()
    };
    let (read, mailer, now) = (
        filter.clone(),
        desk.app.mailer.clone(),
        desk.app.clock.now(),
    );
    let (mails, more, counts, waiting) = desk
        .read(move |connection: &mut PgConnection| {
            let mut mails = view::list(connection, &read, PAGE + 1)?;
            let more = has_more(&mut mails, PAGE);
            let mails = Mails::read(connection, mails)?;
            let counts = view::counts(connection, COUNTED)?;
            let waiting = outbox::waiting(connection, Some(&mailer), now)?;
            Ok((mails, more, counts, waiting))
        })
        .await?;
    let reader = reader(&desk, &person);
    let count = |state| counts.of(state);
    let is = asked.state.as_str();
    let last = mails.mails.last().filter(|_| more);
    let page = Page {
        paused: waiting.map(|waiting| {
            let queued = count(State::Queued).unwrap_or_default();
            Paused::of(&waiting, queued, &reader)
        }),
        tabs: tabs(state, count),
        rows: mails
            .mails
            .iter()
            .map(|mail| reader.row(mail, &mails))
            .collect(),
        empty: empty(state),
        pages: Pages {
            newest: filter.before.map(|_| href(PATH, &[("state", is)])),
            older: last.map(|mail| {
                let id = mail.id.to_string();
                href(PATH, &[("state", is), ("cursor", &id)])
            }),
        },
    };
    desk.page(&person, Here::Mail, "mail.html", &page).await
}

fn tabs(here: Option<State>, count: impl Fn(State) -> Option<i64>) -> Vec<Tab> {
    let all = Tab::of("All", PATH.to_owned(), here.is_none(), None);
    let states = words::TABS.map(|state| {
        let to = href(PATH, &[("state", state.name())]);
        Tab {
            needs: matches!(state, State::Unknown | State::Bounced | State::Failed),
            ..Tab::of(words::tab(state), to, here == Some(state), count(state))
        }
    });
    std::iter::once(all).chain(states).collect()
}

/// How this person reads mails: whoever may work is offered to.
fn reader(desk: &Desk, person: &Person) -> Reader {
    Reader {
        zone: desk.site.zone,
        cookie: desk
            .request
            .session()
            .filter(|_| person.role >= Role::Operator),
        now: desk.app.clock.now(),
    }
}

/// What it means that there is none.
fn empty(state: Option<State>) -> &'static str {
    match state {
        None => {
            "No mail has been written yet. Each one stands here, with what became of it, once a mailing is started or a link is sent from an order’s page."
        }
        Some(State::Unknown) => {
            "Of every mail it is known whether a mail server took it. Where the answer is lost on the way, somebody decides here whether it goes again."
        }
        Some(State::Bounced) => {
            "No mail came back. One whose address takes no mail stands here, until somebody corrects the address."
        }
        Some(State::Failed) => {
            "No mail was given up. One that no server takes for two days stands here, to be tried again."
        }
        Some(State::Queued) => "No mail waits: whatever was to go has gone.",
        Some(State::Sending) => "No mail is being handed over at this moment.",
        Some(State::Sent) => {
            "No mail has been accepted yet. Accepted means that the address’ mail server took it, not that somebody has read it."
        }
        Some(State::Suppressed) => {
            "No mail was held back. One to an address on the list “Do not mail” is not sent, and stands here."
        }
        Some(State::Cancelled) => {
            "No mail was taken back. One that is not wanted any more, since they paid meanwhile or somebody stopped it, stands here."
        }
    }
}
