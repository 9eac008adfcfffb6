//! What the pages with one table have in common: tabs with counts, a search, one page after the other.

use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::desk::Desk;
use crate::activity::feed;

/// Rows of a page.
pub const PAGE: i64 = 50;
/// What is counted for a tab: a hundred and more are "99+".
pub const COUNTED: i64 = feed::MANY;
/// Letters of a search.
const LONGEST: usize = 255;

/// An icon, a word, and only then a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pill {
    pub tone: &'static str,
    pub mark: &'static str,
    pub word: &'static str,
}

/// The same, written shorter.
pub const fn pill(tone: &'static str, mark: &'static str, word: &'static str) -> Pill {
    Pill { tone, mark, word }
}

/// A part of a list.
#[derive(Debug, Serialize)]
pub struct Tab {
    pub word: &'static str,
    pub href: String,
    pub here: bool,
    /// Nothing where there is none, or nobody counts.
    pub count: String,
    /// What is in it needs somebody.
    pub needs: bool,
}

impl Tab {
    pub fn of(word: &'static str, href: String, here: bool, count: Option<i64>) -> Self {
        let count = count.filter(|count| *count > 0);
        Self {
            word,
            href,
            here,
            count: count.map(feed::count_in_words).unwrap_or_default(),
            needs: false,
        }
    }
}

/// The way to other pages of a list.
#[derive(Debug, Default, Serialize)]
pub struct Pages {
    pub newest: Option<String>,
    pub older: Option<String>,
}

/// What was looked for, as it can be: one line of bounded length.
pub fn looked_for(said: &str) -> String {
    let letters = said.chars().filter(|letter| !letter.is_control());
    letters.take(LONGEST).collect::<String>().trim().to_owned()
}

/// An address with these in its query; what is empty is left out.
pub fn href(path: &str, said: &[(&str, &str)]) -> String {
    let said = said.iter().filter(|(_, value)| !value.is_empty());
    let said: Vec<String> = said
        .map(|(name, value)| format!("{name}={}", in_a_path(value)))
        .collect();
    match said.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", said.join("&")),
    }
}

/// A text as a part of an address.
pub fn in_a_path(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Cuts off the row beyond a page of so many, which only says that there is another page; whether there is one.
pub fn has_more<T>(rows: &mut Vec<T>, page: i64) -> bool {
    let fits = usize::try_from(page).unwrap_or(usize::MAX);
    let has_more = rows.len() > fits;
    rows.truncate(fits);
    has_more
}

/// `1 mail`, `12 mails`, `2,631 mails`
pub fn how_many(count: i64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{} {many}", grouped(count)),
    }
}

/// `12`, `2,631`: what is counted.
pub fn grouped(count: i64) -> String {
    match (count / 1_000, count % 1_000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{},{:03}", grouped(thousands), rest.abs()),
    }
}

/// Whether the page's script asks for the row alone.
pub fn wants_row(request: &HttpRequest) -> bool {
    request
        .headers()
        .get("x-part")
        .is_some_and(|part| part == "row")
}

/// One row, for the script to put in the old one's place.
pub fn row(desk: &Desk, template: &str, row: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(desk.site.render(template, row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_grouped_by_thousands() {
        assert_eq!(
            [0, 7, 999, 1_000, 20_000, 1_234_567, -1_050].map(grouped),
            ["0", "7", "999", "1,000", "20,000", "1,234,567", "-1,050"]
        );
        assert_eq!(how_many(2_631, "mail", "mails"), "2,631 mails");
    }
}
