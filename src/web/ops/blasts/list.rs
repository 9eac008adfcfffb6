//! `/ops/blasts`: every mailing, newest first.

use actix_web::{HttpResponse, web::Query};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{PATH, counted, words};
use crate::{
    blast::{self, Blast, state::State},
    overview::{self, Mailing},
    token::Role,
    web::ops::{
        desk::Desk,
        guard::Viewer,
        lists::{Pages, Pill, grouped, has_more},
        menu::Here,
        refusal::Refusal,
        when::When,
    },
};

/// Rows of a page: each is summed up.
const PAGE: i64 = 20;

#[derive(Default, Deserialize)]
pub struct Asked {
    before: Option<Uuid>,
}

#[derive(Serialize)]
struct Page {
    rows: Vec<Row>,
    works: bool,
    never_mailed: i64,
    pages: Pages,
}

#[derive(Serialize)]
struct Row {
    href: String,
    name: String,
    pill: Pill,
    at: When,
    mails: String,
    paid: String,
    owed: String,
    unpaid: String,
}

/// `GET /ops/blasts`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    asked: Option<Query<Asked>>,
) -> Result<HttpResponse, Refusal> {
    let before = asked.and_then(|asked| asked.before);
    let read = move |connection: &mut diesel::PgConnection| {
        let mut blasts = blast::list(connection, before, PAGE + 1)?;
        let more = has_more(&mut blasts, PAGE);
        let begun = blasts.iter().filter(|blast| blast.started_at.is_some());
        let ids: Vec<Uuid> = begun.map(|blast| blast.id).collect();
        let led = overview::by_mailing(connection, &ids)?;
        let never = match blasts.is_empty() && before.is_none() {
            true => overview::never_mailed(connection)?,
            false => 0,
        };
        Ok((blasts, more, led, never))
    };
    let (blasts, more, led, never_mailed) = desk.read(read).await?;
    let of = |blast: &Blast| led.iter().find(|led| led.id == blast.id);
    let last = blasts.last().filter(|_| more);
    let page = Page {
        pages: Pages {
            newest: before.map(|_| PATH.to_owned()),
            older: last.map(|last| format!("{PATH}?before={}", last.id)),
        },
        rows: blasts
            .iter()
            .map(|blast| Row::of(blast, of(blast), &desk))
            .collect(),
        works: person.role >= Role::Operator,
        never_mailed,
    };
    desk.page(&person, Here::Blasts, "blasts.html", &page).await
}

impl Row {
    fn of(blast: &Blast, led: Option<&Mailing>, desk: &Desk) -> Self {
        let counts = blast.counts;
        let mails = match blast.state {
            State::Draft | State::Approved => "–".to_owned(),
            State::Sending | State::Paused => {
                let far = counted::far(&counts);
                format!("{} of {}", grouped(far.out), grouped(far.of))
            }
            State::Done | State::Cancelled | State::Recalled => grouped(counted::far(&counts).out),
        };
        let of_orders = |text: &dyn Fn(&Mailing) -> String| {
            led.filter(|led| led.orders > 0)
                .map_or_else(|| "–".to_owned(), text)
        };
        Self {
            href: format!("{PATH}/{}", blast.id),
            name: blast.name.clone(),
            pill: words::state(blast),
            at: When::of(blast.started_at.unwrap_or(blast.created_at), desk.site.zone),
            mails,
            paid: of_orders(&counted::paid_of_all),
            owed: of_orders(&counted::owed),
            unpaid: match led {
                Some(led) if led.unpaid > 0 => {
                    format!("/ops/orders?status=open&blast={}", blast.id)
                }
                _ => String::new(),
            },
        }
    }
}
