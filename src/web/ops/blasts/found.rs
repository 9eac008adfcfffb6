//! The mailing that a page is about, and why something was not done to it.

use actix_web::HttpResponse;
use uuid::Uuid;

use super::PATH;
use crate::{
    blast::{self, Asked, Blast, preflight::Check},
    order::problem::Problems,
    people::{
        Person,
        once::{Outcome, Pressed},
    },
    web::ops::{
        desk::{Desk, shown},
        line::in_a_sentence,
        refusal::Refusal,
    },
};

/// Why nothing was done.
pub enum Refused {
    /// It is not in a state for that; a sentence of the domain's.
    NotNow(String),
    /// Too much is being done at once, or it took too long.
    Busy(String),
    /// What was typed is wrong.
    Invalid(Problems),
    /// Its pre-flight keeps it from being started.
    Grounded(Vec<Check>),
    /// There is no such mailing.
    NoBlast,
}

/// The mailing with this id, with why all mail waits if its mails do.
pub async fn found(person: &Person, desk: &Desk, id: &str) -> Result<Blast, Refusal> {
    let id = Desk::id(person, id)?;
    let (mailer, now) = (desk.app.mailer.clone(), desk.app.clock.now());
    let find = desk
        .read(move |connection| blast::find_with_waiting(connection, id, &mailer, now))
        .await?;
    find.ok_or_else(|| Refusal::no_page(person))
}

/// What was done, or why not.
pub fn done<T>(asked: Asked<T>) -> Result<T, Refused> {
    match asked {
        Asked::Done(done) => Ok(done),
        Asked::Invalid(problems) => Err(Refused::Invalid(problems)),
        Asked::NotNow(why) => Err(Refused::NotNow(why)),
        Asked::Busy(why) => Err(Refused::Busy(why)),
        Asked::Grounded(checks) => Err(Refused::Grounded(checks)),
        Asked::NoBlast => Err(Refused::NoBlast),
    }
}

/// The page that says what came of it, or why nothing was done.
pub fn answered(person: &Person, came: Result<Pressed, Refused>) -> Result<HttpResponse, Refusal> {
    match came {
        Ok(pressed) => Ok(shown(&pressed)),
        Err(refused) => Err(refusal(person, refused)),
    }
}

/// The page that says why nothing was done.
pub fn refusal(person: &Person, refused: Refused) -> Refusal {
    match refused {
        Refused::NotNow(why) => Refusal::not_now(person, &in_a_sentence(&why)),
        Refused::Busy(why) => Refusal::too_much(person, &in_a_sentence(&why)),
        Refused::Invalid(problems) => {
            Refusal::not_now(person, &in_a_sentence(&problems.to_string()))
        }
        Refused::Grounded(checks) => {
            let why = blast::preflight::refusal(&checks);
            Refusal::not_now(person, &in_a_sentence(&why))
        }
        Refused::NoBlast => Refusal::no_page(person),
    }
}

/// What a form led to, on the mailing's page.
pub fn outcome(id: Uuid, title: impl Into<String>, text: impl Into<String>) -> Outcome {
    Outcome {
        to: format!("{PATH}/{id}"),
        title: title.into(),
        text: text.into(),
    }
}
