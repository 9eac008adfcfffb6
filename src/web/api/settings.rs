//! `/api/v1/settings`: the switches that people turn while the service runs.

use actix_web::{HttpResponse, web::Data};

use super::{
    caller::{Admin, Viewer},
    input::Body,
    problem::Problem,
};
use crate::{
    app::App,
    outbox,
    settings::{self, Change},
};

/// `GET /settings`
pub async fn show(_: Viewer, app: Data<App>) -> Result<HttpResponse, Problem> {
    let settings = app.db.run(settings::read).await?;
    Ok(HttpResponse::Ok().json(settings))
}

/// `PUT /settings`
pub async fn change(caller: Admin, app: Data<App>, body: Body) -> Result<HttpResponse, Problem> {
    let change = body.parse::<Change>()?;
    let change = change.check().map_err(Problem::unsupported)?;
    let doing = caller.doing(&app);
    let settings = app
        .db
        .run(move |connection| outbox::change_settings(connection, &change, &doing))
        .await?;
    Ok(HttpResponse::Ok().json(settings))
}
