//! `/ops/blasts/{id}/recall`: a mailing that should not have gone. Its links explain it, with the shop's words.

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    PATH, counted,
    found::{Refused, answered, done, found, outcome},
    words,
    wrong::Wrong,
};
use crate::{
    blast::{
        self, Blast, Correction, Recall,
        state::{Move, Wish},
    },
    language::Language,
    order::NoteToPayers,
    overview::{self, Mailing},
    people::Person,
    web::ops::{
        desk::{BADGE, Desk},
        form::{Sent, one_kind_of_break},
        guard::{Operator, doing},
        line::in_a_sentence,
        lists::how_many,
        menu::Here,
        refusal::Refusal,
    },
};

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    note: String,
    subject: String,
    body: String,
    look: String,
}

#[derive(Serialize)]
struct Page {
    id: Uuid,
    name: String,
    back: String,
    out: String,
    is_out: String,
    waiting: Option<String>,
    paid: String,
    unpaid: String,
    most: usize,
    typed: Typed,
    wrong: Vec<Wrong>,
    example: Option<Example>,
}

/// What whoever opens a link reads.
#[derive(Serialize)]
struct Example {
    title: &'static str,
    note: String,
}

/// `GET /ops/blasts/{id}/recall`
pub async fn ask(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let blast = found(&person, &desk, &id).await?;
    if let Some(why) = refused(&blast) {
        return Err(Refusal::not_now(&person, &why));
    }
    page(&person, &desk, &blast, Typed::default(), Vec::new()).await
}

fn refused(blast: &Blast) -> Option<String> {
    match blast.state.after(Wish::Recall) {
        Move::To(_) if blast.started_at.is_none() => {
            Some("It was never started, so there is nothing to call back.".to_owned())
        }
        Move::To(_) => None,
        Move::Stay => Some("It is called back already.".to_owned()),
        Move::Refuse(why) => Some(in_a_sentence(why)),
    }
}

async fn page(
    person: &Person,
    desk: &Desk,
    blast: &Blast,
    typed: Typed,
    wrong: Vec<Wrong>,
) -> Result<HttpResponse, Refusal> {
    let id = blast.id;
    let led = desk
        .read(move |connection| overview::by_mailing(connection, &[id]))
        .await?
        .pop();
    let example = NoteToPayers::parse(&one_kind_of_break(&typed.note)).ok();
    let example = example.map(|note| Example {
        title: Language::ENGLISH
            .words()
            .pages
            .pages
            .replaced_with_due
            .heading,
        note: note.as_str().to_owned(),
    });
    let out = counted::far(&blast.counts).out;
    let told = |count: fn(&Mailing) -> String| led.as_ref().map_or_else(|| "0".to_owned(), count);
    let page = Page {
        id,
        name: blast.name.clone(),
        back: format!("{PATH}/{id}"),
        is_out: how_many(out, "mail is out", "mails are out"),
        out: words::mails(out),
        waiting: match blast.counts.queued {
            0 => None,
            waiting => Some(how_many(
                waiting,
                "mail that waits is not sent.",
                "mails that wait are not sent.",
            )),
        },
        paid: told(counted::paid),
        unpaid: told(counted::unpaid),
        most: NoteToPayers::MOST,
        example: example.filter(|_| wrong.is_empty()),
        typed,
        wrong,
    };
    let status = match page.wrong.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let template = ("blast-recall.html", BADGE.to_owned());
    desk.page_following(person, Here::Blasts, template, &page, status)
        .await
}

/// `POST /ops/blasts/{id}/recall`; with `look` it shows what payers would read, and changes nothing.
pub async fn recall(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Typed>,
) -> Result<HttpResponse, Refusal> {
    let own = Desk::id(&person, &id)?;
    let typed = sent.fields;
    let wanted = match checked(&typed) {
        Ok(wanted) if typed.look.is_empty() => wanted,
        checked => {
            let blast = found(&person, &desk, &id).await?;
            let wrong: Vec<Wrong> = checked.err().into_iter().collect();
            return page(&person, &desk, &blast, typed, wrong).await;
        }
    };
    let (app, doing) = (desk.app.clone(), doing(&person, &desk.app));
    let with_correction = wanted.correction.is_some();
    let act = || async move {
        let asked = blast::recall(&app, own, wanted, &doing).await?;
        Ok(done(asked).map(|_| {
            let text = match with_correction {
                true => "Its links are being replaced, one by one. Nobody was mailed: the correction is a draft, to be looked at and approved like any other.",
                false => "Its links are being replaced, one by one. Nobody was mailed.",
            };
            outcome(own, "It is called back", text)
        }))
    };
    match desk.long_press(&person, &sent.once, act).await? {
        Err(Refused::Invalid(problems)) => {
            let blast = found(&person, &desk, &id).await?;
            page(&person, &desk, &blast, typed, Wrong::all(&problems)).await
        }
        came => answered(&person, came),
    }
}

fn checked(typed: &Typed) -> Result<Recall, Wrong> {
    let note = NoteToPayers::parse(&one_kind_of_break(&typed.note))
        .map_err(|error| Wrong::of("note", &error.to_string()))?;
    let said = |text: &str| !text.trim().is_empty();
    let correction = (said(&typed.subject) || said(&typed.body)).then(|| Correction {
        subject: Some(typed.subject.clone()),
        body: Some(one_kind_of_break(&typed.body)),
    });
    Ok(Recall { note, correction })
}
