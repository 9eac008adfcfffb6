//! Server-sent events: what all of our streams have in common. What each of them sends, and until when, is its own.

use std::time::Duration;

use actix_web::{HttpResponse, HttpResponseBuilder, web::Bytes};
use tokio::time::Instant;

use crate::db::DbError;

/// A comment line in so long, so that no proxy takes the silence for an end; that its reader may not read any more
/// is noticed then.
pub const BEAT: Duration = Duration::from_secs(20);

/// Looks bring news once a second; what comes sooner, in a burst, is of the same moment.
const MOMENT: Duration = Duration::from_millis(500);

/// When it was last found that whoever reads may read.
pub struct Admitted(Instant);

impl Admitted {
    /// Of a request that has just been let in.
    pub fn now() -> Self {
        Self(Instant::now())
    }

    /// Whether the reader may still read, by this look, unless another was a moment ago. Asked before anything new
    /// is sent. While the database is away nobody is thrown out.
    pub async fn still(&mut self, look: impl Future<Output = Result<bool, DbError>>) -> bool {
        if self.0.elapsed() < MOMENT {
            return true;
        }
        self.0 = Instant::now();
        look.await.unwrap_or(true)
    }
}

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
