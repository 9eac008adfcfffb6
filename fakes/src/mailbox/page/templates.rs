//! The two pages, compiled once, in the simulator's frame.

use std::sync::OnceLock;

use actix_web::{HttpResponse, http::StatusCode};
use minijinja::{Environment, Value};

static PAGES: OnceLock<Environment<'static>> = OnceLock::new();

/// Mails come from anybody: nothing in one is run, loaded or framed.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

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
            .insert_header(("Content-Security-Policy", POLICY))
            .insert_header(("Referrer-Policy", "no-referrer"))
            .body(html),
        Err(error) => {
            log::error!("the mailbox's page {name}: {error:#}");
            HttpResponse::InternalServerError().body(error.to_string())
        }
    }
}

fn environment() -> Environment<'static> {
    let mut pages = Environment::new();
    for (name, source) in [
        ("frame.html", include_str!("../../simulator/frame.html")),
        ("list.html", include_str!("list.html")),
        ("mail.html", include_str!("mail.html")),
    ] {
        if let Err(error) = pages.add_template(name, source) {
            log::error!("the mailbox's template {name}: {error:#}");
        }
    }
    pages
}
