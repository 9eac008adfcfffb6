//! Lists come in pages: `{"data": […], "next_cursor": …}`.

use std::{fmt, str::FromStr};

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};

use super::problem::Problem;
pub use crate::web::moment::Moment;

/// Rows of a page, if nothing is said.
const USUAL: i64 = 50;
/// Rows of a page at most: it is held in memory whole, with all that belongs to each row.
const MOST: i64 = 200;

/// What every list can be asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    cursor: Option<String>,
    limit: Option<String>,
}

impl Asked {
    /// Where the page before ended.
    ///
    /// # Errors
    /// 400 for a text that we would not have written as a `next_cursor`: times and ids can be written in
    /// more ways than the database can be asked for. An empty one would be the first page again, without
    /// an end, for whoever forgets to stop at the last.
    pub fn before<C: FromStr + fmt::Display>(&self) -> Result<Option<C>, Problem> {
        let Some(said) = &self.cursor else {
            return Ok(None);
        };
        let cursor = said.parse().ok();
        cursor
            .filter(|cursor: &C| cursor.to_string() == *said)
            .map(Some)
            .ok_or_else(no_cursor)
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

/// 400: a cursor that no page of ours ended with.
pub fn no_cursor() -> Problem {
    Problem::unreadable("cursor must be the next_cursor of the page before")
}

/// Answers with a page, given one row more than fits if there is one.
pub fn answer<'a, R, T: Serialize, C: fmt::Display>(
    rows: &'a [R],
    limit: i64,
    cursor: impl Fn(&R) -> C,
    show: impl Fn(&'a R) -> T,
) -> HttpResponse {
    answer_with(rows, limit, cursor, show, ())
}

/// The same, with more fields than those of every list.
pub fn answer_with<'a, R, T: Serialize, C: fmt::Display>(
    rows: &'a [R],
    limit: i64,
    cursor: impl Fn(&R) -> C,
    show: impl Fn(&'a R) -> T,
    more_fields: impl Serialize,
) -> HttpResponse {
    #[derive(Serialize)]
    struct Body<T, M> {
        data: Vec<T>,
        next_cursor: Option<String>,
        #[serde(flatten)]
        more_fields: M,
    }
    let fits = rows.len().min(usize::try_from(limit).unwrap_or(usize::MAX));
    let more = rows.len() > fits;
    let rows = &rows[..fits];
    let next_cursor = rows
        .last()
        .filter(|_| more)
        .map(|row| cursor(row).to_string());
    HttpResponse::Ok().json(Body {
        data: rows.iter().map(show).collect(),
        next_cursor,
        more_fields,
    })
}
