//! `/ops/blasts/{id}/start`: what families will need is tried, then the first mails go.

use std::time::Duration;

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    PATH,
    found::{Refused, answered, done, found, outcome},
    watch::{Tried, tried},
    words,
};
use crate::{
    blast::{
        self, Blast,
        preflight::{Level, Outside},
        state::{Move, State, Wish},
    },
    mail::{Mailer, Wave},
    people::Person,
    web::ops::{
        desk::{BADGE, Desk},
        form::Sent,
        guard::{Operator, doing},
        line::{in_a_sentence, named},
        menu::Here,
        refusal::Refusal,
        when::When,
    },
};

#[derive(Serialize)]
struct Page {
    id: Uuid,
    name: String,
    back: String,
    mails: String,
    /// How many of those that were approved do not go.
    none: i64,
    approved: Option<Approved>,
    first: Option<String>,
    wait: String,
    lasts: String,
    begins: Option<When>,
    checks: Vec<Tried>,
    refused: bool,
}

#[derive(Serialize)]
struct Approved {
    by: String,
    at: When,
}

/// `GET /ops/blasts/{id}/start`
pub async fn ask(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let blast = found(&person, &desk, &id).await?;
    match blast.state.after(Wish::Start) {
        Move::To(_) => shown(&person, &desk, &blast, StatusCode::OK).await,
        Move::Stay => Err(Refusal::not_now(&person, "It has been started already.")),
        Move::Refuse(why) => Err(Refusal::not_now(&person, &in_a_sentence(why))),
    }
}

async fn shown(
    person: &Person,
    desk: &Desk,
    blast: &Blast,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let id = blast.id;
    let mails = desk
        .read(move |connection| blast::approved_mails(connection, id))
        .await?;
    let zone = desk.site.zone;
    let lasts = lasts(blast, mails.going, &desk.app.mailer);
    let page = Page {
        id,
        name: blast.name.clone(),
        back: format!("{PATH}/{id}"),
        mails: words::mails(mails.going),
        none: mails.none,
        approved: blast.approval.as_ref().map(|approval| Approved {
            by: named(&approval.approved_by),
            at: When::of(approval.approved_at, zone),
        }),
        first: has_wave(blast, mails.going).then(|| words::mails(i64::from(blast.first_wave))),
        wait: words::lasts(desk.app.mailer.first_wave_wait),
        lasts: words::lasts(lasts),
        begins: blast.send_at.map(|at| When::of(at, zone)),
        checks: tried(blast, Level::Info),
        refused: status != StatusCode::OK,
    };
    let template = ("blast-start.html", BADGE.to_owned());
    desk.page_following(person, Here::Blasts, template, &page, status)
        .await
}

/// Whether not all of so many mails go at once.
fn has_wave(blast: &Blast, mails: i64) -> bool {
    (1..mails).contains(&i64::from(blast.first_wave))
}

/// How long so many mails take from its start on.
pub fn lasts(blast: &Blast, mails: i64, mailer: &Mailer) -> Duration {
    let wave = has_wave(blast, mails).then_some(Wave::First);
    blast::time_left(mails, blast.per_second, wave, mailer)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    require_outside: String,
}

/// `POST /ops/blasts/{id}/start`
pub async fn start(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Fields>,
) -> Result<HttpResponse, Refusal> {
    let (app, own) = (desk.app.clone(), Desk::id(&person, &id)?);
    let outside = match sent.fields.require_outside.is_empty() {
        true => Outside::Wanted,
        false => Outside::Required,
    };
    let doing = doing(&person, &desk.app);
    let act = || async move {
        let asked = blast::launch(&app, own, outside, &doing).await?;
        Ok(done(asked).map(|blast| {
            let warns = blast.checks.iter().any(|check| !check.ok);
            let text = match (blast.state, warns) {
                (State::Sending, true) => "Something could not be made sure of: it stands below.",
                (State::Sending, false) => {
                    "All was well that was tried. You can close this page; it goes on."
                }
                _ => "Every mail has had its turn.",
            };
            outcome(own, "It was started", text)
        }))
    };
    match desk.long_press(&person, &sent.once, act).await? {
        // What was tried is kept with the mailing, and stands on the page.
        Err(Refused::Grounded(_)) => {
            let blast = found(&person, &desk, &id).await?;
            shown(&person, &desk, &blast, StatusCode::CONFLICT).await
        }
        came => answered(&person, came),
    }
}
