//! `/ops/orders/paid`: what has been paid, made for paper.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use uuid::Uuid;

use super::{asked::Asked, row, sum};
use crate::{
    blast,
    language::Language,
    listing::{self, Listed},
    news::List,
    order::{
        Order, Status,
        money::Money,
        state::{How, State},
    },
    web::ops::{desk::Desk, guard::Viewer, menu::Here, refusal::Refusal, when::When},
};

/// Rows of the list: twenty sheets of paper.
const MOST: i64 = 1_000;
/// Where an order stands that has been paid, in whatever way.
const LISTS: [List; 3] = [
    List::Standing(Status::Paid),
    List::Standing(Status::SettledOffline),
    List::Standing(Status::PartiallyRefunded),
];

#[derive(Serialize)]
struct Page {
    title: String,
    now: When,
    count: String,
    sum: String,
    rows: Vec<Paid>,
    /// There are more than are shown.
    cut: bool,
    gave_up: bool,
    waived: bool,
    query: String,
}

#[derive(Serialize)]
struct Paid {
    id: Uuid,
    who: String,
    reference: String,
    what: String,
    on: When,
    how: String,
    amount: String,
}

/// `GET /ops/orders/paid`
pub async fn show(Viewer(person): Viewer, desk: Desk) -> Result<HttpResponse, Refusal> {
    let asked = Asked::of(&person, &desk)?;
    let now = desk.app.clock.now();
    let mailing = match asked.blast {
        Some(id) => {
            desk.read(move |connection| blast::find(connection, id))
                .await?
        }
        None => None,
    };
    let (mut found, mut gave_up, mut cut) = (Vec::new(), false, false);
    for list in LISTS {
        let asked = asked.in_list(Some(list));
        let rows = desk.read(move |connection| {
            let filter = asked.search().filter(connection, now)?;
            listing::page(connection, Some(list), &filter, None, MOST + 1)
        });
        let rows = rows.await?;
        gave_up |= rows.is_none();
        found.extend(rows.unwrap_or_default());
    }
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    if found.len() > most {
        found.sort_by_key(|listed| std::cmp::Reverse(listed.place()));
        found.truncate(most);
        cut = true;
    }
    found.sort_by_cached_key(|listed| row::who(&listed.order).to_lowercase());
    let came = found.iter().filter_map(|listed| closed(&listed.order));
    let sums = sum::add_up(came.map(|(_, _, came)| (came.currency, came.minor)));
    let title = mailing.map_or_else(
        || "Paid".to_owned(),
        |blast| format!("Paid: {}", blast.name),
    );
    let page = Page {
        title,
        now: When::of(now, desk.site.zone),
        count: sum::orders(found.len()),
        sum: sum::in_words(&sums),
        waived: found.iter().any(|listed| is_waived(&listed.order)),
        rows: (found
            .iter()
            .filter_map(|listed| paid(listed, desk.site.zone)))
        .collect(),
        cut,
        gave_up,
        query: Asked {
            paid: true,
            ..asked.from(None)
        }
        .query(),
    };
    desk.page(&person, Here::Orders, "orders-paid.html", &page)
        .await
}

fn is_waived(order: &Order) -> bool {
    matches!(
        order.state,
        State::SettledOffline {
            how: How::Waived,
            ..
        }
    )
}

/// When it was closed, how, and what came of it.
fn closed(order: &Order) -> Option<(DateTime<Utc>, String, Money)> {
    let came = order.counts_for();
    let came = came.unwrap_or(Money::new(0, order.currency));
    match order.state {
        State::Paid { at } => Some((at, "Stripe".to_owned(), came)),
        State::PartiallyRefunded { at, refunded } => {
            let back = Money::new(refunded, came.currency).format(Language::ENGLISH);
            Some((at, format!("Stripe; {back} given back"), came))
        }
        State::SettledOffline { at, how } => {
            let word = match how {
                How::Cash => "Cash",
                How::Cheque => "Cheque",
                How::Waived => "Waived: nobody pays",
                How::Other => "Otherwise",
            };
            let came = match how {
                How::Waived => Money::new(0, order.currency),
                How::Cash | How::Cheque | How::Other => came,
            };
            Some((at, word.to_owned(), came))
        }
        State::Open
        | State::Processing { .. }
        | State::InReview { .. }
        | State::Refunded { .. }
        | State::Cancelled { .. } => None,
    }
}

fn paid(listed: &Listed, zone: Tz) -> Option<Paid> {
    let order = &listed.order;
    let (at, how, came) = closed(order)?;
    Some(Paid {
        id: order.id,
        who: row::who(order).to_owned(),
        reference: order.reference.clone(),
        what: row::what(order),
        on: When::of(at, zone),
        how,
        amount: came.format(Language::ENGLISH),
    })
}
