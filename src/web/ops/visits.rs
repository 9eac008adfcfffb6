//! `/ops/visits`: who opens the links, and how far they come. Counts of days, and nobody in them.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web::Query};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::{PgConnection, QueryResult};
use serde::Serialize;

use super::{
    desk::Desk,
    guard::Viewer,
    lists::{grouped, how_many},
    menu::Here,
    plot::{Plot, Series, Shape, plot},
    refusal::Refusal,
    said::Said,
    span::{Shown, Span, Typed},
    today_view::{Recovery, WayView},
    visit_words::in_words,
};
use crate::{
    db::within,
    overview::{self, Mailed, PATIENCE_OF_REPORT, Way},
    recovery,
    visits::{self, Counted, Dimension, Report},
    web::days,
};

/// Values of one table; a shop with people of more countries has the rest in the API.
const MOST: usize = 12;

#[derive(Serialize)]
struct Page {
    span: Shown,
    utc: bool,
    off: bool,
    any: bool,
    now: Vec<Said>,
    plot: Plot,
    slots: Vec<Slot>,
    tables: Vec<Table>,
    way: Option<WayView>,
    carts: Option<Recovery>,
}

#[derive(Serialize)]
struct Slot {
    name: String,
    goes_on: bool,
    counted: Counted,
}

#[derive(Serialize)]
struct Table {
    id: &'static str,
    title: &'static str,
    of: &'static str,
    rows: Vec<Value>,
}

#[derive(Serialize)]
struct Value {
    word: String,
    counted: Counted,
    percent: i64,
}

/// All that is read for it.
struct Read {
    report: Report,
    lately: BTreeMap<NaiveDate, Counted>,
    /// None: of so many mails that it would take too long.
    way: Option<Way>,
    carts: Option<recovery::Figures>,
    /// Carts there are, and counting them would take too long.
    has_more_carts: bool,
    off: bool,
}

fn read(connection: &mut PgConnection, span: Span, now: DateTime<Utc>) -> QueryResult<Read> {
    let today = now.date_naive();
    let mailed = Mailed {
        from: days::begin_of(span.first),
        until: days::end_of(span.last),
        blast: None,
        most: overview::MAILS_OF_A_REPORT,
    };
    let yesterday = today.pred_opt().unwrap_or(today);
    let has_carts = overview::recovery_is_or_was_on(connection)?;
    let carts = match has_carts {
        true => within(connection, PATIENCE_OF_REPORT, |connection| {
            recovery::figures_between(connection, span.first, span.last)
        })?,
        false => None,
    };
    Ok(Read {
        report: visits::report(connection, span.first, span.last)?,
        lately: visits::days(connection, yesterday, today)?,
        way: within(connection, PATIENCE_OF_REPORT, |connection| {
            overview::funnel(connection, mailed)
        })?,
        has_more_carts: has_carts && carts.is_none(),
        carts,
        off: visits::is_off(connection)?,
    })
}

/// `GET /ops/visits`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    typed: Query<Typed>,
) -> Result<HttpResponse, Refusal> {
    let now = desk.app.clock.now();
    // The counts are of days in UTC, and so is what is asked for.
    let span = typed.span(now.date_naive());
    let found = desk
        .app
        .db
        // A year of mails takes its time, and the orders and carts beside it are of one moment.
        .patient()
        .snapshot(move |connection| read(connection, span, now))
        .await;
    let found = found.map_err(|error| Refusal::database(&desk.site, &error))?;
    let slots = slots(span, &found.report);
    let page = Page {
        utc: desk.site.zone == chrono_tz::UTC,
        off: found.off,
        any: !found.report.days.is_empty(),
        now: now_in_words(&found, now.date_naive()),
        plot: drawn(&slots),
        slots,
        tables: tables(&found.report),
        way: found.way.and_then(|way| WayView::of(way, desk.site.zone)),
        carts: found.carts.as_ref().map(Recovery::of),
        span: span.shown(),
    };
    desk.page(&person, Here::Visits, "visits.html", &page).await
}

