//! Why a list of orders shows no row, and the way on: none is there, none fits, or it was not found out.

use serde::Serialize;

use super::{asked::Asked, list::word, row};
use crate::{
    listing::{Only, PATIENCE},
    news::List,
};

/// Letters of a search from which on an index of three letters each helps.
const LETTERS: usize = 3;

/// What stands in place of rows.
#[derive(Serialize)]
pub struct Said {
    icon: &'static str,
    title: String,
    text: String,
    links: Vec<Link>,
}

#[derive(Serialize)]
struct Link {
    href: String,
    word: &'static str,
    /// It is for whoever may work.
    works: bool,
}

impl Link {
    fn to(href: &str, word: &'static str) -> Self {
        Self {
            href: href.to_owned(),
            word,
            works: false,
        }
    }

    fn work(href: &str, word: &'static str) -> Self {
        Self {
            works: true,
            ..Self::to(href, word)
        }
    }
}

impl Said {
    /// That it was given up: nothing is known of how many fit.
    pub fn given_up(asked: &Asked) -> Self {
        let ways = [
            asked.list.is_none().then_some("pick one state"),
            (asked.q.chars().count() < LETTERS)
                .then_some("type three letters or more of a name, e-mail or reference"),
            asked.blast.is_none().then_some("pick one mailing"),
        ];
        let ways: Vec<&str> = ways.into_iter().flatten().collect();
        let way = match ways.split_last() {
            None => "Load the page again in a minute: the service may be busy.".to_owned(),
            Some((only, [])) => format!("To narrow it, {only}."),
            Some((last, others)) => format!("To narrow it, {}, or {last}.", others.join(", ")),
        };
        Self {
            icon: "clock",
            title: "Given up: it took too long".to_owned(),
            text: format!(
                "We looked for {} seconds and stopped, so we do not know which orders fit, nor how many. {way}",
                PATIENCE.as_secs_f32()
            ),
            links: vec![Link::to("/ops/orders", "Clear the search")],
        }
    }

    /// That no order fits. `is_any`: there are others; `elsewhere`: how many have what is looked for in their
    /// name, by list.
    pub fn of_none(asked: &Asked, is_any: bool, elsewhere: &[(List, i64)]) -> Self {
        let said = |title: String, text: String, links| Self {
            icon: "search",
            title,
            text,
            links,
        };
        if !is_any {
            return said(
                "There is no order yet".to_owned(),
                "An order says who owes what. Each has a link that never goes stale: it stands here with its last news, \
                 from the mail to the payment."
                    .to_owned(),
                vec![
                    Link::work("/ops/orders/new", "New order"),
                    Link::work("/ops/import", "Take in a spreadsheet"),
                ],
            );
        }
        let clear = Link::to("/ops/orders", "Clear the search");
        let state = match asked.list {
            Some(list) => format!(" that is {}", of_one(list)),
            None => String::new(),
        };
        if !asked.q.is_empty() {
            let everywhere = Asked {
                only: None,
                blast: None,
                ..asked.in_list(None)
            };
            let everywhere = format!("/ops/orders?{}", everywhere.query());
            let look = Link::to(&everywhere, "Look in all states");
            let links = [(!elsewhere.is_empty()).then_some(look), Some(clear)];
            return said(
                format!(
                    "No order{state} has “{}” in its name, e-mail or reference",
                    asked.q
                ),
                in_other_lists(elsewhere),
                links.into_iter().flatten().collect(),
            );
        }
        let title = match (asked.only, asked.list) {
            (Some(only), _) => format!("No order{state} {}", of_whom(only)),
            (None, Some(List::Cart)) => "No left cart is here".to_owned(),
            (None, Some(list)) => format!("No order here: {}", word(list).to_lowercase()),
            (None, None) => "No order fits".to_owned(),
        };
        let text = match asked.list {
            Some(List::OWED) if !asked.is_narrow() => "Nobody owes anything.",
            Some(List::Cart) if !asked.is_narrow() => {
                "Whoever leaves your shop’s own checkout, and may be reminded of it, stands here. Settings say whether they are."
            }
            _ => "Another state, or everybody, may show more.",
        };
        let settings = match asked.list {
            Some(List::Cart) => Some(Link::to("/ops/settings", "Settings")),
            _ => None,
        };
        let links = [asked.is_narrow().then_some(clear), settings];
        said(
            title,
            text.to_owned(),
            links.into_iter().flatten().collect(),
        )
    }
}

/// `No order that is owed` …
fn of_whom(only: Only) -> &'static str {
    match only {
        Only::NeverMailed => "was never mailed",
        Only::CameBack => "has a mail that came back",
        Only::NotOpened => "was mailed and has a link that nobody opened",
        Only::Stranded => "was left at the payment page",
        Only::Reminded => "had a reminder",
    }
}

/// `There are 2 that are paid, and 1 that is cancelled.`
fn in_other_lists(found: &[(List, i64)]) -> String {
    let parts: Vec<String> = found
        .iter()
        .map(|(list, count)| match count {
            1 => format!("1 that is {}", of_one(*list)),
            count => format!("{count} that are {}", of_one(*list)),
        })
        .collect();
    let verb = match found {
        [(_, 1), ..] => "is",
        _ => "are",
    };
    match parts.split_last() {
        None => "Nor is there one in another state.".to_owned(),
        Some((last, [])) => format!("There {verb} {last}."),
        Some((last, others)) => format!("There {verb} {}, and {last}.", others.join(", ")),
    }
}

fn of_one(list: List) -> &'static str {
    match list.holds().1 {
        Some(status) => row::in_words(status),
        None => "a left cart",
    }
}
