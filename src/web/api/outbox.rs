//! `/api/v1/outbox`: every mail and where it stands; and an order's link as one more.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Path, Query},
};
use diesel::{PgConnection, QueryResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    caller::{Operator, Viewer},
    input::{self, Body, Note},
    page,
    problem::Problem,
};
use crate::{
    activity::Doing,
    app::App,
    outbox::{
        self, Kind, State, Waiting,
        link::{self, Sent},
        people::{self, Asked},
        view::{self, Filter},
    },
};

#[derive(Deserialize)]
pub struct Wanted {
    state: Option<String>,
    kind: Option<String>,
    order_id: Option<String>,
    blast_id: Option<String>,
}

impl Wanted {
    fn filter(&self, before: Option<Uuid>) -> Result<Filter, Problem> {
        let known = State::ALL.map(State::name);
        let state = self.state.as_deref();
        let state = state.map(|said| input::one_of("state", said, &known));
        let known = Kind::ALL.map(Kind::name);
        let kind = self.kind.as_deref();
        let kind = kind.map(|said| input::one_of("kind", said, &known));
        let id = |name, said: &Option<String>| {
            let said = said.as_deref();
            said.map(|said| input::id(name, said)).transpose()
        };
        Ok(Filter {
            state: state.transpose()?.and_then(|said| State::from_name(&said)),
            kind: kind.transpose()?.and_then(|said| Kind::from_name(&said)),
            order: id("order_id", &self.order_id)?,
            blast: id("blast_id", &self.blast_id)?,
            before,
        })
    }
}

/// `GET /outbox`
pub async fn list(
    _: Viewer,
    app: Data<App>,
    wanted: Query<Wanted>,
    asked: Query<page::Asked>,
) -> Result<HttpResponse, Problem> {
    let limit = asked.limit()?;
    let filter = wanted.filter(asked.before()?)?;
    let mails = app
        .db
        .run(move |connection| view::list(connection, &filter, limit + 1))
        .await?;
    Ok(page::answer(&mails, limit, |mail| mail.id, |mail| mail))
}

/// `GET /outbox/{id}`
pub async fn show(_: Viewer, app: Data<App>, id: Path<String>) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id, "mail")?;
    let mail = app
        .db
        .run(move |connection| view::read(connection, id))
        .await?;
    let mail = mail.ok_or_else(|| Problem::not_found("mail"))?;
    Ok(HttpResponse::Ok().json(mail))
}

/// `POST /outbox/{id}/retry`
pub async fn retry(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let answer = decide(&caller, &app, &id, &body, people::retry).await?;
    app.wake_mail.notify_one();
    Ok(answer)
}

/// `POST /outbox/{id}/drop`
pub async fn drop_mail(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    decide(&caller, &app, &id, &body, people::drop_mail).await
}

/// What became of mail that had paused.
#[derive(Serialize)]
struct Resumed {
    resumed: bool,
    waiting: Option<Waiting>,
}

/// `POST /outbox/resume`
pub async fn resume(caller: Operator, app: Data<App>, body: Body) -> Result<HttpResponse, Problem> {
    let Note { note } = body.parse_or_default()?;
    let doing = caller.doing(&app, note.map(String::from));
    let mailer = app.mailer.clone();
    let resume = move |connection: &mut PgConnection| {
        Ok(Resumed {
            resumed: outbox::resume(connection, &doing)?,
            waiting: outbox::waiting(connection, Some(&mailer), doing.at)?,
        })
    };
    let resumed = app.db.run(resume).await?;
    app.wake_mail.notify_one();
    Ok(HttpResponse::Ok().json(resumed))
}

async fn decide(
    caller: &Operator,
    app: &App,
    id: &str,
    body: &Body,
    wish: fn(&mut PgConnection, Uuid, &Doing) -> QueryResult<Asked>,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(id, "mail")?;
    let Note { note } = body.parse_or_default()?;
    let doing = caller.doing(app, note.map(String::from));
    match app
        .db
        .run(move |connection| wish(connection, id, &doing))
        .await?
    {
        Asked::Done(mail) => Ok(HttpResponse::Ok().json(mail)),
        Asked::NotNow(why) => Err(Problem::conflict(why)),
        Asked::NoMail => Err(Problem::not_found("mail")),
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// `POST /orders/{id}/send`
pub async fn send(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id, "order")?;
    let Nothing {} = body.parse_or_default()?;
    let (doing, writer) = (caller.doing(&app, None), app.clone());
    match app
        .db
        .run(move |connection| link::send(connection, &writer, id, &doing))
        .await?
    {
        Sent::Queued(mail) => {
            app.wake_mail.notify_one();
            let location = format!("/api/v1/outbox/{}", mail.id);
            Ok(HttpResponse::Created()
                .insert_header((header::LOCATION, location))
                .json(mail))
        }
        Sent::OnItsWay(mail) => Ok(HttpResponse::Ok().json(mail)),
        Sent::NotNow(why) => Err(Problem::conflict(why)),
        Sent::NoOrder => Err(Problem::not_found("order")),
    }
}

/// An id that is none names nothing.
fn parse_id(text: &str, what: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::not_found(what))
}
