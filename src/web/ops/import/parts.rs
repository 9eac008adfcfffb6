//! The parts of a look, each by pages: the counts are always of all rows.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Rows of each part that are shown; with one part alone, of a page.
const FEW: usize = 20;
const MANY: usize = 100;

/// What the address asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub update: Option<String>,
    pub part: Option<String>,
    pub page: Option<usize>,
}

/// Some rows of a part, and the way to the others.
#[derive(Serialize)]
pub struct Part<R> {
    pub all: usize,
    pub rows: Vec<R>,
    pub more: Option<String>,
    pub before: Option<String>,
}

/// Which part of the page is looked at.
pub struct Place<'a> {
    pub asked: &'a Asked,
    pub id: Uuid,
}

impl Place<'_> {
    pub fn part<R>(
        &self,
        name: &str,
        all: usize,
        rows: impl FnOnce(usize, usize) -> Vec<R>,
    ) -> Part<R> {
        let (from, to, more, before) = self.bounds(name, all);
        Part {
            all,
            rows: rows(from, to),
            more,
            before,
        }
    }

    /// The same of rows that are there; an order may have several.
    pub fn part_of<R>(&self, name: &str, all: usize, rows: Vec<R>) -> Part<R> {
        let (from, to, more, before) = self.bounds(name, rows.len());
        Part {
            all,
            rows: rows.into_iter().skip(from).take(to - from).collect(),
            more,
            before,
        }
    }

    fn bounds(&self, name: &str, all: usize) -> (usize, usize, Option<String>, Option<String>) {
        let is_alone = self.asked.part.as_deref() == Some(name);
        let page = match is_alone {
            true => self.asked.page.unwrap_or(1).clamp(1, all / MANY + 1),
            false => 1,
        };
        let many = if is_alone { MANY } else { FEW };
        let from = ((page - 1) * many).min(all);
        let to = (from + many).min(all);
        let link = |page: usize| {
            let update = match self.asked.update {
                Some(_) => "update=1&",
                None => "",
            };
            format!(
                "/ops/import/{}?{update}part={name}&page={page}#{name}",
                self.id
            )
        };
        let next = if is_alone { page + 1 } else { 1 };
        let before = (is_alone && page > 1).then(|| link(page - 1));
        (from, to, (to < all).then(|| link(next)), before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_shown_by_pages_and_the_first_few_of_each_part() {
        let asked = |part: Option<&str>, page| Asked {
            update: Some("1".to_owned()),
            part: part.map(str::to_owned),
            page: Some(page),
        };
        let bounds = |asked: &Asked| {
            let place = Place {
                asked,
                id: Uuid::nil(),
            };
            place.bounds("new", 250)
        };
        let (from, to, more, before) = bounds(&asked(None, 9));
        assert_eq!((from, to, before), (0, 20, None));
        assert!(
            more.expect("more")
                .ends_with("?update=1&part=new&page=1#new")
        );
        let (from, to, more, before) = bounds(&asked(Some("new"), 3));
        assert_eq!((from, to, more), (200, 250, None));
        assert!(before.expect("before").ends_with("page=2#new"));
        let (from, to, ..) = bounds(&asked(Some("new"), usize::MAX));
        assert_eq!((from, to), (200, 250));
    }
}
