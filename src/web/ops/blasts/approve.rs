//! `/ops/blasts/{id}/approve`: somebody says that exactly what they have seen shall be sent.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Path, Query},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    PATH,
    found::{answered, done, found, outcome},
    look, words,
};
use crate::{
    blast::{
        self, Blast, Preview, Seen,
        state::{Move, Wish},
    },
    people::{self, Person},
    web::ops::{
        desk::{BADGE, Desk},
        form::Sent,
        guard::{Operator, doing},
        line::in_a_sentence,
        menu::Here,
        refusal::Refusal,
    },
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Looked {
    seen: String,
}

#[derive(Serialize)]
struct Page {
    id: Uuid,
    name: String,
    back: String,
    hash: String,
    mails: String,
    amounts: String,
    /// What was expected, where it is another number.
    expected: Option<u32>,
    found: usize,
    wrong: Option<String>,
    worth: usize,
}

/// `GET /ops/blasts/{id}/approve`: what was seen is named by its hash.
pub async fn ask(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    looked: Option<Query<Looked>>,
) -> Result<HttpResponse, Refusal> {
    let blast = found(&person, &desk, &id).await?;
    if let Move::Refuse(why) = blast.state.after(Wish::Approve) {
        return Err(Refusal::not_now(&person, &in_a_sentence(why)));
    }
    let seen = looked.map(|looked| looked.into_inner().seen);
    let preview = match look::preview(&desk, blast.id).await? {
        Ok(preview) => preview,
        Err(why) => return Err(Refusal::too_much(&person, &why)),
    };
    if let Some(first) = preview.blocking.first() {
        return Err(Refusal::not_now(&person, &in_a_sentence(first)));
    }
    if seen.is_some_and(|seen| !seen.is_empty() && seen != preview.content_hash) {
        return Err(Refusal::not_now(&person, MOVED));
    }
    if is_own(&desk, &person, blast.id).await? {
        return Err(Refusal::not_now(&person, OWN));
    }
    shown(&person, &desk, &blast, &preview, None).await
}

const MOVED: &str = "Something has changed since you looked: a text, an amount, an address, or who gets a mail. Look at it again, and approve that.";
const OWN: &str =
    "You wrote this mailing, and two people are needed: somebody else must approve it.";

async fn is_own(desk: &Desk, person: &Person, id: Uuid) -> Result<bool, Refusal> {
    let actor = people::actor(&person.name);
    let own = desk.read(move |connection| blast::is_ones_own(connection, id, &actor));
    Ok(own.await?.unwrap_or(false))
}

async fn shown(
    person: &Person,
    desk: &Desk,
    blast: &Blast,
    preview: &Preview,
    wrong: Option<String>,
) -> Result<HttpResponse, Refusal> {
    let status = match wrong {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let is_other = |expected: &u32| usize::try_from(*expected) != Ok(preview.recipients);
    let page = Page {
        id: blast.id,
        name: blast.name.clone(),
        back: format!("{PATH}/{}", blast.id),
        hash: preview.content_hash.clone(),
        mails: words::mails(i64::try_from(preview.recipients).unwrap_or(i64::MAX)),
        amounts: look::amounts(&preview.amounts),
        expected: blast.who.expected.filter(is_other),
        found: preview.recipients,
        wrong,
        worth: preview.problems.len(),
    };
    let template = ("blast-approve.html", BADGE.to_owned());
    desk.page_following(person, Here::Blasts, template, &page, status)
        .await
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    content_hash: String,
    recipients: String,
}

/// `POST /ops/blasts/{id}/approve`
pub async fn approve(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Fields>,
) -> Result<HttpResponse, Refusal> {
    let (app, own) = (desk.app.clone(), Desk::id(&person, &id)?);
    let typed = sent.fields.recipients.trim();
    let recipients = typed.parse::<usize>();
    if !typed.is_empty() && recipients.is_err() {
        let blast = found(&person, &desk, &id).await?;
        let preview = look::preview(&desk, own).await?;
        let preview = preview.map_err(|why| Refusal::too_much(&person, &why))?;
        let wrong = Some("Write the number of mails.".to_owned());
        return shown(&person, &desk, &blast, &preview, wrong).await;
    }
    let seen = Seen {
        content_hash: sent.fields.content_hash,
        recipients: recipients.ok(),
    };
    let doing = doing(&person, &desk.app);
    let act = || async move {
        let asked = blast::approve(&app, own, &seen, &doing).await?;
        Ok(done(asked).map(|_| {
            let text = "Nothing is sent yet: start it. If a text, an amount or an address changes before that, it must be approved again.";
            outcome(own, "Approved", text)
        }))
    };
    let came = desk.long_press(&person, &sent.once, act).await?;
    answered(&person, came)
}
