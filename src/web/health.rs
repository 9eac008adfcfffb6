//! For whoever runs the service: is it alive, is it ready, what has it counted?

use actix_web::{HttpResponse, web::Data};

use super::leaving::Leaving;
use crate::{app::App, db};

/// `GET /healthz`: the process answers; nothing else is asked.
pub async fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// `GET /readyz`: the process does not stop, and the database answers, can be written to, and has every
/// migration. It is asked by a connection of its own.
pub async fn ready(app: Data<App>, leaving: Data<Leaving>) -> HttpResponse {
    let (ready, what) = if leaving.has_begun() {
        (false, "stopping".to_owned())
    } else {
        readiness(&app).await
    };
    let mut response = if ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    response
        .content_type("text/plain; charset=utf-8")
        .body(what + "\n")
}

async fn readiness(app: &App) -> (bool, String) {
    match app.db.run(db::ready).await {
        Ok(pending) if pending.is_empty() => works(app),
        Ok(pending) => (
            false,
            format!(
                "migrations are pending ({}): run freshmint migrate",
                pending.len()
            ),
        ),
        Err(error) => (false, error.to_string()),
    }
}

/// Whether the worker goes on, in a process that has one.
fn works(app: &App) -> (bool, String) {
    match app.loops.standing_still() {
        None => (true, "ok".to_owned()),
        Some(which) => (
            false,
            format!(
                "the worker stands still at {}: the log says why; if it says nothing, restart this process",
                which.name()
            ),
        ),
    }
}

/// `GET /metrics`, in Prometheus' text format.
pub async fn metrics(app: Data<App>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(app.metrics.text(app.clock.now()))
}
