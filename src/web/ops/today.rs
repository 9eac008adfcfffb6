//! `/ops`: what needs somebody.

use actix_web::HttpResponse;
use serde::Serialize;

use super::{
    activity::reader,
    desk::Desk,
    guard::Viewer,
    line::Line,
    menu::Here,
    refusal::Refusal,
    when::{When, day, day_in_words},
};
use crate::activity::feed::{self, Filter, Tab};

/// Lines that the page shows; the others are one click away.
const LINES: i64 = 10;

#[derive(Serialize)]
struct Today {
    day: String,
    now: When,
    count: String,
    lines: Vec<Line>,
    alerts: Option<String>,
}

/// `GET /ops`
pub async fn show(Viewer(person): Viewer, desk: Desk) -> Result<HttpResponse, Refusal> {
    let (lines, count) = desk
        .read(|connection| {
            let lines = feed::list(connection, &Filter::of(Tab::Attention), LINES)?;
            Ok((lines, feed::open_count(connection)?))
        })
        .await?;
    let (zone, now) = (desk.site.zone, desk.app.clock.now());
    let reader = reader(&desk, &person);
    let page = Today {
        day: day_in_words(day(now, zone), None),
        now: When::of(now, zone),
        count: feed::count_in_words(count),
        lines: lines.iter().map(|entry| reader.line(entry)).collect(),
        alerts: desk.app.alert_email.as_deref().map(str::to_owned),
    };
    desk.page(&person, Here::Today, "today.html", &page).await
}
