//! `/ops/orders`: found, newest news first.

use actix_web::HttpResponse;
use diesel::{PgConnection, QueryResult};
use serde::Serialize;
use uuid::Uuid;

use super::{asked::Asked, none::Said, row::Row, sum};
use crate::{
    listing::{self, Listed, Only},
    news::List,
    order::{CurrencySum, Kind, Order, OrderFilter, Status},
    token::Role,
    web::ops::{
        desk::Desk, guard::Viewer, lists::has_more, menu::Here, refusal::Refusal, when::When,
    },
};

/// Rows of a page.
const PAGE: i64 = 50;
/// Mailings that can be picked: older ones are found by their own page.
const MAILINGS: i64 = 30;

#[derive(Serialize)]
struct Page {
    lead: String,
    now: When,
    q: String,
    lists: Vec<Choice>,
    only: Vec<Choice>,
    mailings: Vec<Choice>,
    /// Of this import alone.
    import: Option<String>,
    caption: String,
    rows: Vec<Row>,
    /// Whoever may work picks rows.
    works: bool,
    picked: bool,
    query: String,
    /// Where a mailing to all of them is begun.
    write: Option<String>,
    newest: Option<String>,
    older: Option<String>,
    /// What stands in place of rows.
    instead: Option<Said>,
}

#[derive(Serialize)]
struct Choice {
    name: String,
    word: String,
    here: bool,
}

/// What the database tells.
struct Found {
    rows: Option<Vec<Listed>>,
    sums: Option<Vec<CurrencySum>>,
    elsewhere: Vec<(List, i64)>,
    mailings: Vec<(Uuid, String)>,
    is_any: bool,
}

/// `GET /ops/orders`
pub async fn show(Viewer(person): Viewer, desk: Desk) -> Result<HttpResponse, Refusal> {
    let asked = Asked::of(&person, &desk)?;
    let (wanted, now) = (asked.clone(), desk.app.clock.now());
    let found = desk
        .read(move |connection| find(connection, &wanted, now))
        .await?;
    let works = person.role >= Role::Operator;
    let page = Page::new(asked, found, works, &desk);
    desk.page(&person, Here::Orders, "orders.html", &page).await
}

fn find(
    connection: &mut PgConnection,
    asked: &Asked,
    now: chrono::DateTime<chrono::Utc>,
) -> QueryResult<Found> {
    let filter = asked.search().filter(connection, now)?;
    let rows = listing::page(connection, asked.list, &filter, asked.after, PAGE + 1)?;
    let fits = |rows: &Vec<Listed>| i64::try_from(rows.len()).is_ok_and(|count| count <= PAGE);
    let sums = match &rows {
        // What is on one page needs no second look.
        Some(rows) if asked.after.is_none() && fits(rows) => {
            let orders = rows.iter().map(|row| &row.order);
            Some(sum::of(orders.filter(|order| counts(asked, order))))
        }
        Some(_) => {
            let kind = filter.kind.or(Some(Kind::Billed));
            listing::sums(connection, &OrderFilter { kind, ..filter })?
        }
        None => None,
    };
    let is_empty = rows.as_ref().is_some_and(Vec::is_empty);
    Ok(Found {
        elsewhere: match is_empty && !asked.q.is_empty() {
            true => listing::elsewhere(connection, &asked.q)?,
            false => Vec::new(),
        },
        is_any: !is_empty || listing::is_any(connection)?,
        mailings: listing::mailings(connection, MAILINGS)?,
        rows,
        sums,
    })
}

/// Whether it is a part of the sum: nobody owes for a left cart, so it is not added to what is asked for.
fn counts(asked: &Asked, order: &Order) -> bool {
    asked.list == Some(List::Cart) || order.kind == Kind::Billed
}

