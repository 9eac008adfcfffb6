//! `/api/v1/orders`.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Path, Query},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    caller::{Operator, Viewer},
    input::{self, Body, Note},
    page::{self, Asked},
    problem::Problem,
};
use crate::{
    activity,
    app::App,
    checkout::close::{Changed, closed_first},
    link::api_path,
    order::{
        self, Created, CurrencySum, Kind, NoteToPayers, Order, OrderFilter, Status, WhatIsOwed,
        change::ChangeDraft,
        draft::{Draft, NewOrder},
        problem::Problems,
        state::{Fact, How, Move},
    },
    settlement::{Payment, payments_of},
    timeline,
    web::order_view::OrderView,
};

/// `POST /orders`
pub async fn create(caller: Operator, app: Data<App>, body: Body) -> Result<HttpResponse, Problem> {
    let order = NewOrder::try_from(body.parse::<Draft>()?).map_err(Problem::invalid)?;
    let doing = caller.doing(&app, None);
    match app
        .db
        .run(move |connection| order::create(connection, &order, &doing))
        .await?
    {
        Created::New(order) => {
            let location = api_path(&app.public_url, &format!("/orders/{}", order.id));
            let body = view(&app, &order, &[]);
            Ok(HttpResponse::Created()
                .insert_header((header::LOCATION, location))
                .json(body))
        }
        Created::Stands {
            order,
            as_given,
            as_today,
        } if as_given || as_today => answer(&app, order.id).await,
        Created::Stands { .. } => Err(Problem::conflict(
            "another order stands under this reference; change it with PATCH, or choose another reference",
        )),
    }
}

#[derive(Deserialize)]
pub struct Wanted {
    status: Option<String>,
    email: Option<input::Wanted>,
    reference: Option<input::Wanted>,
    kind: Option<String>,
    blast: Option<String>,
    stranded: Option<bool>,
    import: Option<input::Wanted>,
    q: Option<input::Wanted>,
}

/// Letters of a part at least: with fewer, an index of three letters each is of no use.
const LETTERS: usize = 3;

/// `GET /orders`
pub async fn list(
    _: Viewer,
    app: Data<App>,
    wanted: Query<Wanted>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let limit = asked.limit()?;
    let wanted = wanted.into_inner();
    let filter = OrderFilter {
        status: wanted.status.as_deref().map_or(Ok(None), known_status)?,
        email: wanted.email.map(String::from),
        reference: wanted.reference.map(String::from),
        kind: wanted.kind.as_deref().map_or(Ok(None), known_kind)?,
        blast: wanted.blast.map(known_blast).transpose()?,
        stranded_at: wanted.stranded.unwrap_or(false).then(|| app.clock.now()),
        import: wanted.import.map(String::from),
        q: wanted.q.map(known_part).transpose()?,
        before: asked.before()?,
    };
    let (orders, payments, amounts) = app
        .db
        .run(move |connection| {
            let orders = order::list(connection, &filter, limit + 1)?;
            let ids: Vec<Uuid> = orders.iter().map(|order| order.id).collect();
            let sums = filter.stranded_at.map(|_| order::sums(connection, &filter));
            let amounts = sums.transpose()?.map(|sums| by_currency(&sums));
            Ok((orders, payments_of(connection, &ids)?, amounts))
        })
        .await?;
    Ok(page::answer_with(
        &orders,
        limit,
        |order| order.id,
        |order| view(&app, order, &payments),
        Amounts { amounts },
    ))
}

fn known_part(said: input::Wanted) -> Result<String, Problem> {
    let said = String::from(said).trim().to_owned();
    if said.chars().count() < LETTERS {
        return Err(Problem::unreadable("q needs at least three letters"));
    }
    Ok(said)
}

/// What all of them come to, on whatever page.
#[derive(Serialize)]
struct Amounts {
    #[serde(skip_serializing_if = "Option::is_none")]
    amounts: Option<BTreeMap<String, i64>>,
}

fn by_currency(sums: &[CurrencySum]) -> BTreeMap<String, i64> {
    let amounts = sums.iter().map(|sum| (sum.currency.clone(), sum.amount));
    amounts.collect()
}

/// `GET /orders/{id}`
pub async fn show(_: Viewer, app: Data<App>, id: Path<String>) -> Result<HttpResponse, Problem> {
    answer(&app, parse_id(&id)?).await
}

/// `GET /orders/{id}/timeline`
pub async fn timeline(
    _: Viewer,
    app: Data<App>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (id, now, mailer) = (parse_id(&id)?, app.clock.now(), app.mailer.clone());
    let story = app
        .db
        .run(move |connection| timeline::order_timeline(connection, id, Some(&mailer), now))
        .await?;
    let story = story.ok_or_else(|| Problem::not_found("order"))?;
    Ok(HttpResponse::Ok().json(story))
}

