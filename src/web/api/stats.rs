//! `/api/v1/stats`: figures about days gone by.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    caller::{Costly, Viewer},
    problem::Problem,
    range::Said,
};
use crate::{
    app::App,
    blast,
    overview::{self, Mailed, Way},
    recovery,
    visits::{self, Counted, Dimension, Report, Row},
    web::days,
};

const MOST_DAYS: i64 = 366;

#[derive(Deserialize)]
pub struct Wanted {
    days: Option<String>,
}

/// `GET /stats/recovery?days=30`
pub async fn recovery(
    _turn: Costly<Viewer>,
    app: Data<App>,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, Problem> {
    let days = match wanted.days.as_deref().map(str::parse) {
        None => 30,
        Some(Ok(days @ 1..=MOST_DAYS)) => days,
        Some(_) => {
            return Err(Problem::unreadable(format!(
                "days must be a whole number from 1 to {MOST_DAYS}"
            )));
        }
    };
    let now = app.clock.now();
    let figures = app
        .db
        // What is pruned meanwhile must not count twice.
        .snapshot(move |connection| recovery::figures(connection, days, now))
        .await?;
    Ok(HttpResponse::Ok().json(figures))
}

/// Whose orders.
#[derive(Deserialize)]
pub struct OfMailing {
    blast: Option<String>,
}

/// How far the orders came that were mailed in some days.
#[derive(Serialize)]
struct Funnel {
    from: NaiveDate,
    to: NaiveDate,
    blast: Option<Uuid>,
    mailed: i64,
    clicked: i64,
    minted: i64,
    paid: i64,
    /// Where more mails went out than are looked at: only those since then are.
    counted_since: Option<DateTime<Utc>>,
    /// Carts of other systems that were left in those days, beside it.
    abandoned_carts: recovery::Figures,
}

/// `GET /stats/funnel?from=&to=&blast=`
pub async fn funnel(
    _turn: Costly<Viewer>,
    app: Data<App>,
    said: Query<Said>,
    of: Query<OfMailing>,
) -> Result<HttpResponse, Problem> {
    let range = said.range(app.clock.now())?;
    let blast = match of.into_inner().blast {
        Some(said) if !said.trim().is_empty() => Some(mailing(&app, said).await?),
        _ => None,
    };
    let mailed = Mailed {
        from: days::begin_of(range.first),
        until: days::end_of(range.last),
        blast,
        most: overview::MAILS_OF_A_REPORT,
    };
    // What is pruned meanwhile must not count twice.
    let read = app.db.snapshot(move |connection| {
        let way = overview::funnel(connection, mailed)?;
        let carts = recovery::figures_between(connection, range.first, range.last)?;
        Ok((way, carts))
    });
    let (way, abandoned_carts) = read.await?;
    let Way {
        mailed,
        opened,
        checkout,
        paid,
        counted_since,
        mails: _,
    } = way;
    Ok(HttpResponse::Ok().json(Funnel {
        from: range.first,
        to: range.last,
        blast,
        mailed,
        clicked: opened,
        minted: checkout,
        paid,
        counted_since,
        abandoned_carts,
    }))
}

/// A mailing by its id or its name.
async fn mailing(app: &App, said: String) -> Result<Uuid, Problem> {
    let found = app
        .db
        .run(move |connection| blast::called(connection, &said))
        .await?;
    match found[..] {
        [id] => Ok(id),
        [] => Err(Problem::not_found("mailing")),
        _ => Err(Problem::unreadable(
            "several mailings have this name: give the id",
        )),
    }
}

/// What was counted in some days.
#[derive(Serialize)]
struct Visits {
    from: NaiveDate,
    to: NaiveDate,
    #[serde(flatten)]
    all: Counted,
    by_day: Vec<OfDay>,
    by_page: Vec<Of>,
    by_source: Vec<Of>,
    by_device: Vec<Of>,
    by_browser: Vec<Of>,
    by_system: Vec<Of>,
    by_country: Vec<Of>,
    data: Vec<Row>,
}

#[derive(Serialize)]
struct OfDay {
    day: NaiveDate,
    #[serde(flatten)]
    counted: Counted,
}

#[derive(Serialize)]
struct Of {
    name: String,
    #[serde(flatten)]
    counted: Counted,
}

/// `GET /stats/visits?from=&to=`
pub async fn visits(
    _turn: Costly<Viewer>,
    app: Data<App>,
    said: Query<Said>,
) -> Result<HttpResponse, Problem> {
    let range = said.range(app.clock.now())?;
    let read = app.db.snapshot(move |connection| {
        let report = visits::report(connection, range.first, range.last)?;
        Ok((report, visits::rows(connection, range.first, range.last)?))
    });
    let (report, data) = read.await?;
    let days = report.days.iter();
    let days = days.map(|(day, counted)| OfDay {
        day: *day,
        counted: *counted,
    });
    Ok(HttpResponse::Ok().json(Visits {
        from: range.first,
        to: range.last,
        all: report.all(),
        by_day: days.collect(),
        by_page: by(&report, Dimension::Page),
        by_source: by(&report, Dimension::Source),
        by_device: by(&report, Dimension::Device),
        by_browser: by(&report, Dimension::Browser),
        by_system: by(&report, Dimension::System),
        by_country: by(&report, Dimension::Country),
        data,
    }))
}

fn by(report: &Report, dimension: Dimension) -> Vec<Of> {
    let values = report.of(dimension).map(|(name, counted)| Of {
        name: name.to_owned(),
        counted,
    });
    values.collect()
}
