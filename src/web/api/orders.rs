//! `/api/v1/orders`.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path, Query},
};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use uuid::Uuid;

use super::{
    caller::{Operator, Viewer},
    input::{Body, Note},
    page::{self, Asked as AskedPage},
    problem::Problem,
    search::Wanted,
};
use crate::{
    activity::{self, Doing},
    app::App,
    checkout::{
        ask::{self, Asked},
        close::{Changed, closed_first},
    },
    link::api_path,
    listing::{self, Columns},
    order::{
        self, Act, Acted, Created, CurrencySum, NoteToPayers, Order, WhatIsOwed,
        change::ChangeDraft,
        draft::{Draft, NewOrder},
        state::How,
    },
    settlement::{Payment, order_refunds::refunds_of, payments_of},
    timeline,
    web::{order_view::OrderView, orders_file::orders_file},
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
            let body = view(&app, &order, &[]).with_refunds(Vec::new());
            Ok(HttpResponse::Created()
                .insert_header((header::LOCATION, location))
                .json(body))
        }
        Created::Stands(it) if it.as_given || it.as_today => answer(&app, it.order.id).await,
        Created::Stands(_) => Err(Problem::conflict(
            "another order stands under this reference; change it with PATCH, or choose another reference",
        )),
    }
}

/// `GET /orders`
pub async fn list(
    _: Viewer,
    app: Data<App>,
    wanted: Query<Wanted>,
    asked: Query<AskedPage>,
) -> Result<HttpResponse, Problem> {
    let limit = asked.limit()?;
    let (search, before) = (wanted.into_inner().search(&app).await?, asked.before()?);
    let now = app.clock.now();
    let (orders, payments, amounts) = app
        .db
        .run(move |connection| {
            let mut filter = search.clone().filter(connection, now)?;
            filter.before = before;
            let orders = order::list(connection, &filter, limit + 1)?;
            let ids: Vec<Uuid> = orders.iter().map(|order| order.id).collect();
            // Where hundreds of thousands are stranded it takes seconds: then it is not told, and the list is.
            let amounts = match filter.stranded_at {
                Some(_) => Some(listing::sums(connection, &filter)?.map(|sums| by_currency(&sums))),
                None => None,
            };
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

/// What all of them come to, on whatever page; `null` where there are too many to be added up in time.
#[derive(Serialize)]
struct Amounts {
    #[serde(skip_serializing_if = "Option::is_none")]
    amounts: Option<Option<BTreeMap<String, i64>>>,
}

/// What a file of orders has besides.
#[derive(Deserialize)]
pub struct Links {
    pay_url: Option<bool>,
}

/// `GET /orders.csv`
pub async fn file(
    _: Viewer,
    app: Data<App>,
    wanted: Query<Wanted>,
    links: Query<Links>,
) -> Result<HttpResponse, Problem> {
    let columns = Columns {
        zone: None,
        links: links.pay_url.unwrap_or(false),
    };
    let search = wanted.into_inner().search(&app).await?;
    Ok(orders_file(app, search, columns).await?)
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
    carry_out(&app, id, Act::Change(change), caller.doing(&app, None)).await
}

/// `POST /orders/{id}/cancel`
pub async fn cancel(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let Note { note } = body.parse_or_default()?;
    act(caller, &app, &id, Act::Cancel, note).await
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
    act(caller, &app, &id, Act::Settle(how), note).await
}

/// A body with nothing but what payers read; it may be left out, and so may its words.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Withdrawn {
    #[serde(default, deserialize_with = "unless_blank")]
    note: Option<NoteToPayers>,
}

fn unless_blank<'de, D: Deserializer<'de>>(said: D) -> Result<Option<NoteToPayers>, D::Error> {
    let note = Option::<String>::deserialize(said)?.filter(|note| !note.trim().is_empty());
    note.map(NoteToPayers::try_from)
        .transpose()
        .map_err(D::Error::custom)
}

/// `POST /orders/{id}/withdraw-link`
pub async fn withdraw_link(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let note = body.parse_or_default::<Withdrawn>()?.note;
    let doing = caller.doing(&app, note.map(String::from));
    carry_out(&app, parse_id(&id)?, Act::WithdrawLink, doing).await
}

/// `POST /orders/{id}/ask-stripe`
pub async fn ask_stripe(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    find(&app, id).await?;
    match ask::ask(&app, id, &caller.doing(&app, None)).await? {
        Asked::Answered(_) => answer(&app, id).await,
        Asked::NoAnswer => Err(Problem::stripe_is_away()),
    }
}

async fn act(
    caller: Operator,
    app: &App,
    id: &str,
    act: Act,
    note: Option<activity::Note>,
) -> Result<HttpResponse, Problem> {
    let doing = caller.doing(app, note.map(String::from));
    carry_out(app, parse_id(id)?, act, doing).await
}

async fn carry_out(app: &App, id: Uuid, act: Act, doing: Doing) -> Result<HttpResponse, Problem> {
    let changed = closed_first(app, id, move |connection, order| {
        act.carry_out(connection, order, &doing)
    });
    match done(changed.await?)? {
        Ok(Acted::Done | Acted::WasSo) => answer(app, id).await,
        Err(why) => Err(Problem::conflict(why)),
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
    answer_so(app, id, StatusCode::OK).await
}

/// The order as it is now, with this status.
pub async fn answer_so(app: &App, id: Uuid, status: StatusCode) -> Result<HttpResponse, Problem> {
    let order = find(app, id).await?;
    let (payments, refunds) = app
        .db
        .run(move |connection| {
            Ok((
                payments_of(connection, &[id])?,
                refunds_of(connection, &[id])?,
            ))
        })
        .await?;
    let body = view(app, &order, &payments).with_refunds(refunds);
    Ok(HttpResponse::build(status).json(body))
}

/// An id that is none names no order.
pub fn parse_id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::not_found("order"))
}

fn view<'a>(app: &App, order: &'a Order, payments: &'a [Payment]) -> OrderView<'a> {
    OrderView::new(order, app.pay_url(order), payments)
}
