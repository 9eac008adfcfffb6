//! `/ops/cases`: money that does not add up.

use actix_web::{HttpResponse, web::Query};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    case_view::ending,
    case_words,
    desk::Desk,
    guard::Viewer,
    line::named,
    lists::{PAGE, Pages, Tab, has_more},
    menu::Here,
    prose::Prose,
    refusal::Refusal,
    when::When,
};
use crate::{
    case::{self, CaseFilter, CaseState, CaseView},
    order::money::as_told,
    token::Role,
};

/// What the page is asked for. Whatever cannot be read is as if it had not been said.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Serialize)]
struct Page {
    tabs: [Tab; 2],
    is_open: bool,
    rows: Vec<Row>,
    pages: Pages,
}

#[derive(Serialize)]
struct Row {
    id: Uuid,
    title: Prose,
    ears: String,
    reference: Option<String>,
    since: When,
    /// How it ended, by whom and when.
    decided: Option<(&'static str, String, When)>,
    is_under_way: bool,
    button: &'static str,
}

/// `GET /ops/cases`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    asked: Query<Asked>,
) -> Result<HttpResponse, Refusal> {
    let state = CaseState::from_name(&asked.state).unwrap_or(CaseState::Open);
    let before: Option<Uuid> = asked.cursor.parse().ok();
    let (mut cases, whose, counts) = desk
        .read(move |connection| {
            let filter = CaseFilter {
                state: Some(state),
                before,
                ..CaseFilter::default()
            };
            let cases = case::list(connection, &filter, PAGE + 1)?;
            let orders: Vec<Uuid> = cases.iter().filter_map(|case| case.order_id).collect();
            let whose = case::whose(connection, &orders)?;
            let open = case::count(connection, CaseState::Open)?;
            let decided = case::count(connection, CaseState::Resolved)?;
            Ok((cases, whose, [open, decided]))
        })
        .await?;
    let more = has_more(&mut cases, PAGE);
    let zone = desk.site.zone;
    let may = person.role >= Role::Operator;
    let rows = cases.iter().map(|case| {
        let order = whose.iter().find(|(id, ..)| Some(*id) == case.order_id);
        row(case, order, may, zone)
    });
    let last = cases.last().filter(|_| more);
    let tab = |of: CaseState, count: i64| {
        let (word, needs) = match of {
            CaseState::Open => ("Open", true),
            CaseState::Resolved => ("Decided", false),
        };
        let tab = Tab::of(word, href(of).to_owned(), of == state, Some(count));
        Tab { needs, ..tab }
    };
    let page = Page {
        tabs: [
            tab(CaseState::Open, counts[0]),
            tab(CaseState::Resolved, counts[1]),
        ],
        is_open: state == CaseState::Open,
        rows: rows.collect(),
        pages: Pages {
            newest: before.map(|_| href(state).to_owned()),
            older: last.map(|case| format!("/ops/cases?state={state}&cursor={}", case.id)),
        },
    };
    desk.page(&person, Here::Cases, "cases.html", &page).await
}

fn href(state: CaseState) -> &'static str {
    match state {
        CaseState::Open => "/ops/cases",
        CaseState::Resolved => "/ops/cases?state=resolved",
    }
}

fn row(
    case: &CaseView,
    order: Option<&(Uuid, Option<String>, String)>,
    may: bool,
    zone: chrono_tz::Tz,
) -> Row {
    let who = order.map(|(_, name, reference)| Prose::of_name(name.as_ref().unwrap_or(reference)));
    let title = case_words::title(case.kind, who, &as_told(case.amount, &case.currency));
    let decided = case.resolved_how.zip(case.resolved_at);
    Row {
        id: case.id,
        ears: title.plain(),
        title,
        reference: order.map(|(.., reference)| reference.clone()),
        since: When::of(case.opened_at, zone),
        decided: decided.map(|(how, at)| {
            let by = case.resolved_by.as_deref().map(named).unwrap_or_default();
            (ending(case.kind, how), by, When::of(at, zone))
        }),
        is_under_way: case.refunding_at.is_some(),
        button: if may && !case.actions.is_empty() {
            "Decide"
        } else {
            "Look at it"
        },
    }
}
