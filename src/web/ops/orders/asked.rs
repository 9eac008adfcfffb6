//! What a list of orders is asked for.

use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use crate::{
    legible::{EXCERPT, excerpt},
    listing::{self, Only, Place, Search},
    news::List,
    order::{Kind, OrderFilter},
    people::Person,
    web::ops::{desk::Desk, refusal::Refusal},
};

/// Letters of a search: an address has at most so many.
const LONGEST: usize = 254;
/// What the list of all orders is called in an address.
const ALL: &str = "all";

/// What the address says. Without a word the list is that of what is owed.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub q: String,
    pub list: Option<List>,
    pub only: Option<Only>,
    pub blast: Option<Uuid>,
    /// Those that came with the import of this name.
    pub import: Option<String>,
    pub after: Option<Place>,
    /// All rows of the page are picked.
    pub picked: bool,
    /// Whatever has been paid in whatever way, in place of a list.
    pub paid: bool,
    /// A filter that is none, and so would let everybody through.
    pub(super) wrong: Option<String>,
}

impl Asked {
    /// What a page is asked for.
    ///
    /// # Errors
    /// 400: one of the filters is none.
    pub fn of(person: &Person, desk: &Desk) -> Result<Self, Refusal> {
        let asked = Self::read(desk.request.query_string());
        match &asked.wrong {
            Some(wrong) => Err(Refusal::no_such_list(person, wrong)),
            None => Ok(asked),
        }
    }

    /// A place or a pick that cannot be read is as if it had not been said.
    pub fn read(query: &str) -> Self {
        let mut asked = Self {
            list: Some(List::OWED),
            ..Self::default()
        };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "q" => asked.q = part(&value),
                "status" if value.is_empty() || value == ALL => asked.list = None,
                "status" => asked.list = asked.known(List::from_name(&value), &name, &value),
                "only" => asked.only = asked.known(Only::from_name(&value), &name, &value),
                "blast" => asked.blast = asked.known(value.parse().ok(), &name, &value),
                "import" => asked.import = Some(part(&value)).filter(|name| !name.is_empty()),
                "cursor" => asked.after = place(&value),
                "pick" => asked.picked = value == ALL,
                "paid" => asked.paid = value == "true",
                // As the API says it.
                name if value == "true" => asked.only = Only::from_name(name).or(asked.only),
                name if Only::from_name(name).is_some() && value != "false" => {
                    asked.known(None::<()>, name, &value);
                }
                _ => {}
            }
        }
        asked
    }

    /// Notes a filter that is none; an empty field of a form is not meant as one.
    fn known<T>(&mut self, found: Option<T>, name: &str, value: &str) -> Option<T> {
        if found.is_none() && !value.is_empty() {
            self.wrong = Some(format!("{name}={}", excerpt(value, EXCERPT)));
        }
        found
    }

    pub fn search(&self) -> Search {
        let (kind, status) = match (self.paid, self.list) {
            (true, _) => (Some(Kind::Billed), None),
            (false, Some(list)) => {
                let (kind, status) = list.holds();
                (Some(kind), status)
            }
            (false, None) => (None, None),
        };
        let orders = OrderFilter {
            kind,
            status,
            blast: self.blast,
            import: self.import.clone(),
            q: (!self.q.is_empty()).then(|| self.q.clone()),
            only: match self.paid {
                true => vec![listing::is_paid],
                false => Vec::new(),
            },
            ..OrderFilter::default()
        };
        Search {
            orders,
            only: self.only.into_iter().collect(),
        }
    }

    /// Whether more is asked for than a list.
    pub fn is_narrow(&self) -> bool {
        !self.q.is_empty() || self.only.is_some() || self.blast.is_some() || self.import.is_some()
    }

    /// The list's name in an address.
    pub fn status(&self) -> &'static str {
        self.list.map_or(ALL, List::name)
    }

    /// The same as a query, from its beginning.
    pub fn query(&self) -> String {
        let mut said = match self.paid {
            true => vec![("paid", "true".to_owned())],
            false => vec![("status", self.status().to_owned())],
        };
        said.extend((!self.q.is_empty()).then(|| ("q", self.q.clone())));
        said.extend(self.only.map(|only| ("only", only.name().to_owned())));
        said.extend(self.blast.map(|blast| ("blast", blast.to_string())));
        said.extend(self.import.clone().map(|import| ("import", import)));
        said.extend(self.after.map(|after| ("cursor", cursor(after))));
        let said = said.iter().map(|(name, value)| {
            format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
        });
        said.collect::<Vec<_>>().join("&")
    }

    /// The page behind this place; from the beginning if it is none.
    pub fn from(&self, after: Option<Place>) -> Self {
        Self {
            after,
            picked: false,
            ..self.clone()
        }
    }

    /// The same search in another list.
    pub fn in_list(&self, list: Option<List>) -> Self {
        Self {
            list,
            ..self.from(None)
        }
    }
}

fn part(said: &str) -> String {
    let said = said.chars().filter(|letter| !letter.is_control());
    said.take(LONGEST).collect::<String>().trim().to_owned()
}

/// Microseconds, which is what PostgreSQL keeps, and the order.
fn cursor((at, id): Place) -> String {
    format!("{}_{id}", at.timestamp_micros())
}

fn place(cursor: &str) -> Option<Place> {
    let (at, id) = cursor.split_once('_')?;
    let at = DateTime::<Utc>::from_timestamp_micros(at.parse().ok()?)?;
    let is_kept = (1970..=9999).contains(&chrono::Datelike::year(&at));
    is_kept.then_some((at, id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_said_again_and_the_list_of_what_is_owed_comes_first() {
        assert_eq!(Asked::read("").query(), "status=open");
        assert_eq!(Asked::read("status=").query(), "status=all");
        let said = "status=paid&q=M%C3%BCller%26&only=came%5Fback";
        assert_eq!(Asked::read(said).query(), said);
        assert_eq!(Asked::read("not_opened=true").only, Some(Only::NotOpened));
    }

    #[test]
    fn a_place_that_cannot_be_read_is_the_beginning_and_a_filter_that_is_none_is_told() {
        let said = "only=&blast=&stranded=false&cursor=9999999999999999999_x&q=%00%20";
        let asked = Asked::read(said);
        assert_eq!(
            (asked.query(), asked.wrong),
            ("status=open".to_owned(), None)
        );
        for wrong in ["status=nothing", "only=x", "blast=1", "stranded=x"] {
            assert_eq!(Asked::read(wrong).wrong.as_deref(), Some(wrong));
        }
        let place = (DateTime::UNIX_EPOCH, Uuid::nil());
        let asked = Asked::default().from(Some(place));
        assert_eq!(Asked::read(&asked.query()).after, Some(place));
    }
}
