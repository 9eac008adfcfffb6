//! `/ops/import`: a spreadsheet is handed in, looked at, and taken in as one thing, once.

mod done;
mod multipart;
mod page;
mod parts;
mod rows;
mod take_in;
mod upload;
mod words;

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Payload, block},
};
use chrono::DateTime;
use chrono_tz::Tz;
use serde::Serialize;

pub use self::{page::look, take_in::take_in};
use crate::{
    import::{
        file::{self, Import},
        kept,
    },
    people::{Person, once::Outcome},
    web::ops::{
        desk::{BADGE, Desk, shown},
        guard::Operator,
        menu::Here,
        refusal::Refusal,
    },
};
use upload::{Handed, Unread};

/// A spreadsheet to fill in.
const EXAMPLE: &str = "reference,email,name,currency,description,amount\r\n\
    CUP-2026-017,j.miller@example.org,Miller family,eur,\"Winter Cup 2026, entry U12\",45.00\r\n";

#[derive(Serialize)]
struct Page {
    error: Option<String>,
}

/// `GET /ops/import`
pub async fn show(Operator(person): Operator, desk: Desk) -> Result<HttpResponse, Refusal> {
    let page = Page { error: None };
    form(&person, &desk, &page, StatusCode::OK).await
}

/// `GET /ops/import/example.csv`
pub async fn example(_: Operator) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"example.csv\"",
        ))
        .body(EXAMPLE)
}

async fn form(
    person: &Person,
    desk: &Desk,
    page: &Page,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let template = ("import.html", BADGE.to_owned());
    desk.page_following(person, Here::Orders, template, page, status)
        .await
}

/// `POST /ops/import`
pub async fn hand_in(
    Operator(person): Operator,
    desk: Desk,
    payload: Payload,
) -> Result<HttpResponse, Refusal> {
    let (error, status) = match upload::read(&desk.request, payload).await {
        Ok(mut handed) => match checked(&desk, std::mem::take(&mut handed.content)).await? {
            Ok(content) => return keep(&person, &desk, handed, content).await,
            Err(why) => (why, StatusCode::UNPROCESSABLE_ENTITY),
        },
        Err(Unread::Forged) => return Err(Refusal::forged(&desk.site)),
        Err(Unread::Broken) => return Err(Refusal::unreadable(&desk.site)),
        Err(Unread::TooLarge) => (
            "The file is too large: at most 10 MiB are taken. Split it into several.".to_owned(),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
    };
    let page = Page { error: Some(error) };
    form(&person, &desk, &page, status).await
}

/// The file's text, if it is one with orders in it; or what is wrong with all of it.
async fn checked(desk: &Desk, content: Vec<u8>) -> Result<Result<String, String>, Refusal> {
    let now = desk.app.local_now();
    // A long file takes a second, in which this thread answers others.
    let checked = block(move || orders_in(content, now)).await;
    checked.map_err(|_| Refusal::broken())
}

fn orders_in(content: Vec<u8>, now: DateTime<Tz>) -> Result<String, String> {
    if content.trim_ascii().is_empty() {
        return Err("Choose a file, or paste rows.".to_owned());
    }
    let Import { orders, bad, .. } = file::parse(&content, now)
        .map_err(|error| format!("{}.", super::line::sentence(&error.to_string())))?;
    if orders.is_empty() && bad.is_empty() {
        return Err("There are no lines below the names of the columns.".to_owned());
    }
    // The reader takes nothing else.
    String::from_utf8(content).map_err(|_| "The file is not UTF-8.".to_owned())
}

/// Keeps it, once, and leads to what it would do.
async fn keep(
    person: &Person,
    desk: &Desk,
    handed: Handed,
    content: String,
) -> Result<HttpResponse, Refusal> {
    let now = desk.app.clock.now();
    let (name, instead) = (handed.name, handed.instead.parse().ok());
    let query = if handed.update { "?update=1" } else { "" };
    let act = move |connection: &mut _| {
        if let Some(instead) = instead {
            kept::drop_it(connection, instead)?;
        }
        let id = kept::keep(connection, &name, &content, now)?;
        Ok(Ok::<_, ()>(Outcome {
            to: format!("/ops/import/{id}{query}"),
            title: "The spreadsheet was read".to_owned(),
            text: "Nothing has been taken in. It is kept for an hour.".to_owned(),
        }))
    };
    let pressed = desk.once(person, handed.once, act).await?;
    pressed.map_or_else(|()| Err(Refusal::broken()), |pressed| Ok(shown(&pressed)))
}
