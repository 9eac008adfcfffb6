//! `/api/v1/blasts`: mailings.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Path, Query},
};
use bytes::Bytes;
use chrono::{DateTime, Timelike, Utc};
use futures::{StreamExt, stream};
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
    blast::{
        self, Asked, COLUMNS, ChangeDraft, Content, Draft, Recall, RecallDraft, RowsAsked, Seen,
        preflight::Outside,
    },
    db::DbError,
    link,
    order::{email::Email, problem::Problems},
    spreadsheet::without_formula,
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

/// `POST /blasts/{id}/retry-failed`
pub async fn retry_failed(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let doing = caller.doing(&app, None);
    answer(blast::retry_failed(&app, parse_id(&id)?, &doing).await?)
}

/// `GET /blasts/{id}/recipients.csv`: read and written page by page, so that thousands take no more memory than
/// some.
pub async fn recipients_csv(
    turn: Costly<Viewer>,
    app: Data<App>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    let wanted = move |after| RowsAsked {
        after,
        limit: ROWS,
        mail: false,
    };
    let first = done(blast::recipients(&app, id, wanted(None)).await?)?;
    let head = csv_of(&[COLUMNS.map(str::to_owned)]);
    let pages = stream::unfold((Some(first), turn), move |(recipients, turn)| {
        let app = app.clone();
        async move {
            let recipients = recipients?;
            let rows: Vec<_> = recipients
                .iter()
                .map(|it| it.recipient.cells(app.time_zone))
                .collect();
            let next = match recipients.last() {
                Some(last) if i64::try_from(recipients.len()) == Ok(ROWS) => {
                    let after = Some(last.recipient.order_id);
                    match blast::recipients(&app, id, wanted(after)).await {
                        Ok(Asked::Done(next)) => Some(next),
                        // What was sent so far is no whole list: the connection ends in the middle.
                        _ => return Some((Err(Cut), (None, turn))),
                    }
                }
                _ => None,
            };
            Some((Ok(csv_of(&rows)), (next, turn)))
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"recipients.csv\"",
        ))
        .streaming(stream::iter([Ok(head)]).chain(pages)))
}

/// Recipients that are read at once.
const ROWS: i64 = 500;

/// The list cannot be read to its end.
#[derive(Debug, thiserror::Error)]
#[error("the list cannot be read to its end")]
struct Cut;

/// Rows as CSV; none of their cells is a formula.
fn csv_of<const N: usize>(rows: &[[String; N]]) -> Bytes {
    let mut file = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let cells = row.each_ref().map(|cell| without_formula(cell));
        // Into memory: nothing can go wrong.
        let _ = file.write_record(&cells);
    }
    file.into_inner().unwrap_or_default().into()
}

/// `POST /blasts/{id}/recall`
pub async fn recall(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (id, draft) = (parse_id(&id)?, body.parse::<RecallDraft>()?);
    let recall = Recall::try_from(draft).map_err(Problem::invalid)?;
    let doing = caller.doing(&app, None);
    answer(blast::recall(&app, id, recall, &doing).await?)
}

fn done<T>(asked: Asked<T>) -> Result<T, Problem> {
    match asked {
        Asked::Done(done) => Ok(done),
        Asked::Invalid(problems) => Err(Problem::invalid(problems)),
        Asked::NotNow(why) => Err(Problem::conflict(why)),
        Asked::Busy(why) => Err(Problem::busy(why)),
        Asked::Grounded(checks) => Err(Problem::grounded(checks)),
        Asked::NoBlast => Err(Problem::not_found("mailing")),
    }
}

fn answer<T: Serialize>(asked: Asked<T>) -> Result<HttpResponse, Problem> {
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
fn parse_id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::not_found("mailing"))
}
