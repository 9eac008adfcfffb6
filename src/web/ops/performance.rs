//! `/ops/performance`: whether everything is as fast and as reliable as it was.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web::Query};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::{PgConnection, QueryResult};
use serde::Serialize;

use super::{
    desk::Desk,
    guard::Viewer,
    lists::how_many,
    menu::Here,
    plot::{Plot, Series, Shape, plot},
    refusal::Refusal,
    said::Said,
    span::{Shown, Span, Typed},
    today_view::Recovery,
};
use crate::{
    db::within,
    overview::{self, PATIENCE_OF_REPORT},
    performance::{self, Faster, Figures, Kind},
    recovery,
};

/// What "now" is: long enough that a quiet shop has had a click.
const LATELY: TimeDelta = TimeDelta::hours(1);

#[derive(Serialize)]
struct Page {
    span: Shown,
    utc: bool,
    now: Vec<Said>,
    sections: Vec<Section>,
    carts: Option<Recovery>,
}

/// A plot with its numbers.
#[derive(Serialize)]
struct Section {
    title: &'static str,
    /// What stands there in place of an empty plot.
    instead: Option<&'static str>,
    plot: Plot,
    head: Vec<&'static str>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    goes_on: bool,
    cells: Vec<String>,
}

/// All that is read for it.
struct Read {
    lately: Figures,
    slots: BTreeMap<NaiveDate, Figures>,
    carts: Option<(recovery::Figures, BTreeMap<NaiveDate, recovery::Figures>)>,
    /// Carts there are, and counting them would take too long.
    has_more_carts: bool,
}

fn read(connection: &mut PgConnection, span: Span, now: DateTime<Utc>) -> QueryResult<Read> {
    let mut slots: BTreeMap<NaiveDate, Figures> = BTreeMap::new();
    for (day, figures) in performance::days(connection, span.first, span.last)? {
        slots.entry(span.slot(day)).or_default().join(&figures);
    }
    let has_carts = overview::recovery_is_or_was_on(connection)?;
    let carts = match has_carts {
        true => within(connection, PATIENCE_OF_REPORT, |connection| {
            recovery::figures_by_day(connection, span.first, span.last)
        })?,
        false => None,
    };
    Ok(Read {
        has_more_carts: has_carts && carts.is_none(),
        lately: performance::lately(connection, now - LATELY)?,
        slots,
        carts,
    })
}

/// `GET /ops/performance`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    typed: Query<Typed>,
) -> Result<HttpResponse, Refusal> {
    let now = desk.app.clock.now();
    // The figures are of days in UTC, and so is what is asked for.
    let span = typed.span(now.date_naive());
    let found = desk
        .app
        .db
        .snapshot(move |connection| read(connection, span, now))
        .await;
    let found = found.map_err(|error| Refusal::database(&desk.site, &error))?;
    let carts = found.carts.as_ref();
    let mut now = now_in_words(&found.lately);
    now.extend((found.has_more_carts).then(|| Said::too_many("Left carts")));
    let page = Page {
        utc: desk.site.zone == chrono_tz::UTC,
        now,
        sections: sections(span, &found),
        carts: carts.map(|(figures, _)| Recovery::of(figures)),
        span: span.shown(),
    };
    desk.page(&person, Here::Performance, "performance.html", &page)
        .await
}

/// Whether mail waits, Stripe's messages come, and clicks are quick: of the last hour.
fn now_in_words(lately: &Figures) -> Vec<Said> {
    let minutes = lately.count(Kind::OutboxAge).unwrap_or(0) / 60;
    let messages = lately.faster(Kind::WebhookLag, 0.95);
    let (half, most) = (
        lately.faster(Kind::Click, 0.5),
        lately.faster(Kind::Click, 0.95),
    );
    vec![
        Said {
            good: Some(minutes < 1),
            text: match minutes {
                0 => "No mail has waited longer than a minute in the last hour.".to_owned(),
                _ => format!(
                    "A mail has waited {} in the last hour.",
                    how_many(minutes, "minute", "minutes")
                ),
            },
        },
        Said {
            good: messages.map(|lag| lag.seconds <= 60.0),
            text: match messages {
                None => "Stripe has sent no message in the last hour.".to_owned(),
                Some(lag) => format!(
                    "19 of 20 of Stripe’s messages came within {} in the last hour.",
                    in_seconds(lag)
                ),
            },
        },
        Said {
            good: most.map(|most| most.seconds <= 3.0),
            text: match half.zip(most) {
                None => "Nobody opened a payment page in the last hour.".to_owned(),
                Some((half, most)) => format!(
                    "From click to payment page: half within {}, 19 of 20 within {}, in the last hour.",
                    in_seconds(half),
                    in_seconds(most)
                ),
            },
        },
    ]
}

fn in_seconds(time: Faster) -> String {
    match (time.or_longer, time.seconds) {
        (true, seconds) => format!("more than {seconds:.0} seconds"),
        (false, seconds) if seconds < 10.0 => format!("{:.2} seconds", seconds.max(0.01)),
        (false, seconds) => format!("{seconds:.0} seconds"),
    }
}

/// The weeks or days that all sections are about.
struct Slots {
    span: Span,
    all: Vec<NaiveDate>,
    names: Vec<String>,
}

impl Slots {
    fn of(span: Span) -> Self {
        let all = span.slots();
        let names = all.iter().copied().map(Span::name).collect();
        Self { span, all, names }
    }

