//! `/api/v1/blasts`: mailings.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Path, Query},
};
use chrono::{DateTime, Timelike, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    caller::{Caller, Costly, Operator, Viewer},
    input::{self, Body},
    page,
    problem::Problem,
};
use crate::{
    app::App,
    blast::{self, Asked, ChangeDraft, Content, Draft, RowsAsked, Seen, preflight::Outside},
    db::DbError,
    link,
    mail::State,
    order::{email::Email, problem::Problems},
    token,
    web::waiting::Waiting,
};

/// `POST /blasts`
pub async fn create(caller: Operator, app: Data<App>, body: Body) -> Result<HttpResponse, Problem> {
    let content = Content::try_from(body.parse::<Draft>()?).map_err(Problem::invalid)?;
    let doing = caller.doing(&app, None);
    let create = move |connection: &mut _| blast::create(connection, &content, &doing);
    let blast = done(app.db.run(create).await?)?;
    let location = link::api_path(&app.public_url, &format!("/blasts/{}", blast.id));
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .json(blast))
}

/// `GET /blasts`
pub async fn list(
    _: Viewer,
    app: Data<App>,
    asked: Query<page::Asked>,
) -> Result<HttpResponse, Problem> {
    let limit = asked.limit()?;
    let before = asked.before()?;
    let list = move |connection: &mut _| blast::list(connection, before, limit + 1);
    let blasts = app.db.run(list).await?;
    Ok(page::answer(
        &blasts,
        limit,
        |blast| blast.id,
        |blast| blast,
    ))
}

/// `GET /blasts/{id}`
pub async fn show(_: Viewer, app: Data<App>, id: Path<String>) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    let (mailer, now) = (app.mailer.clone(), app.clock.now());
    let find = move |connection: &mut _| blast::find_with_waiting(connection, id, &mailer, now);
    let blast = app.db.run(find).await?;
    let blast = blast.ok_or_else(|| Problem::not_found("mailing"))?;
    Ok(HttpResponse::Ok().json(blast))
}

/// `PATCH /blasts/{id}`
pub async fn change(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (id, draft) = (parse_id(&id)?, body.parse::<ChangeDraft>()?);
    let doing = caller.doing(&app, None);
    let change = move |connection: &mut _| blast::change(connection, id, &draft, &doing);
    answer(app.db.run(change).await?)
}

#[derive(Deserialize)]
pub struct WithMail {
    mail: Option<String>,
    state: Option<String>,
}

/// `GET /blasts/{id}/recipients`
pub async fn recipients(
    _turn: Costly<Viewer>,
    app: Data<App>,
    id: Path<String>,
    asked: Query<page::Asked>,
    with: Query<WithMail>,
) -> Result<HttpResponse, Problem> {
    let (id, limit) = (parse_id(&id)?, asked.limit()?);
    let wanted = RowsAsked {
        after: asked.before()?,
        limit: limit + 1,
        mail: with.wanted()?,
        state: with.state()?,
    };
    let recipients = done(blast::recipients(&app, id, wanted).await?)?;
    Ok(page::answer(
        &recipients,
        limit,
        |row| row.recipient.order_id,
        |row| row,
    ))
}

impl WithMail {
    fn wanted(&self) -> Result<bool, Problem> {
        let said = self.mail.as_deref().unwrap_or("0");
        let said = input::one_of("mail", said, &["0", "1", "false", "true"])?;
        Ok(matches!(said.as_str(), "1" | "true"))
    }

    fn state(&self) -> Result<Option<State>, Problem> {
        let Some(said) = &self.state else {
            return Ok(None);
        };
        let said = input::one_of("state", said, &State::ALL.map(State::name))?;
        Ok(State::from_name(&said))
    }
}

