//! `/ops/blasts/new` and `/{id}/change`: subject and text with fields to be filled in, whom it is for, and how one
//! of them will read it.

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use diesel::{PgConnection, QueryResult};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    PATH,
    begun::begun,
    example::{Example, checked, example},
    found::{Refused, done, found, outcome, refusal},
    typed::{Typed, stamp},
    wrong::Wrong,
};
use crate::{
    blast::{
        self, Asked, Blast, ChangeDraft,
        state::{Move, Wish},
    },
    listing,
    order::{Status, problem::Problems},
    people::{Person, once::Outcome},
    web::ops::{
        desk::{BADGE, Desk, shown},
        form::Sent,
        guard::{Operator, doing},
        lists::{row, wants_row},
        menu::Here,
        orders::row as order_row,
        refusal::Refusal,
    },
};

/// Bytes of the form: a text of 20,000 letters and thousands of references, as browsers write them.
pub const LARGEST: usize = 1024 * 1024;
/// Mailings that can be picked.
const MAILINGS: i64 = 30;

#[derive(Serialize)]
struct Page {
    typed: Typed,
    wrong: Vec<Wrong>,
    action: String,
    back: String,
    /// The mailing that is changed.
    changes: Option<String>,
    corrects: bool,
    statuses: Vec<Choice>,
    mailings: Vec<Choice>,
    example: Example,
}

#[derive(Serialize)]
struct Choice {
    value: String,
    word: String,
}

/// `GET /ops/blasts/new`
pub async fn show_new(Operator(person): Operator, desk: Desk) -> Result<HttpResponse, Refusal> {
    let typed = begun(&person, &desk).await?;
    page(&person, &desk, None, typed, Vec::new()).await
}

/// `GET /ops/blasts/{id}/change`
pub async fn ask_change(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let blast = found(&person, &desk, &id).await?;
    if let Move::Refuse(why) = blast.state.after(Wish::Change) {
        return Err(refusal(&person, Refused::NotNow(why.to_owned())));
    }
    let typed = Typed::of(&blast, desk.site.zone);
    page(&person, &desk, Some(&blast), typed, Vec::new()).await
}

async fn page(
    person: &Person,
    desk: &Desk,
    changes: Option<&Blast>,
    typed: Typed,
    wrong: Vec<Wrong>,
) -> Result<HttpResponse, Refusal> {
    let own = changes.map(|blast| blast.id);
    let mailings = desk
        .read(|connection| listing::mailings(connection, MAILINGS))
        .await?;
    let example = match wrong.is_empty() {
        true => example(desk, &typed, own).await?,
        false => Example {
            why: Some("The example follows when what is wrong is mended.".to_owned()),
            ..Example::default()
        },
    };
    let status = match wrong.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = Page {
        action: match own {
            Some(id) => format!("{PATH}/{id}/change"),
            None => format!("{PATH}/new"),
        },
        back: own.map_or_else(|| PATH.to_owned(), |id| format!("{PATH}/{id}")),
        corrects: changes.is_some_and(|blast| blast.corrects.is_some()),
        changes: changes.map(|blast| blast.name.clone()),
        statuses: statuses(),
        mailings: picked(mailings, own, &typed),
        example,
        typed,
        wrong,
    };
    let template = ("blast-write.html", BADGE.to_owned());
    desk.page_following(person, Here::Blasts, template, &page, status)
        .await
}

fn statuses() -> Vec<Choice> {
    let status = |status: Status| Choice {
        value: status.name().to_owned(),
        word: crate::web::ops::line::sentence(order_row::in_words(status)),
    };
    Status::ALL.into_iter().map(status).collect()
}

/// Other mailings, and the one that stands in the form, whatever it was named by.
fn picked(mailings: Vec<(Uuid, String)>, own: Option<Uuid>, typed: &Typed) -> Vec<Choice> {
    let others = mailings.into_iter().filter(|(id, _)| Some(*id) != own);
    let mut choices: Vec<Choice> = others
        .map(|(id, word)| Choice {
            value: id.to_string(),
            word,
        })
        .collect();
    let is_among = choices.iter().any(|choice| choice.value == typed.blast);
    if !typed.blast.is_empty() && !is_among {
        choices.push(Choice {
            value: typed.blast.clone(),
            word: typed.blast.clone(),
        });
    }
    choices
}

