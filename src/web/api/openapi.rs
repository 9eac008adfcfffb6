//! The API's description, for machines.

use actix_web::{HttpResponse, web::Data};

use crate::{app::App, link};

/// The file.
pub const DOCUMENT: &str = include_str!("openapi.json");
/// As it stands in the file: the service may be below a path.
const SERVER: &str = r#""servers": [{"url": "/api/v1"}]"#;

/// `GET /openapi.json`
pub async fn document(app: Data<App>) -> HttpResponse {
    // A path has no quotation mark in it: an address writes it as %22.
    let server = SERVER.replace("/api/v1", &link::api_path(&app.public_url, ""));
    HttpResponse::Ok()
        .content_type("application/json")
        .body(DOCUMENT.replacen(SERVER, &server, 1))
}
