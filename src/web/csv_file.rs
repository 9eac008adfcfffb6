//! A spreadsheet that is written while it is read.

use actix_web::{HttpResponse, http::header, web::Bytes};
use futures::Stream;

/// The answer with a file of this name. Where its parts end with an error the connection is cut, so that nobody
/// takes a part for the whole.
pub fn csv_file<E: Into<Box<dyn std::error::Error>> + 'static>(
    name: &str,
    parts: impl Stream<Item = Result<Bytes, E>> + 'static,
) -> HttpResponse {
    let disposition = format!("attachment; filename=\"{name}\"");
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .streaming(parts)
}
