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
    found::{Refused, answered, done, found, outcome},
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
    expected: Option<i64>,
    found: String,
    number: usize,
    none: i64,
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
    wrong: Option<(StatusCode, String)>,
) -> Result<HttpResponse, Refusal> {
    let (status, wrong) = match wrong {
        None => (StatusCode::OK, None),
        Some((status, why)) => (status, Some(why)),
    };
    let is_other = |_: &u32| blast.who.miscounted(preview.recipients).is_some();
    let page = Page {
        id: blast.id,
        name: blast.name.clone(),
        back: format!("{PATH}/{}", blast.id),
        hash: preview.content_hash.clone(),
        mails: words::mails(look::count(preview.going.mails)),
        none: look::count(preview.going.none),
        amounts: look::amounts(&preview.going.amounts),
        expected: blast.who.expected.filter(is_other).map(i64::from),
        found: look::with_none(preview),
        number: preview.recipients,
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
        let wrong = "Write the number of mails.".to_owned();
        let wrong = Some((StatusCode::UNPROCESSABLE_ENTITY, wrong));
        return shown(&person, &desk, &blast, &preview, wrong).await;
    }
    let seen = Seen {
        content_hash: sent.fields.content_hash,
        recipients: recipients.ok(),
    };
    let approved = seen.clone();
    let doing = doing(&person, &desk.app);
    let act = || async move {
        let asked = blast::approve(&app, own, &approved, &doing).await?;
        Ok(done(asked).map(|_| {
            let text = "Nothing is sent yet: start it. If a text, an amount or an address changes before that, it must be approved again.";
            outcome(own, "Approved", text)
        }))
    };
    let came = desk.long_press(&person, &sent.once, act).await?;
    if let Err(Refused::NotNow(_)) = &came {
        let blast = found(&person, &desk, &id).await?;
        let preview = look::preview(&desk, own).await?;
        if let Some((preview, wrong)) = preview.ok().and_then(|it| miscounted(&blast, &seen, it)) {
            let wrong = Some((StatusCode::CONFLICT, wrong));
            return shown(&person, &desk, &blast, &preview, wrong).await;
        }
    }
    answered(&person, came)
}

/// That the number is to be typed, where that alone keeps it from being approved.
fn miscounted(blast: &Blast, seen: &Seen, preview: Preview) -> Option<(Preview, String)> {
    let found = preview.recipients;
    let is_as_seen = preview.content_hash == seen.content_hash;
    let is_named = seen.recipients == Some(found);
    blast
        .who
        .miscounted(found)
        .filter(|_| is_as_seen && !is_named)?;
    Some((preview, format!("Type the number {found}.")))
}