impl Page {
    fn new(asked: Asked, found: Found, works: bool, desk: &Desk) -> Self {
        let (zone, now) = (desk.site.zone, desk.app.clock.now());
        let gave_up = found.rows.is_none();
        let instead = match &found.rows {
            None => Some(Said::given_up(&asked)),
            Some(rows) if rows.is_empty() => {
                Some(Said::of_none(&asked, found.is_any, &found.elsewhere))
            }
            Some(_) => None,
        };
        let mut rows = found.rows.unwrap_or_default();
        let more = has_more(&mut rows, PAGE);
        let has_carts = rows.iter().any(|row| !counts(&asked, &row.order));
        let last = rows.last().filter(|_| more).map(Listed::place);
        let here = |asked: &Asked| format!("/ops/orders?{}", asked.query());
        Self {
            lead: match gave_up {
                true => String::new(),
                false => lead(&asked, found.sums.as_deref(), has_carts),
            },
            now: When::of(now, zone),
            lists: lists(&asked),
            only: only(&asked),
            mailings: mailings(&asked, found.mailings),
            caption: caption(&asked, rows.len(), found.sums.as_deref()),
            rows: rows.iter().map(|row| Row::listed(row, zone)).collect(),
            works,
            picked: asked.picked,
            query: asked.query(),
            write: works.then(|| write(&asked)).flatten(),
            import: asked.import.clone(),
            newest: asked.after.map(|_| here(&asked.from(None))),
            older: last.map(|last| here(&asked.from(Some(last)))),
            q: asked.q,
            instead,
        }
    }
}

/// Only what is owed gets a mail.
fn write(asked: &Asked) -> Option<String> {
    let may_owe = matches!(asked.list, None | Some(List::OWED));
    may_owe.then(|| format!("/ops/blasts/new?{}", asked.from(None).query()))
}

/// `51 owed, €2,507.00 in all`
fn lead(asked: &Asked, sums: Option<&[CurrencySum]>, has_carts: bool) -> String {
    let Some(sums) = sums else {
        return "More than can be added up in a moment: a narrower search has its sum.".to_owned();
    };
    let found = match asked.list {
        Some(list) => format!(" {}", word(list).to_lowercase()),
        None => " in all states".to_owned(),
    };
    let apart = match has_carts {
        true => "; left carts are not counted",
        false => "",
    };
    match sum::count(sums) {
        0 if has_carts => "Left carts alone: nobody owes for them".to_owned(),
        // What stands below says so, and why.
        0 => String::new(),
        count => format!("{count}{found}, {} in all{apart}", sum::in_words(sums)),
    }
}

fn caption(asked: &Asked, shown: usize, sums: Option<&[CurrencySum]>) -> String {
    let all = sums.map(sum::count).filter(|all| *all > shown);
    let of = all.map_or_else(String::new, |all| format!(" of {all}"));
    let list = asked.list.map_or("All states", word);
    format!("{list}, newest news first. {shown}{of} shown here.")
}

/// The list as a choice.
pub fn word(list: List) -> &'static str {
    match list {
        List::Standing(Status::Open) => "Owed",
        List::Standing(Status::Processing) => "On its way",
        List::Standing(Status::InReview) => "Being checked",
        List::Standing(Status::Paid) => "Paid",
        List::Standing(Status::SettledOffline) => "Settled without Stripe",
        List::Standing(Status::PartiallyRefunded) => "Partly paid back",
        List::Standing(Status::Refunded) => "Paid back",
        List::Standing(Status::Cancelled) => "Cancelled",
        List::Cart => "Left carts",
    }
}

fn lists(asked: &Asked) -> Vec<Choice> {
    let all = Choice {
        name: "all".to_owned(),
        word: "All".to_owned(),
        here: asked.list.is_none(),
    };
    let lists = List::all().map(|list| Choice {
        name: list.name().to_owned(),
        word: word(list).to_owned(),
        here: asked.list == Some(list),
    });
    [all].into_iter().chain(lists).collect()
}

fn only(asked: &Asked) -> Vec<Choice> {
    let only = Only::ALL.into_iter().map(|only| Choice {
        name: only.name().to_owned(),
        word: match only {
            Only::NeverMailed => "were never mailed",
            Only::CameBack => "have a mail that came back",
            Only::NotOpened => "have not opened the link",
            Only::Stranded => "left the payment page",
            Only::Reminded => "were reminded",
        }
        .to_owned(),
        here: asked.only == Some(only),
    });
    only.collect()
}

fn mailings(asked: &Asked, mailings: Vec<(Uuid, String)>) -> Vec<Choice> {
    let choices = mailings.into_iter().map(|(id, name)| Choice {
        name: id.to_string(),
        word: name,
        here: asked.blast == Some(id),
    });
    let mut choices: Vec<Choice> = choices.collect();
    let is_among = choices.iter().any(|choice| choice.here);
    // One that a link leads to, and that is older than those that can be picked.
    choices.extend(asked.blast.filter(|_| !is_among).map(|id| Choice {
        name: id.to_string(),
        word: "An older mailing".to_owned(),
        here: true,
    }));
    choices
}
