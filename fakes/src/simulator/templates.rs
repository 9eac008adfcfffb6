//! The two pages, compiled once, and the way back to the console.

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use minijinja::{Environment, Value};

static PAGES: OnceLock<Environment<'static>> = OnceLock::new();

/// Answers with a page; a template that does not render is our own mistake and says so.
pub fn page(status: StatusCode, name: &str, context: Value) -> HttpResponse {
    let pages = PAGES.get_or_init(environment);
    match pages
        .get_template(name)
        .and_then(|page| page.render(context))
    {
        Ok(html) => HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .insert_header(("Cache-Control", "no-store"))
            .body(html),
        Err(error) => {
            log::error!("the simulator's page {name}: {error:#}");
            HttpResponse::InternalServerError().body(error.to_string())
        }
    }
}

/// Back to the console, or what was wrong.
pub fn done(result: Result<(), String>) -> HttpResponse {
    match result {
        Ok(()) => HttpResponse::SeeOther()
            .insert_header((header::LOCATION, "/"))
            .finish(),
        Err(text) => HttpResponse::Conflict()
            .content_type("text/plain; charset=utf-8")
            .body(text),
    }
}

fn environment() -> Environment<'static> {
    let mut pages = Environment::new();
    for (name, source) in [
        ("frame.html", include_str!("frame.html")),
        ("checkout.html", include_str!("checkout.html")),
        ("console.html", include_str!("console.html")),
    ] {
        if let Err(error) = pages.add_template(name, source) {
            log::error!("the simulator's template {name}: {error:#}");
        }
    }
    pages
}
