//! Lists come in pages: `{"data": […], "next_cursor": …}`.

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};

use super::{input::Keepable, problem::Problem};

/// Rows of a page, if nothing is said.
const USUAL: i64 = 50;
/// Rows of a page at most: it is held in memory whole, with all that belongs to each row.
const MOST: i64 = 200;

/// What every list can be asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    cursor: Option<Keepable>,
    limit: Option<String>,
}

impl Asked {
    /// Where the page before ended, as `read` understands its `next_cursor`.
    ///
    /// # Errors
    /// 400 for what is none.
    pub fn before<T>(&self, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
        let Some(Keepable(cursor)) = &self.cursor else {
            return Ok(None);
        };
        read(cursor)
            .map(Some)
            .ok_or_else(|| Problem::unreadable("cursor must be the next_cursor of the page before"))
    }

    /// How many rows are wanted: 50, or what was said, and never more than 200.
    ///
    /// # Errors
    /// 400 for what is no number above zero.
    pub fn limit(&self) -> Result<i64, Problem> {
        let Some(limit) = &self.limit else {
            return Ok(USUAL);
        };
        match limit.parse::<i64>() {
            Ok(limit) if limit > 0 => Ok(limit.min(MOST)),
            _ => Err(Problem::unreadable(
                "limit must be a whole number from 1 to 200",
            )),
        }
    }
}

/// Answers with a page, given one row more than fits if there is one.
pub fn answer<'a, R, T: Serialize>(
    rows: &'a [R],
    limit: i64,
    cursor: impl Fn(&R) -> String,
    show: impl Fn(&'a R) -> T,
) -> HttpResponse {
    #[derive(Serialize)]
    struct Body<T> {
        data: Vec<T>,
        next_cursor: Option<String>,
    }
    let fits = rows.len().min(usize::try_from(limit).unwrap_or(usize::MAX));
    let more = rows.len() > fits;
    let rows = &rows[..fits];
    let next_cursor = rows.last().filter(|_| more).map(cursor);
    HttpResponse::Ok().json(Body {
        data: rows.iter().map(show).collect(),
        next_cursor,
    })
}
