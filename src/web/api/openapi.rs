//! The API's description, for machines.

use actix_web::HttpResponse;

/// `GET /openapi.json`
pub async fn document() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(include_str!("openapi.json"))
}
