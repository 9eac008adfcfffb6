//! `/ops/suppressions`: addresses that get no mail from us, and why.

use actix_web::{HttpResponse, http::StatusCode, web::Query};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{
    desk::{BADGE, Desk},
    guard::Viewer,
    lists::{PAGE, Pages, has_more, href, looked_for},
    menu::Here,
    prose::{Piece, name},
    refusal::Refusal,
    when::When,
};
use crate::{
    people::Person,
    suppression::{self, Reason, Suppression},
    token::Role,
    web::moment::Moment,
};

pub const PATH: &str = "/ops/suppressions";

/// What the page is asked for. Whatever cannot be read is as if it had not been said.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    cursor: String,
}

impl Asked {
    fn before(&self) -> Option<(DateTime<Utc>, Vec<u8>)> {
        let cursor: Moment = self.cursor.parse().ok()?;
        Some((cursor.at, hex::decode(cursor.key).ok()?))
    }
}

/// An address that was to be added, and why it was not.
#[derive(Debug, Default, Serialize)]
pub struct Typed {
    pub email: String,
    pub error: Option<String>,
}

#[derive(Serialize)]
struct Page {
    q: String,
    rows: Vec<Row>,
    may: bool,
    typed: Typed,
    pages: Pages,
}

/// An address.
#[derive(Serialize)]
struct Row {
    address: Option<String>,
    why: String,
    note: Option<String>,
    since: When,
    lift: String,
}

/// `GET /ops/suppressions`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    asked: Query<Asked>,
) -> Result<HttpResponse, Refusal> {
    page(&person, &desk, &asked, Typed::default()).await
}

/// The page, with what is wrong with an address.
pub async fn page(
    person: &Person,
    desk: &Desk,
    asked: &Asked,
    typed: Typed,
) -> Result<HttpResponse, Refusal> {
    let (q, before) = (looked_for(&asked.q), asked.before());
    let (said, from) = (q.clone(), before.clone());
    let mut rows = desk
        .read(move |connection| match said.is_empty() {
            true => suppression::list(connection, from.clone(), PAGE + 1),
            false => suppression::search(connection, &said, from.clone(), PAGE + 1),
        })
        .await?;
    let more = has_more(&mut rows, PAGE);
    let last = rows.last().filter(|_| more);
    let status = match typed.error.is_some() {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    let page = Page {
        rows: rows.iter().map(|row| shown(row, desk.site.zone)).collect(),
        may: person.role >= Role::Operator,
        typed,
        pages: Pages {
            newest: before.map(|_| href(PATH, &[("q", &q)])),
            older: last.map(|row| {
                let (at, key) = (row.since, hex::encode(&row.address_hash));
                href(
                    PATH,
                    &[("q", &q), ("cursor", &Moment { at, key }.to_string())],
                )
            }),
        },
        q,
    };
    let template = ("suppressions.html", BADGE.to_owned());
    desk.page_following(person, Here::Suppressions, template, &page, status)
        .await
}

fn shown(row: &Suppression, zone: Tz) -> Row {
    Row {
        address: row.address.clone(),
        why: why(&row.reason),
        note: row.note.clone(),
        since: When::of(row.since, zone),
        lift: format!("{PATH}/{}/lift", hex::encode(&row.address_hash)),
    }
}

/// A reason in words; a shop's own stays as it is.
pub fn why(reason: &str) -> String {
    let words = match Reason::from_name(reason) {
        Some(Reason::Unsubscribed) => "Unsubscribed",
        Some(Reason::NoSuchAddress) => "Does not exist, said its mail server",
        Some(Reason::Complaint) => "Marked a mail of yours as spam",
        Some(Reason::Manual) => "Added by hand",
        Some(Reason::Imported) => "Came with a file of addresses",
        None => reason,
    };
    words.to_owned()
}

/// Why an address is not written to. Reasons are free words; ours are said in a sentence.
pub fn do_not_mail(why: &str) -> Piece {
    match Reason::from_name(why) {
        Some(Reason::Unsubscribed) => "they asked not to be mailed".into(),
        Some(Reason::NoSuchAddress) => "its mail server says that it does not exist".into(),
        Some(Reason::Complaint) => "they marked a mail of yours as spam at their provider".into(),
        Some(Reason::Manual) => "somebody of the shop put it on the list".into(),
        Some(Reason::Imported) => "it came with a file of addresses that are not mailed".into(),
        None => name(why),
    }
}

/// What writing to it again may do, by the reason.
pub fn warning(reason: &str) -> &'static str {
    match Reason::from_name(reason) {
        Some(Reason::Unsubscribed) => {
            "They said themselves that they want no mail. Do this only if they have asked you to: in many countries it is not allowed otherwise."
        }
        Some(Reason::NoSuchAddress) => {
            "Its mail server said that it does not exist: a mail to it is likely to come back, and then it stands here again."
        }
        Some(Reason::Complaint) => {
            "They marked a mail of yours as spam, and their mail provider told us. Writing to them again harms your standing: a provider that hears this more often puts your mails to everybody into the spam folder, or refuses them. Do this only if they have asked you to."
        }
        Some(Reason::Manual) => "Somebody of you put it here: ask them if you do not know why.",
        Some(Reason::Imported) => {
            "It came with a file of addresses that are not to be mailed: ask whoever took the file in if you do not know why."
        }
        None => {
            "The reason above was given when it was put here: do this only if it no longer holds."
        }
    }
}

/// Whether they have said themselves, in whatever way, that they want no mail.
pub fn is_their_wish(reason: &str) -> bool {
    matches!(
        Reason::from_name(reason),
        Some(Reason::Unsubscribed | Reason::Complaint)
    )
}
