//! The API under `/api/v1`: bearer token, JSON, problems as RFC 9457.

mod caller;
mod events;
mod input;
mod openapi;
mod orders;
mod page;
mod problem;

use actix_web::web::{ServiceConfig, get, patch, post, route};

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
        .route("/events", get().to(events::list))
        .route("/events/{id}/replay", post().to(events::replay))
        .default_service(route().to(problem::no_such_route));
}
