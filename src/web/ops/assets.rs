//! Style sheet, script and icon: outside `/ops`, since the sign-in page needs them, and under a path with
//! their content's hash, so that browsers keep them for a year and never an old one.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, ContentType},
    web::{Data, Path},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::OpsSite;

const CSS: &str = include_str!("assets/ops.css");
const JS: &str = include_str!("assets/live.js");
const ICON: &str = include_str!("assets/icon.svg");

/// Where they are.
#[derive(Debug, Clone, Serialize)]
pub struct Assets {
    css: String,
    js: String,
    icon: String,
}

impl Assets {
    pub fn new() -> Self {
        let at = |(name, content): (&str, &str)| {
            let hash = hex::encode(&Sha256::digest(content)[..8]);
            format!("/assets/{hash}/{name}")
        };
        Self {
            css: at(("ops.css", CSS)),
            js: at(("live.js", JS)),
            icon: at(("icon.svg", ICON)),
        }
    }

    fn content(&self, path: &str) -> Option<(&'static str, &'static str)> {
        let all = [
            (&self.css, CSS, "text/css; charset=utf-8"),
            (&self.js, JS, "text/javascript; charset=utf-8"),
            (&self.icon, ICON, "image/svg+xml"),
        ];
        let found = all.into_iter().find(|(here, ..)| *here == path);
        found.map(|(_, content, kind)| (content, kind))
    }
}

/// `GET /assets/{hash}/{name}`
pub async fn serve(site: Data<OpsSite>, asked: Path<(String, String)>) -> HttpResponse {
    let (hash, name) = asked.into_inner();
    match site.assets.content(&format!("/assets/{hash}/{name}")) {
        Some((content, kind)) => HttpResponse::Ok()
            .content_type(kind)
            .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .body(content),
        // A page of another version, while it is rolled out: this replica does not have it.
        None => HttpResponse::NotFound()
            .content_type(ContentType::plaintext())
            .body("there is no such file; load the page again\n"),
    }
}