/// How many came today and yesterday, how many machines, and how many of those who were mailed have paid.
fn now_in_words(found: &Read, today: NaiveDate) -> Vec<Said> {
    let came = |day: NaiveDate| {
        let people = found.lately.get(&day).map_or(0, |counted| counted.visitors);
        how_many(people, "person", "people")
    };
    let yesterday = today.pred_opt().unwrap_or(today);
    let all = found.report.all();
    let mut said = vec![
        Said {
            good: Some(true),
            text: format!("{} came today, {} yesterday.", came(today), came(yesterday)),
        },
        Said {
            good: Some(all.machine_visits <= all.visits.max(10)),
            text: match all.machine_visits {
                0 => "No machine looked at a link in this time.".to_owned(),
                many => format!(
                    "{} of {} were machines that look before people; they never open a payment page.",
                    how_many(many, "visit", "visits"),
                    grouped(many + all.visits)
                ),
            },
        },
        paid_in_words(found.way),
    ];
    said.extend((found.has_more_carts).then(|| Said::too_many("Left carts")));
    said
}

fn paid_in_words(way: Option<Way>) -> Said {
    let Some(way) = way else {
        return Said::too_many("How far those came who were mailed");
    };
    Said {
        good: (way.mailed > 0).then(|| way.paid * 2 >= way.mailed),
        text: match way.mailed {
            0 => "Nobody was mailed in this time.".to_owned(),
            mailed => format!(
                "{} of {} in this time {} paid.",
                grouped(way.paid),
                how_many(mailed, "order that was mailed", "orders that were mailed"),
                if way.paid == 1 { "is" } else { "are" }
            ),
        },
    }
}

fn slots(span: Span, report: &Report) -> Vec<Slot> {
    let mut counts: BTreeMap<NaiveDate, Counted> = BTreeMap::new();
    for (day, counted) in &report.days {
        counts.entry(span.slot(*day)).or_default().add(*counted);
    }
    let all = span.slots().into_iter();
    all.map(|slot| Slot {
        name: Span::name(slot),
        goes_on: span.goes_on(slot),
        counted: counts.get(&slot).copied().unwrap_or_default(),
    })
    .collect()
}

#[allow(clippy::cast_precision_loss, reason = "no shop has so many visits")]
fn drawn(slots: &[Slot]) -> Plot {
    let names: Vec<String> = slots.iter().map(|slot| slot.name.clone()).collect();
    let series = |word, of: fn(&Counted) -> i64| Series {
        word,
        values: slots
            .iter()
            .map(|slot| Some(of(&slot.counted) as f64))
            .collect(),
    };
    let people = slots.iter().map(|slot| slot.counted.visits);
    let says = format!(
        "Between {} and {} visits by people. The table has the numbers.",
        people.clone().min().unwrap_or(0),
        people.max().unwrap_or(0)
    );
    let all = [
        series("by people", |counted| counted.visits),
        series("by machines", |counted| counted.machine_visits),
    ];
    plot("visits", says, Shape::Bars, &names, &all)
}

fn tables(report: &Report) -> Vec<Table> {
    let all = [
        ("pages", "Which page", "Page", Dimension::Page),
        ("sources", "What brought them", "Source", Dimension::Source),
        ("devices", "On what", "Device", Dimension::Device),
        (
            "browsers",
            "In which browser",
            "Browser",
            Dimension::Browser,
        ),
        ("systems", "On which system", "System", Dimension::System),
        ("countries", "From where", "Country", Dimension::Country),
    ];
    let tables = all.into_iter().map(|(id, title, of, dimension)| {
        let most = report.of(dimension).map(|(_, counted)| counted.visits);
        let most = most.max().unwrap_or(0).max(1);
        let rows = report.of(dimension).take(MOST);
        Table {
            id,
            title,
            of,
            rows: rows
                .map(|(value, counted)| Value {
                    word: in_words(dimension, value),
                    counted,
                    percent: counted.visits * 100 / most,
                })
                .collect(),
        }
    });
    tables.filter(|table| !table.rows.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_are_too_many_to_be_followed_are_not_said_to_be_none() {
        let nobody = Way {
            mailed: 0,
            opened: 0,
            checkout: 0,
            paid: 0,
            counted_since: None,
            mails: 0,
        };
        assert_eq!(
            paid_in_words(Some(nobody)).text,
            "Nobody was mailed in this time."
        );
        assert!(paid_in_words(None).text.contains("choose fewer days"));
    }
}
