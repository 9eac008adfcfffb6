//! `/api/v1/cases`: money that does not add up, and what is done about it.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    caller::{Operator, Viewer},
    input::{self, Body},
    page::{self, Asked},
    problem::Problem,
};
use crate::{
    activity::Note,
    app::App,
    case::{
        self, CaseFilter, CaseState, Kind,
        action::{How, Wish},
    },
    resolution::{self, Resolved},
};

#[derive(Deserialize)]
pub struct Wanted {
    state: Option<String>,
    kind: Option<String>,
    order_id: Option<String>,
}

impl Wanted {
    fn filter(&self, before: Option<Uuid>) -> Result<CaseFilter, Problem> {
        let state = self.state.as_deref();
        let states = CaseState::ALL.map(CaseState::name);
        let state = state.map(|said| input::one_of("state", said, &states));
        let kind = self.kind.as_deref();
        let kind = kind.map(|said| input::one_of("kind", said, &Kind::ALL.map(Kind::name)));
        let order = self.order_id.as_deref();
        Ok(CaseFilter {
            state: state
                .transpose()?
                .and_then(|state| CaseState::from_name(&state)),
            kind: kind.transpose()?.and_then(|kind| Kind::from_name(&kind)),
            order: order.map(|said| input::id("order_id", said)).transpose()?,
            before,
        })
    }
}

/// `GET /cases`
pub async fn list(
    _: Viewer,
    app: Data<App>,
    wanted: Query<Wanted>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let limit = asked.limit()?;
    let filter = wanted.filter(asked.before()?)?;
    let rows = app
        .db
        .run(move |connection| case::list(connection, &filter, limit + 1))
        .await?;
    Ok(page::answer(&rows, limit, |row| row.id, |row| row))
}

/// `GET /cases/{id}`
pub async fn show(_: Viewer, app: Data<App>, id: Path<String>) -> Result<HttpResponse, Problem> {
    answer(&app, parse_id(&id)?, StatusCode::OK).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resolution {
    how: How,
    order_id: Option<String>,
    note: Option<Note>,
}

/// `POST /cases/{id}/resolve`
pub async fn resolve(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    let Resolution {
        how,
        order_id,
        note,
    } = body.parse()?;
    let wish = wish(how, order_id)?;
    let doing = caller.doing(&app, note.map(String::from));
    match resolution::resolve(&app, id, wish, &doing).await? {
        Resolved::Done => answer(&app, id, StatusCode::OK).await,
        Resolved::RefundUnderWay => answer(&app, id, StatusCode::ACCEPTED).await,
        Resolved::NotNow(why) => Err(Problem::conflict(why)),
        Resolved::NoCase => Err(Problem::not_found("case")),
        Resolved::NoOrder => Err(Problem::not_found("order")),
        Resolved::CheckoutOpen => Err(Problem::stripe_is_away()),
        Resolved::RefundOpen => Err(Problem::refund_is_open()),
    }
}

/// Whether an order goes with it is looked at before anything else.
fn wish(how: How, order_id: Option<String>) -> Result<Wish, Problem> {
    let order = match order_id {
        Some(said) if how.takes_an_order() => {
            Some(said.parse().map_err(|_| Problem::not_found("order"))?)
        }
        Some(_) => {
            let how = how.name();
            return Err(Problem::unsupported(format!(
                "{how} takes no order_id; move and adopt do"
            )));
        }
        None => None,
    };
    Wish::new(how, order).ok_or_else(|| {
        let how = how.name();
        Problem::unsupported(format!(
            "{how} needs an order_id: the order that the payment is for"
        ))
    })
}

async fn answer(app: &App, id: Uuid, status: StatusCode) -> Result<HttpResponse, Problem> {
    let case = app
        .db
        .run(move |connection| case::show(connection, id))
        .await?;
    let case = case.ok_or_else(|| Problem::not_found("case"))?;
    Ok(HttpResponse::build(status).json(case))
}

/// An id that is none names no case.
fn parse_id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::not_found("case"))
}
