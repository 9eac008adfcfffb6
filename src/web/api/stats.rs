//! `/api/v1/stats`: figures about days gone by.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use super::{
    caller::{Costly, Viewer},
    problem::Problem,
};
use crate::{app::App, recovery};

const MOST_DAYS: i64 = 366;

#[derive(Deserialize)]
pub struct Wanted {
    days: Option<String>,
}

/// `GET /stats/recovery?days=30`
pub async fn recovery(
    _turn: Costly<Viewer>,
    app: Data<App>,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, Problem> {
    let days = match wanted.days.as_deref().map(str::parse) {
        None => 30,
        Some(Ok(days @ 1..=MOST_DAYS)) => days,
        Some(_) => {
            return Err(Problem::unreadable(format!(
                "days must be a whole number from 1 to {MOST_DAYS}"
            )));
        }
    };
    let now = app.clock.now();
    let figures = app
        .db
        // What is pruned meanwhile must not count twice.
        .snapshot(move |connection| recovery::figures(connection, days, now))
        .await?;
    Ok(HttpResponse::Ok().json(figures))
}