/// `PATCH /orders/{id}`
pub async fn change(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    let draft = body.parse::<ChangeDraft>()?;
    let order = find(&app, id).await?;
    let change = draft
        .check(order.currency, order.mode)
        .map_err(Problem::invalid)?;
    if WhatIsOwed::after(&order, change.clone()).is_none() {
        return answer(&app, id).await;
    }
    let doing = caller.doing(&app, None);
    let changed = closed_first(&app, id, move |connection, order| {
        if !order.state.is_payable() {
            return Ok(Some(order.state.name()));
        }
        if let Some(changed) = WhatIsOwed::after(order, change.clone()) {
            order::change(connection, order, changed, &doing)?;
        }
        Ok(None)
    });
    match done(changed.await?)? {
        None => answer(&app, id).await,
        Some(state) => Err(Problem::conflict(format!(
            "the order is {state}, so what is owed cannot change any more"
        ))),
    }
}

/// `POST /orders/{id}/cancel`
pub async fn cancel(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let Note { note } = body.parse_or_default()?;
    end(caller, &app, &id, Fact::Cancel, note).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settlement {
    how: How,
    note: Option<activity::Note>,
}

/// `POST /orders/{id}/settle`
pub async fn settle(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let Settlement { how, note } = body.parse()?;
    end(caller, &app, &id, Fact::SettleOffline(how), note).await
}

/// A body with nothing but what payers read; it may be left out.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Withdrawn {
    note: Option<String>,
}

impl Withdrawn {
    fn note(self) -> Result<Option<NoteToPayers>, Problem> {
        let note = self.note.filter(|note| !note.trim().is_empty());
        let mut problems = Problems::default();
        let note = note.as_deref().map(NoteToPayers::parse).transpose();
        let note = problems.take("note", note);
        problems.or(note).map_err(Problem::invalid)
    }
}

/// `POST /orders/{id}/withdraw-link`
pub async fn withdraw_link(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    let note = body.parse_or_default::<Withdrawn>()?.note()?;
    let doing = caller.doing(&app, note.map(String::from));
    let changed = closed_first(&app, id, move |connection, order| {
        order::withdraw_link(connection, order, &doing)
    });
    done(changed.await?)?;
    answer(&app, id).await
}

async fn end(
    caller: Operator,
    app: &App,
    id: &str,
    fact: Fact,
    note: Option<activity::Note>,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(id)?;
    let doing = caller.doing(app, note.map(String::from));
    let changed = closed_first(app, id, move |connection, order| {
        order::advance(connection, order, fact, &doing)
    });
    match done(changed.await?)? {
        Move::To(_) | Move::Stay => answer(app, id).await,
        Move::Refuse(why) => Err(Problem::conflict(why)),
    }
}

fn done<T>(changed: Changed<T>) -> Result<T, Problem> {
    match changed {
        Changed::Done(outcome) => Ok(outcome),
        Changed::NoOrder => Err(Problem::not_found("order")),
        Changed::NoAnswer => Err(Problem::stripe_is_away()),
    }
}

async fn find(app: &App, id: Uuid) -> Result<Order, Problem> {
    let order = app
        .db
        .run(move |connection| order::find(connection, id))
        .await?;
    order.ok_or_else(|| Problem::not_found("order"))
}

async fn answer(app: &App, id: Uuid) -> Result<HttpResponse, Problem> {
    let order = find(app, id).await?;
    let payments = app
        .db
        .run(move |connection| payments_of(connection, &[id]))
        .await?;
    Ok(HttpResponse::Ok().json(view(app, &order, &payments)))
}

fn known_status(status: &str) -> Result<Option<Status>, Problem> {
    let status = input::one_of("status", status, &Status::ALL.map(Status::name))?;
    Ok(Status::from_name(&status))
}

fn known_kind(kind: &str) -> Result<Option<Kind>, Problem> {
    let kind = input::one_of("kind", kind, &Kind::ALL.map(Kind::name))?;
    Ok(Kind::from_name(&kind))
}

fn known_blast(id: String) -> Result<Uuid, Problem> {
    id.parse()
        .map_err(|_| Problem::unreadable("blast must be the id of a mailing"))
}

/// An id that is none names no order.
fn parse_id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::not_found("order"))
}

fn view<'a>(app: &App, order: &'a Order, payments: &'a [Payment]) -> OrderView<'a> {
    OrderView::new(order, app.pay_url(order), payments)
}
