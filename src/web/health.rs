//! For whoever runs the service: is it alive, is it ready, what has it counted?

use actix_web::{HttpResponse, web::Data};

use crate::{app::App, db};

/// `GET /healthz`: the process answers; nothing else is asked.
pub async fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// `GET /readyz`: the database answers, can be written to, and has every migration. It is asked by a
/// connection of its own.
pub async fn ready(app: Data<App>) -> HttpResponse {
    let (ready, what) = match app.db.run(db::ready).await {
        Ok(pending) if pending.is_empty() => (true, "ok".to_owned()),
        Ok(pending) => (
            false,
            format!(
                "migrations are pending ({}): run freshmint migrate",
                pending.len()
            ),
        ),
        Err(error) => (false, error.to_string()),
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

/// `GET /metrics`, in Prometheus' text format.
pub async fn metrics(app: Data<App>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(app.metrics.text())
}