/// `POST /blasts/{id}/preview`
pub async fn preview(
    _turn: Costly<Operator>,
    app: Data<App>,
    id: Path<String>,
    waiting: Waiting,
) -> Result<HttpResponse, Problem> {
    let preview = blast::preview(&app, parse_id(&id)?);
    while_awaited(&waiting, preview).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tester {
    to: String,
}

/// `POST /blasts/{id}/test`
pub async fn test(
    caller: Costly<Operator>,
    app: Data<App>,
    id: Path<String>,
    body: Body,
    waiting: Waiting,
) -> Result<HttpResponse, Problem> {
    let (id, Tester { to }) = (parse_id(&id)?, body.parse()?);
    let mut problems = Problems::default();
    let to = problems.take("to", Email::parse(&to));
    let to = problems.or(to).map_err(Problem::invalid)?;
    let doing = caller.doing(&app, None);
    count_test(&app, caller.token(), doing.at).await?;
    let sample = blast::send_sample(&app, id, &to, &doing);
    while_awaited(&waiting, sample).await
}

/// Counted before the mail is rendered, which costs as much as the mail.
async fn count_test(app: &App, token: Uuid, now: DateTime<Utc>) -> Result<(), Problem> {
    let count = move |connection: &mut _| token::count_test(connection, token, now.date_naive());
    if app.db.run(count).await? {
        return Ok(());
    }
    let left = 86_400 - now.num_seconds_from_midnight().min(86_399);
    Err(Problem::enough_tests(token::TESTS_A_DAY, left))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approved {
    content_hash: String,
    recipients: Option<usize>,
}

/// `POST /blasts/{id}/approve`
pub async fn approve(
    caller: Costly<Operator>,
    app: Data<App>,
    id: Path<String>,
    body: Body,
    waiting: Waiting,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    let Approved {
        content_hash,
        recipients,
    } = body.parse()?;
    let seen = Seen {
        content_hash,
        recipients,
    };
    let doing = caller.doing(&app, None);
    let approval = blast::approve(&app, id, &seen, &doing);
    while_awaited(&waiting, approval).await
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Starting {
    #[serde(default)]
    require_outside: bool,
}

/// `POST /blasts/{id}/start`
pub async fn start(
    caller: Costly<Operator>,
    app: Data<App>,
    id: Path<String>,
    body: Body,
    waiting: Waiting,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    let Starting { require_outside } = body.parse_or_default()?;
    let outside = if require_outside {
        Outside::Required
    } else {
        Outside::Wanted
    };
    let doing = caller.doing(&app, None);
    let start = blast::launch(&app, id, outside, &doing);
    while_awaited(&waiting, start).await
}

/// `POST /blasts/{id}/pause`
pub async fn pause(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    answer(blast::pause(&app, parse_id(&id)?, &caller.doing(&app, None)).await?)
}

/// `POST /blasts/{id}/resume`
pub async fn resume(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    answer(blast::resume(&app, parse_id(&id)?, &caller.doing(&app, None)).await?)
}

/// `POST /blasts/{id}/cancel`
pub async fn cancel(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    answer(blast::cancel(&app, parse_id(&id)?, &caller.doing(&app, None)).await?)
}

pub(super) fn done<T>(asked: Asked<T>) -> Result<T, Problem> {
    match asked {
        Asked::Done(done) => Ok(done),
        Asked::Invalid(problems) => Err(Problem::invalid(problems)),
        Asked::NotNow(why) => Err(Problem::conflict(why)),
        Asked::Busy(why) => Err(Problem::busy(why)),
        Asked::Grounded(checks) => Err(Problem::grounded(checks)),
        Asked::NoBlast => Err(Problem::not_found("mailing")),
    }
}

pub(super) fn answer<T: Serialize>(asked: Asked<T>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(done(asked)?))
}

/// The answer to what is given up if nobody waits for it any more.
async fn while_awaited<T: Serialize>(
    waiting: &Waiting,
    work: impl Future<Output = Result<Asked<T>, DbError>>,
) -> Result<HttpResponse, Problem> {
    match waiting.for_it(work).await {
        Some(asked) => answer(asked?),
        None => Err(Problem::busy(
            "nobody waited for the answer; nothing has changed",
        )),
    }
}

/// An id that is none names no mailing.
pub(super) fn parse_id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::not_found("mailing"))
}
