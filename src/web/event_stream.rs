//! Server-sent events: what all of our streams have in common. What each of them sends, and until when, is its own.

use std::time::Duration;

use actix_web::{HttpResponse, HttpResponseBuilder, web::Bytes};

/// A comment line in so long, so that no proxy takes the silence for an end; that its reader may not read any more
/// is noticed then.
pub const BEAT: Duration = Duration::from_secs(20);

/// The answer that a stream is: no proxy keeps it back.
pub fn answer() -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("text/event-stream; charset=utf-8")
        .insert_header(("X-Accel-Buffering", "no"));
    answer
}

/// What comes first: a program that reads on its own comes back after so long.
pub fn head() -> Bytes {
    Bytes::from_static(b"retry: 2000\n\n")
}

/// The comment line.
pub fn still_here() -> Bytes {
    Bytes::from_static(b": still here\n\n")
}
