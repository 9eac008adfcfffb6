//! `/ops/import/{id}`: what a spreadsheet would do, or what came of it.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Path, block},
};
use diesel::PgConnection;
use serde::Serialize;
use uuid::Uuid;

use super::{
    done::done,
    parts::{Asked, Part, Place},
    rows::{self, Change, LeftOut, New, Wrong},
    words::{button, good, of_lines, title},
};
use crate::{
    import::{
        self, Counts, Taken, Way, Why,
        file::{self, Import},
        fingerprint,
        kept::{self, Kept},
    },
    people::Person,
    web::ops::{
        desk::{BADGE, Desk},
        guard::{Operator, doing},
        menu::Here,
        orders::sum_in_words,
        refusal::Refusal,
    },
};

#[derive(Serialize)]
struct Page {
    id: Uuid,
    file: String,
    title: String,
    lead: String,
    /// Orders have changed since the last look.
    moved: bool,
    update: bool,
    /// Some orders stand with other content, and are not to be changed.
    could_change: usize,
    counts: Counts,
    sum: String,
    bad: Part<Wrong>,
    changed: Part<Change>,
    new: Part<New>,
    left: Part<LeftOut>,
    good: String,
    button: Option<String>,
    seen: String,
}

/// What was read of one.
pub(super) struct Looked {
    kept: Kept,
    /// None, once it is taken in.
    content: Option<(Import, Vec<Taken>)>,
}

/// `GET /ops/import/{id}`
pub async fn look(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let asked = asked(&desk);
    show(&person, &desk, &id, asked, StatusCode::OK).await
}

fn asked(desk: &Desk) -> Asked {
    let asked = actix_web::web::Query::<Asked>::from_query(desk.request.query_string());
    asked
        .map(actix_web::web::Query::into_inner)
        .unwrap_or_default()
}

/// The page again, since it has come to something else.
pub(super) async fn again(
    person: &Person,
    desk: &Desk,
    id: &str,
    way: Way,
) -> Result<HttpResponse, Refusal> {
    let asked = Asked {
        update: (way == Way::Update).then(|| "1".to_owned()),
        ..Asked::default()
    };
    show(person, desk, id, asked, StatusCode::CONFLICT).await
}

async fn show(
    person: &Person,
    desk: &Desk,
    id: &str,
    asked: Asked,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let id = Desk::id(person, id)?;
    let way = Way::of(asked.update.is_some());
    let doing = doing(person, &desk.app);
    let now = doing.at.with_timezone(&desk.app.time_zone);
    let read = move |connection: &mut PgConnection| {
        let Some(kept) = kept::find(connection, id, doing.at)? else {
            return Ok(None);
        };
        let import = kept.content.as_ref();
        let import = import.and_then(|content| file::parse(content.as_bytes(), now).ok());
        let content = match import {
            Some(import) => {
                let taken = import::look(connection, &import, way, &doing)?;
                Some((import, taken))
            }
            None => None,
        };
        Ok(Some(Looked { kept, content }))
    };
    // What an older system did is tried and taken back: in a transaction, and with time for a long file.
    let looked = desk.app.db.patient().transaction(read).await;
    let looked = looked.map_err(|error| Refusal::database(&desk.site, &error))?;
    let Looked { kept, content } = looked.ok_or_else(|| Refusal::no_page(person))?;
    let Some((import, taken)) = content else {
        let done = done(desk, &kept).ok_or_else(|| Refusal::no_page(person))?;
        return desk
            .page(person, Here::Orders, "import-done.html", &done)
            .await;
    };
    let moved = status == StatusCode::CONFLICT;
    // The cells of bad lines are read from a file that may be long; this thread answers others meanwhile.
    let page = block(move || Page::new(&kept, &import, &taken, &asked, moved)).await;
    let page = page.map_err(|_| Refusal::broken())?;
    let template = ("import-look.html", BADGE.to_owned());
    desk.page_following(person, Here::Orders, template, &page, status)
        .await
}

impl Page {
    fn new(kept: &Kept, import: &Import, taken: &[Taken], asked: &Asked, moved: bool) -> Self {
        let (counts, bad) = (Counts::of(taken), rows::bad(import, taken));
        let update = asked.update.is_some();
        let stand = taken
            .iter()
            .filter(|taken| matches!(taken, Taken::Refused(Why::Taken | Why::ChangedSince)));
        let pairs = || import.orders.iter().zip(taken);
        let is_new = |(_, taken): &(_, &Taken)| matches!(taken, Taken::New(_));
        let lines: usize = import
            .orders
            .iter()
            .map(|entry| entry.order.lines.len())
            .sum();
        let lines = lines + import.bad.len();
        let content = kept.content.as_deref().unwrap_or_default();
        let title = title(counts, bad.len(), lines);
        let new = || pairs().filter(is_new).map(|(entry, _)| entry);
        let changes: Vec<Change> = pairs().flat_map(rows::changes).collect();
        let left: Vec<LeftOut> = pairs().filter_map(rows::left).collect();
        let at = Place { asked, id: kept.id };
        Self {
            id: kept.id,
            file: kept.file.clone(),
            lead: match bad.len() {
                0 => format!("{}. Nothing has been changed yet.", of_lines(lines)),
                _ => "Nothing has been taken in.".to_owned(),
            },
            moved,
            update,
            could_change: if update { 0 } else { stand.count() },
            sum: sum_in_words(&rows::sum(new())),
            bad: at.part("bad", bad.len(), |from, to| {
                rows::wrong(content, &bad[from..to])
            }),
            changed: at.part_of("changed", counts.changed, changes),
            new: at.part("new", counts.created, |from, to| {
                new().skip(from).take(to - from).map(rows::new).collect()
            }),
            left: at.part_of("left", counts.left_alone, left),
            good: good(counts),
            button: button(counts, bad.len()),
            seen: fingerprint(taken),
            title,
            counts,
        }
    }
}