    /// What is known of each of them.
    fn series(&self, word: &'static str, of: impl Fn(&NaiveDate) -> Option<f64>) -> Series {
        let values = self.all.iter().map(of).collect();
        Series { word, values }
    }
}

fn sections(span: Span, found: &Read) -> Vec<Section> {
    let slots = &Slots::of(span);
    let many = |word, kind| {
        slots.series(word, |slot| {
            let figures = found.slots.get(slot);
            number(figures.and_then(|figures| figures.count(kind)).unwrap_or(0))
        })
    };
    let time = |word, kind, share| {
        slots.series(word, |slot| {
            Some(found.slots.get(slot)?.faster(kind, share)?.seconds)
        })
    };
    let bars = |id, title, instead, series: &[Series]| {
        section(slots, (id, title, instead), Shape::Bars, series)
    };
    let speed = |id, title, instead, kind| {
        let series = [
            time("half are faster", kind, 0.5),
            time("19 of 20 are faster", kind, 0.95),
        ];
        section(slots, (id, title, instead), Shape::Lines, &series)
    };
    let mut all = Vec::new();
    if let Some((_, days)) = &found.carts {
        all.push(bars(
            "rec",
            "Reminders of left carts, and carts that were bought within 48 hours",
            "No reminder of a left cart was sent in this time, and no cart was bought.",
            &carts(slots, days),
        ));
    }
    all.extend([
        bars(
            "mails",
            "Mails that went out, and reminders among them",
            "No mail went out in this time. Each that a mail server takes is counted here.",
            &[
                many("reminders", Kind::Reminder),
                many("all mails", Kind::Mail),
            ],
        ),
        speed(
            "fast",
            "From click to payment page, in seconds",
            "Nobody opened a payment page in this time. How long they wait for it stands here from the first click on.",
            Kind::Click,
        ),
        speed(
            "mint",
            "How long Stripe takes to open a payment page, in seconds",
            "Stripe was asked for no payment page in this time.",
            Kind::Mint,
        ),
        speed(
            "lag",
            "How late Stripe’s messages come, in seconds",
            "Stripe sent no message in this time.",
            Kind::WebhookLag,
        ),
        bars(
            "errors",
            "Calls to Stripe that failed, and those that were too many for it",
            "No call to Stripe failed in this time.",
            &[
                many("too many (429)", Kind::StripeTooFast),
                many("failed", Kind::StripeError),
            ],
        ),
        bars(
            "depth",
            "Mails that waited at once, at most",
            "No mail had to wait in this time.",
            &[many("mails", Kind::OutboxDepth)],
        ),
        bars(
            "age",
            "For how long a mail was overdue, at most, in seconds",
            "No mail was overdue in this time.",
            &[many("seconds", Kind::OutboxAge)],
        ),
    ]);
    all
}

fn carts(slots: &Slots, days: &BTreeMap<NaiveDate, recovery::Figures>) -> [Series; 2] {
    let mut sums: BTreeMap<NaiveDate, (usize, usize)> = BTreeMap::new();
    for (day, figures) in days {
        let (bought, reminded) = sums.entry(slots.span.slot(*day)).or_default();
        *bought += figures.recovered;
        *reminded += figures.reminders_sent;
    }
    let series = |word, of: fn(&(usize, usize)) -> usize| {
        slots.series(word, |slot| {
            let sum = sums.get(slot).map_or(0, of);
            number(i64::try_from(sum).unwrap_or(i64::MAX))
        })
    };
    [
        series("bought within 48 hours", |(bought, _)| *bought),
        series("reminders sent", |(_, reminded)| *reminded),
    ]
}

#[allow(clippy::cast_precision_loss, reason = "no shop has so many")]
fn number(count: i64) -> Option<f64> {
    Some(count as f64)
}

fn section(
    slots: &Slots,
    (id, title, instead): (&'static str, &'static str, &'static str),
    shape: Shape,
    series: &[Series],
) -> Section {
    let decimals = decimals(shape);
    let says = series.iter().map(|series| range_in_words(series, decimals));
    let says = says.collect::<Vec<_>>().join("; ");
    let says = format!("{title}: {says}. The table has the numbers.");
    let named = slots.all.iter().zip(&slots.names).enumerate();
    let rows = named.map(|(at, (slot, name))| Row {
        name: name.clone(),
        goes_on: slots.span.goes_on(*slot),
        cells: (series.iter())
            .map(|series| cell(series.values[at], decimals))
            .collect(),
    });
    let nothing = |value: &f64| shape == Shape::Bars && *value == 0.0;
    let mut values = series
        .iter()
        .flat_map(|series| series.values.iter().flatten());
    Section {
        title,
        instead: values.all(nothing).then_some(instead),
        rows: rows.collect(),
        head: series.iter().map(|series| series.word).collect(),
        plot: plot(id, says, shape, &slots.names, series),
    }
}

/// Bars are of whole numbers, lines of seconds.
fn decimals(shape: Shape) -> usize {
    match shape {
        Shape::Bars => 0,
        Shape::Lines => 2,
    }
}

fn cell(value: Option<f64>, decimals: usize) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.decimals$}"))
}

fn range_in_words(series: &Series, decimals: usize) -> String {
    let values = series.values.iter().flatten().copied();
    let (least, most) = values.fold((f64::INFINITY, 0.0_f64), |(least, most), value| {
        (least.min(value), most.max(value))
    });
    let word = series.word;
    match least.is_finite() {
        true => format!("{word} from {least:.decimals$} to {most:.decimals$}"),
        false => format!("{word}: nothing was measured"),
    }
}
