//! `POST /ops/import/{id}`: takes a spreadsheet in, once, if it comes to what was seen.

use actix_web::{HttpResponse, web::Path};
use chrono_tz::Tz;
use diesel::{PgConnection, QueryResult};
use serde::Deserialize;
use uuid::Uuid;

use super::page;
use crate::{
    activity::Doing,
    import::{
        Came, Counts, Ran, Way, file, fingerprint,
        kept::{self, Kept},
        run, whole,
    },
    people::once::{self, Outcome, Pressed},
    web::ops::{
        desk::{Desk, shown},
        form::Sent,
        guard::{Operator, doing},
        refusal::Refusal,
    },
};

/// What whoever pressed has seen, and how it is to be taken in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    seen: String,
    update: String,
    skip_bad: String,
}

/// Why it was not taken in.
enum Stop {
    /// It is not kept any more.
    Gone,
    /// It would come to something else than was seen.
    Moved,
    /// Payment pages are to be closed first.
    Open(Vec<Uuid>),
}

/// `POST /ops/import/{id}`
pub async fn take_in(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Fields>,
) -> Result<HttpResponse, Refusal> {
    let row = Desk::id(&person, &id)?;
    let Sent { once, fields } = sent;
    let way = Way::of(!fields.update.is_empty());
    let (user, doing, zone) = (person.id, doing(&person, &desk.app), desk.app.time_zone);
    // The form's token is taken in the transaction of the import: a second press waits for it, and finds what the
    // first did. Of two forms, in two windows, the second finds that it is taken in.
    let turn = move |connection: &mut PgConnection| {
        let pressed = once::once(
            connection,
            (user, &once),
            doing.at,
            |connection| match kept::lock(connection, row, doing.at)? {
                Some(kept) => taken_in(connection, &kept, &fields, (way, zone), &doing),
                None => Ok(Err(Stop::Gone)),
            },
        )?;
        Ok(match pressed {
            Err(Stop::Open(orders)) => Err(orders),
            other => Ok(other),
        })
    };
    let ran = run(&desk.app, turn).await;
    let pressed: Result<Pressed, Stop> = match ran
        .map_err(|error| Refusal::database(&desk.site, &error))?
    {
        Ran::Came(pressed) => pressed,
        Ran::NoAnswer => return Err(Refusal::stripe_is_away(&person)),
        Ran::Late => {
            let why = "Nothing was changed yet: payment pages of these orders are still being closed. Press again, and it goes on.";
            return Err(Refusal::not_now(&person, why));
        }
    };
    match pressed {
        Ok(pressed) => Ok(shown(&pressed)),
        Err(Stop::Gone) => Err(Refusal::no_page(&person)),
        Err(Stop::Moved | Stop::Open(_)) => page::again(&person, &desk, &id, way).await,
    }
}

fn taken_in(
    connection: &mut PgConnection,
    kept: &Kept,
    fields: &Fields,
    (way, zone): (Way, Tz),
    doing: &Doing,
) -> QueryResult<Result<Outcome, Stop>> {
    let to = format!("/ops/import/{}", kept.id);
    let Some(content) = &kept.content else {
        return Ok(Ok(Outcome {
            to,
            title: "This spreadsheet was taken in before".to_owned(),
            text: "It was done once. Nobody has been mailed.".to_owned(),
        }));
    };
    let Ok(import) = file::parse(content.as_bytes(), doing.at.with_timezone(&zone)) else {
        return Ok(Err(Stop::Gone));
    };
    let came = whole(
        connection,
        (&kept.file, &import, way),
        doing,
        false,
        |report| {
            let may = !fields.skip_bad.is_empty() || report.is_sound(&import);
            may && fingerprint(&report.taken) == fields.seen
        },
        |_| {},
    )?;
    match came {
        Came::Kept(report) => {
            let counts = Counts::of(&report.taken);
            let by = (doing.actor.as_str(), doing.at);
            kept::done(connection, kept.id, (report.name.as_str(), counts), by)?;
            Ok(Ok(Outcome {
                to,
                title: "The spreadsheet was taken in".to_owned(),
                text: "Nobody has been mailed.".to_owned(),
            }))
        }
        Came::Undone(_) => Ok(Err(Stop::Moved)),
        Came::StillOpen(orders) => Ok(Err(Stop::Open(orders))),
    }
}
