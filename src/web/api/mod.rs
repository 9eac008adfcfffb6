//! The API under `/api/v1`: bearer token, JSON, problems as RFC 9457.

mod blasts;
mod caller;
mod cases;
mod events;
mod input;
mod openapi;
mod orders;
mod outbox;
mod page;
mod problem;
mod reminders;
mod settings;
mod stats;
mod suppressions;

use actix_web::web::{ServiceConfig, delete, get, patch, post, put, route};

/// Every route of the API.
pub fn routes(config: &mut ServiceConfig) {
    input::configure(config);
    config
        .route("/openapi.json", get().to(openapi::document))
        .route("/orders", post().to(orders::create))
        .route("/orders", get().to(orders::list))
        .route("/orders/{id}", get().to(orders::show))
        .route("/orders/{id}", patch().to(orders::change))
        .route("/orders/{id}/cancel", post().to(orders::cancel))
        .route("/orders/{id}/settle", post().to(orders::settle))
        .route(
            "/orders/{id}/withdraw-link",
            post().to(orders::withdraw_link),
        )
        .route("/orders/{id}/timeline", get().to(orders::timeline))
        .route("/orders/{id}/send", post().to(outbox::send))
        .route("/outbox", get().to(outbox::list))
        .route("/outbox/resume", post().to(outbox::resume))
        .route("/outbox/{id}", get().to(outbox::show))
        .route("/outbox/{id}/retry", post().to(outbox::retry))
        .route("/outbox/{id}/drop", post().to(outbox::drop_mail))
        .route("/reminders", get().to(reminders::list))
        .route("/suppressions", get().to(suppressions::list))
        .route("/suppressions", post().to(suppressions::add))
        .route("/suppressions/{email}", delete().to(suppressions::lift))
        .route("/settings", get().to(settings::show))
        .route("/settings", put().to(settings::change))
        .route("/stats/recovery", get().to(stats::recovery))
        .route("/events", get().to(events::list))
        .route("/events/{id}/replay", post().to(events::replay))
        .route("/cases", get().to(cases::list))
        .route("/cases/{id}", get().to(cases::show))
        .route("/cases/{id}/resolve", post().to(cases::resolve))
        .route("/blasts", post().to(blasts::create))
        .route("/blasts", get().to(blasts::list))
        .route("/blasts/{id}", get().to(blasts::show))
        .route("/blasts/{id}", patch().to(blasts::change))
        .route("/blasts/{id}/recipients", get().to(blasts::recipients))
        .route("/blasts/{id}/preview", post().to(blasts::preview))
        .route("/blasts/{id}/test", post().to(blasts::test))
        .route("/blasts/{id}/approve", post().to(blasts::approve))
        .route("/blasts/{id}/start", post().to(blasts::start))
        .route("/blasts/{id}/pause", post().to(blasts::pause))
        .route("/blasts/{id}/resume", post().to(blasts::resume))
        .route("/blasts/{id}/cancel", post().to(blasts::cancel))
        .default_service(route().to(problem::no_such_route));
}