/// What is answered where only a look was asked for: the example alone to the page's script.
async fn looked(
    person: &Person,
    desk: &Desk,
    changes: Option<&Blast>,
    typed: Typed,
) -> Result<HttpResponse, Refusal> {
    #[derive(Serialize)]
    struct Part {
        page: Only,
    }
    #[derive(Serialize)]
    struct Only {
        example: Example,
    }
    if !wants_row(&desk.request) {
        return page(person, desk, changes, typed, Vec::new()).await;
    }
    let example = example(desk, &typed, changes.map(|blast| blast.id)).await?;
    let part = Part {
        page: Only { example },
    };
    Ok(row(desk, "blast-example.html", &part))
}

/// `POST /ops/blasts/new`; with `look` it shows an example, and nothing is saved.
pub async fn create(
    Operator(person): Operator,
    desk: Desk,
    sent: Sent<Typed>,
) -> Result<HttpResponse, Refusal> {
    let typed = sent.fields;
    if !typed.look.is_empty() {
        return looked(&person, &desk, None, typed).await;
    }
    let content = match checked(&typed, &desk) {
        Ok((_, content)) => content,
        Err(wrong) => return page(&person, &desk, None, typed, wrong).await,
    };
    let doing = doing(&person, &desk.app);
    let act = move |connection: &mut PgConnection| {
        Ok(written(
            blast::create(connection, &content, &doing)?,
            "The mailing is saved",
        ))
    };
    match desk.once(&person, sent.once, act).await? {
        Ok(pressed) => Ok(shown(&pressed)),
        Err(Refused::Invalid(problems)) => {
            page(&person, &desk, None, typed, Wrong::all(&problems)).await
        }
        Err(refused) => Err(refusal(&person, refused)),
    }
}

fn written(asked: Asked, title: &str) -> Result<Outcome, Refused> {
    done(asked).map(|blast| {
        outcome(
            blast.id,
            title,
            "Nobody was mailed. Look at it below. Once nothing stands in the way, somebody approves it, and then it is started.",
        )
    })
}

/// `POST /ops/blasts/{id}/change`
pub async fn change(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Typed>,
) -> Result<HttpResponse, Refusal> {
    let (own, typed) = (Desk::id(&person, &id)?, sent.fields);
    let before = found(&person, &desk, &id).await?;
    if !typed.look.is_empty() {
        return looked(&person, &desk, Some(&before), typed).await;
    }
    let draft = match checked(&typed, &desk) {
        Ok((draft, _)) => draft,
        Err(wrong) => return page(&person, &desk, Some(&before), typed, wrong).await,
    };
    let (doing, seen) = (doing(&person, &desk.app), typed.stamp.clone());
    let act =
        move |connection: &mut PgConnection| change_as_seen(connection, own, &draft, &seen, &doing);
    match desk.once(&person, sent.once, act).await? {
        Ok(pressed) => Ok(shown(&pressed)),
        Err(Refused::Invalid(problems)) => {
            page(&person, &desk, Some(&before), typed, Wrong::all(&problems)).await
        }
        Err(refused) => Err(refusal(&person, refused)),
    }
}

/// Unless somebody else has changed it since the form was made: theirs would be overwritten unseen.
fn change_as_seen(
    connection: &mut PgConnection,
    id: Uuid,
    draft: &Value,
    seen: &str,
    doing: &crate::activity::Doing,
) -> QueryResult<Result<Outcome, Refused>> {
    // Locked, so that nobody changes it between the look and the change.
    let Some(before) = blast::find_and_lock(connection, id)? else {
        return Ok(Err(Refused::NoBlast));
    };
    if stamp(&before) != seen {
        let why = "somebody has changed this mailing since you opened the form; open it again, and put your change in there";
        return Ok(Err(Refused::NotNow(why.to_owned())));
    }
    let draft: ChangeDraft = match serde_json::from_value(draft.clone()) {
        Ok(draft) => draft,
        Err(error) => {
            let mut problems = Problems::default();
            problems.add("filter", error);
            return Ok(Err(Refused::Invalid(problems)));
        }
    };
    let asked = blast::change(connection, id, &draft, doing)?;
    Ok(written(asked, "The change is saved"))
}
