//! `/ops/mail/{id}`: one mail, what we know of it, and the ways on.

use actix_web::{HttpResponse, web::Path};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    super::{
        desk::Desk,
        form::Guard,
        guard::Viewer,
        line::{in_words, sentence},
        menu::Here,
        refusal::Refusal,
        when::When,
    },
    reader,
    row::{Mails, Reader, Row},
    words,
};
use crate::{
    activity::{self, Cause},
    blast,
    link::without_keys,
    mail::BlastState,
    outbox::{
        Kind, State, legible,
        view::{self, Whole},
    },
    people::Person,
};

/// A mail as its page shows it.
pub struct Looked {
    pub whole: Whole,
    pub mails: Mails,
    /// When it was last told of that somebody should look.
    pub told_at: Option<DateTime<Utc>>,
    /// The mailing that it is part of, and where that stands.
    pub mailing: Option<(String, BlastState)>,
}

#[derive(Serialize)]
struct Page {
    row: Row,
    title: String,
    means: String,
    /// What a mail server said, or what kept us from it.
    quote: Option<String>,
    queued: When,
    due: Option<When>,
    tried: i32,
    accepted: Option<When>,
    told: Option<When>,
    number: String,
    mailing: Option<Mailing>,
    body: Option<String>,
    can_again: bool,
    leave: Option<Guard>,
}

/// The mailing that it is part of.
#[derive(Serialize)]
struct Mailing {
    href: String,
    name: String,
}

/// `GET /ops/mail/{id}`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let looked = look(&person, &desk, &id).await?;
    let page = Page::of(&looked, &reader(&desk, &person), &desk);
    desk.page(&person, Here::Mail, "mail-one.html", &page).await
}

/// The mail with this id.
pub async fn look(person: &Person, desk: &Desk, id: &str) -> Result<Looked, Refusal> {
    let id = Desk::id(person, id)?;
    let looked = desk.read(move |connection| {
        let Some(whole) = view::read(connection, id)? else {
            return Ok(None);
        };
        Ok(Some(Looked {
            mails: Mails::read(connection, vec![whole.mail.clone()])?,
            told_at: activity::told_at(connection, Cause::Mail(id))?,
            mailing: match whole.mail.blast_id {
                Some(blast) => blast::name_and_state(connection, blast)?,
                None => None,
            },
            whole,
        }))
    });
    looked.await?.ok_or_else(|| Refusal::no_page(person))
}

impl Looked {
    /// Its words, without what would open a family's payment page; those that let somebody in are nobody
    /// else's.
    pub fn body(&self, desk: &Desk) -> Option<String> {
        let is_shown =
            Kind::from_name(&self.whole.mail.kind).is_some_and(|kind| kind != Kind::Account);
        let body = self.whole.body.as_deref().filter(|_| is_shown)?;
        Some(without_keys(body, &desk.app.public_url))
    }
}

impl Looked {
    /// Where it stands, and why.
    fn means(&self, reader: &Reader) -> String {
        let mail = &self.whole.mail;
        let is_paused = matches!(self.mailing, Some((_, BlastState::Paused)));
        let said = words::means(mail);
        match (mail.state, mail.due_at, mail.reason) {
            (State::Queued, ..) if is_paused => {
                "It has not left yet: its mailing is paused. It waits, and is not lost.".to_owned()
            }
            (State::Queued, Some(due), _) if due > reader.now => {
                let due = When::of(due, reader.zone).text;
                format!("It has not left yet: it is due {due}.")
            }
            (State::Cancelled, _, Some(reason)) => {
                format!("{} {}.", said, sentence(in_words(reason)))
            }
            _ => said.to_owned(),
        }
    }

    fn quote(&self) -> Option<String> {
        let mail = &self.whole.mail;
        let error = mail.last_error.as_deref().map(legible)?;
        match mail.state {
            State::Queued | State::Failed | State::Bounced | State::Unknown => Some(error),
            State::Sending | State::Sent | State::Cancelled | State::Suppressed => None,
        }
    }
}

impl Page {
    fn of(looked: &Looked, reader: &Reader, desk: &Desk) -> Self {
        let mail = &looked.whole.mail;
        let row = reader.row(mail, &looked.mails);
        let when = |at| When::of(at, reader.zone);
        let may = reader.cookie.as_deref();
        Self {
            title: match mail.state {
                State::Unknown => format!("Was this mail to {} sent?", row.who),
                _ => format!("Mail to {}", row.who),
            },
            means: looked.means(reader),
            quote: looked.quote(),
            queued: when(mail.created_at),
            due: mail.due_at.map(when),
            tried: mail.attempts,
            accepted: mail.sent_at.map(when),
            told: looked.told_at.map(when),
            number: mail.message_id.trim_matches(['<', '>']).to_owned(),
            mailing: mail
                .blast_id
                .zip(looked.mailing.clone())
                .map(|(blast, (name, _))| Mailing {
                    href: format!("/ops/blasts/{blast}"),
                    name,
                }),
            body: looked.body(desk),
            can_again: may.is_some() && looked.mails.can_go_again.contains(&mail.id),
            leave: may.filter(|_| mail.state == State::Unknown).map(Guard::of),
            row,
        }
    }
}
