//! `/api/v1/suppressions`: who is not written to.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    caller::{Operator, Viewer},
    input::{Body, Note},
    page::{self, Asked, Moment},
    problem::Problem,
};
use crate::{
    activity,
    app::App,
    order::{email::Email, problem::Problems, text::Text},
    suppression::{self, AddressKey, Cause, Suppression},
};

/// `GET /suppressions`
pub async fn list(_: Viewer, app: Data<App>, asked: Query<Asked>) -> Result<HttpResponse, Problem> {
    let limit = asked.limit()?;
    let before = asked.before()?.map(read_cursor).transpose()?;
    let rows = app
        .db
        .run(move |connection| suppression::list(connection, before.clone(), limit + 1))
        .await?;
    Ok(page::answer(&rows, limit, cursor, |row| row))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    email: String,
    reason: Option<String>,
    note: Option<activity::Note>,
}

impl New {
    fn check(&self) -> Result<(Email, String), Problems> {
        let mut problems = Problems::default();
        let email = problems.take("email", Email::parse(&self.email));
        let reason = self.reason.as_deref().unwrap_or(suppression::MANUAL);
        let reason = problems.take("reason", Text::<200>::parse(reason));
        problems.or(email.zip(reason.map(String::from)))
    }
}

/// `POST /suppressions`
pub async fn add(caller: Operator, app: Data<App>, body: Body) -> Result<HttpResponse, Problem> {
    let new: New = body.parse()?;
    let (email, reason) = new.check().map_err(Problem::invalid)?;
    let doing = caller.doing(&app, new.note.map(String::from));
    let cause = Cause { reason, doing };
    let (row, is_new) = app
        .db
        .run(move |connection| {
            let hash = AddressKey::load(connection)?.hash(email.as_str());
            suppression::add(connection, hash, Some(email.as_str()), &cause)
        })
        .await?;
    let mut response = if is_new {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(response.json(row))
}

/// `DELETE /suppressions/{email}`
pub async fn lift(
    caller: Operator,
    app: Data<App>,
    email: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let Note { note } = body.parse_or_default()?;
    let doing = caller.doing(&app, note.map(String::from));
    let lifted = app
        .db
        .run(move |connection| {
            let hash = AddressKey::load(connection)?.hash(&email);
            suppression::lift(connection, hash, &doing)
        })
        .await?;
    if lifted {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::not_found("address on the list"))
    }
}

fn cursor(row: &Suppression) -> Moment {
    Moment {
        at: row.since,
        key: hex::encode(&row.address_hash),
    }
}

fn read_cursor(Moment { at, key }: Moment) -> Result<(DateTime<Utc>, Vec<u8>), Problem> {
    match hex::decode(key) {
        Ok(hash) => Ok((at, hash)),
        Err(_) => Err(page::no_cursor()),
    }
}
