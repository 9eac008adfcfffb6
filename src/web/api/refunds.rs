//! `/api/v1/orders/{id}/refund`: giving an order's money back.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::Deserialize;

use super::{caller::Admin, input::Body, orders, problem::Problem};
use crate::{
    activity::Note,
    app::App,
    refund::{self, Refunded},
    settlement::order_refunds::{RefundKey, RefundWish},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    amount: Option<i64>,
    note: Option<Note>,
    key: RefundKey,
}

/// `POST /orders/{id}/refund`
pub async fn make(
    caller: Admin,
    app: Data<App>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let id = orders::parse_id(&id)?;
    let Wanted { amount, note, key } = body.parse()?;
    if amount.is_some_and(|amount| amount < 1) {
        return Err(Problem::unsupported(
            "amount must be more than zero, in the currency's minor unit; left out, all that is left goes back",
        ));
    }
    let doing = caller.doing_with(&app, note.map(String::from));
    let wish = RefundWish { amount, key };
    match refund::refund(&app, id, wish, &doing).await? {
        Refunded::Made => orders::answer_so(&app, id, StatusCode::OK).await,
        Refunded::UnderWay => orders::answer_so(&app, id, StatusCode::ACCEPTED).await,
        Refunded::NotMade(why) | Refunded::NotNow(why) => Err(Problem::conflict(why)),
        Refunded::NoOrder => Err(Problem::not_found("order")),
        Refunded::Open => Err(Problem::refund_is_open()),
    }
}
