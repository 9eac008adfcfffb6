//! `/ops/blasts/{id}/recipients`: each mail, as it would arrive or as it was sent, and what came of it.

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    PATH,
    found::{Refused, done, found, refusal},
    outcome,
};
use crate::{
    blast::{self, Blast, RecipientRow, RowsAsked},
    language::Language,
    link::without_keys,
    mail::State,
    web::ops::{
        confirm::Letter,
        desk::Desk,
        guard::Viewer,
        line::sentence,
        lists::{PAGE, Pages, Pill, Tab, has_more, href},
        mail::words as mail_words,
        menu::Here,
        refusal::Refusal,
        when::When,
    },
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    after: String,
    state: String,
}

#[derive(Serialize)]
struct Page {
    id: Uuid,
    name: String,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    is_planned: bool,
    pages: Pages,
}

/// One mail of a mailing.
#[derive(Serialize)]
pub struct Row {
    pub order: Uuid,
    pub href: String,
    /// Their name, or the reference where there is none.
    pub who: String,
    pub reference: String,
    pub to: String,
    /// What became of the mail; none before the start.
    pub pill: Option<Pill>,
    pub at: Option<When>,
    /// Why it was not sent, or what a server said.
    pub why: Option<String>,
    /// What came of it.
    pub came: Vec<outcome::Came>,
    pub problems: Vec<String>,
    /// What it asks for, before the start.
    pub owed: String,
}

/// The rows of a page.
pub fn rows(blast: &Blast, mails: &[RecipientRow], desk: &Desk) -> Vec<Row> {
    mails
        .iter()
        .map(|mail| Row::of(blast, mail, desk))
        .collect()
}

impl Row {
    fn of(blast: &Blast, row: &RecipientRow, desk: &Desk) -> Self {
        let mail = &row.recipient;
        let name = mail.outcome.name.clone();
        let why = mail.last_error.clone();
        Self {
            order: mail.order_id,
            href: format!("{PATH}/{}/recipients/{}", blast.id, mail.order_id),
            who: name.unwrap_or_else(|| mail.reference.clone()),
            reference: mail.reference.clone(),
            to: mail.to.clone().unwrap_or_else(|| "erased".to_owned()),
            pill: State::from_name(&mail.state).map(mail_words::state),
            at: mail.sent_at.map(|at| When::of(at, desk.site.zone)),
            why: why.or_else(|| outcome::reason(mail)),
            came: outcome::came(&mail.outcome, desk.site.zone),
            problems: row.problems.iter().map(|it| sentence(it)).collect(),
            owed: row
                .owed
                .map_or_else(String::new, |owed| owed.format(Language::ENGLISH)),
        }
    }
}

/// `GET /ops/blasts/{id}/recipients`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    id: Path<String>,
    wanted: Option<Query<Wanted>>,
) -> Result<HttpResponse, Refusal> {
    let blast = found(&person, &desk, &id).await?;
    let wanted = wanted.map(Query::into_inner).unwrap_or_default();
    let is_planned = blast.state.is_before_the_start();
    let state = State::from_name(&wanted.state).filter(|_| !is_planned);
    let asked = RowsAsked {
        after: wanted.after.parse().ok(),
        limit: PAGE + 1,
        mail: false,
        state,
    };
    let mut mails = match mails(&desk, blast.id, asked).await? {
        Ok(mails) => mails,
        Err(refused) => return Err(refusal(&person, refused)),
    };
    let more = has_more(&mut mails, PAGE);
    let here = |after: &str| {
        let path = format!("{PATH}/{}/recipients", blast.id);
        href(&path, &[("state", &wanted.state), ("after", after)])
    };
    let last = mails.last().filter(|_| more);
    let page = Page {
        id: blast.id,
        tabs: match is_planned {
            true => Vec::new(),
            false => outcome::tabs(&blast, state),
        },
        is_planned,
        pages: Pages {
            newest: asked.after.map(|_| here("")),
            older: last.map(|last| here(&last.recipient.order_id.to_string())),
        },
        rows: rows(&blast, &mails, &desk),
        name: blast.name,
    };
    desk.page(&person, Here::Blasts, "blast-mails.html", &page)
        .await
}

#[derive(Serialize)]
struct One {
    id: Uuid,
    name: String,
    row: Row,
    letter: Option<Letter>,
    is_planned: bool,
    next: Option<String>,
}

/// `GET /ops/blasts/{id}/recipients/{order}`
pub async fn show_one(
    Viewer(person): Viewer,
    desk: Desk,
    at: Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    let (id, order) = at.into_inner();
    let blast = found(&person, &desk, &id).await?;
    let order = Desk::id(&person, &order)?;
    let asked = RowsAsked {
        // Pages begin behind an id: this one's is the next.
        after: order.as_u128().checked_sub(1).map(Uuid::from_u128),
        limit: 2,
        mail: true,
        state: None,
    };
    let mails = match mails(&desk, blast.id, asked).await? {
        Ok(mails) => mails,
        Err(refused) => return Err(refusal(&person, refused)),
    };
    let is_it = |mail: &&RecipientRow| mail.recipient.order_id == order;
    let mail = mails.first().filter(is_it);
    let mail = mail.ok_or_else(|| Refusal::no_page(&person))?;
    let words = mail.words.as_ref();
    let letter = words.and_then(|words| {
        Some(Letter {
            to: mail.recipient.to.clone().unwrap_or_default(),
            subject: words.subject.clone()?,
            body: without_keys(words.body.as_ref()?, &desk.app.public_url),
        })
    });
    let page = One {
        id: blast.id,
        row: Row::of(&blast, mail, &desk),
        letter,
        is_planned: blast.state.is_before_the_start(),
        next: mails.get(1).map(|next| Row::of(&blast, next, &desk).href),
        name: blast.name,
    };
    desk.page(&person, Here::Blasts, "blast-mail.html", &page)
        .await
}

async fn mails(
    desk: &Desk,
    id: Uuid,
    asked: RowsAsked,
) -> Result<Result<Vec<RecipientRow>, Refused>, Refusal> {
    let mails = blast::recipients(&desk.app, id, asked).await;
    let mails = mails.map_err(|error| Refusal::database(&desk.site, &error))?;
    Ok(done(mails))
}
