//! `/api/v1/reminders`: what each expired session led to, and why.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use super::{
    caller::Viewer,
    input,
    page::{self, Asked},
    problem::Problem,
};
use crate::{
    app::App,
    reminder::{self, Decision, rule::Reason},
};

#[derive(Deserialize)]
pub struct Wanted {
    order_id: Option<String>,
    decision: Option<String>,
    reason: Option<String>,
}

/// `GET /reminders`
pub async fn list(
    _: Viewer,
    app: Data<App>,
    wanted: Query<Wanted>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let limit = asked.limit()?;
    let before = asked.before()?;
    let order = wanted.order_id.as_deref();
    let order = order.map(|said| input::id("order_id", said)).transpose()?;
    let decision = wanted.decision.as_deref();
    let decision = decision
        .map(|said| input::one_of("decision", said, &Decision::ALL.map(Decision::name)))
        .transpose()?
        .and_then(|said| Decision::from_name(&said));
    let reason = wanted.reason.as_deref();
    let reason = reason
        .map(|said| input::one_of("reason", said, &Reason::ALL.map(Reason::name)))
        .transpose()?
        .and_then(|said| Reason::from_name(&said));
    let rows = app
        .db
        .run(move |connection| {
            reminder::list(connection, order, decision, reason, before, limit + 1)
        })
        .await?;
    Ok(page::answer(&rows, limit, |row| row.id, |row| row))
}
