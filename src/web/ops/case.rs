//! `/ops/cases/{id}`: what came beside what was owed, and what a person decides.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Path, Query},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    case_page::{Page, Typed},
    case_view::{self, Read},
    case_words::Answer,
    desk::{BADGE, Desk, shown},
    form::Sent,
    guard::{Operator, Viewer, doing},
    line::in_a_sentence,
    menu::Here,
    prose::Prose,
    refusal::{Refusal, see},
};
use crate::{
    activity::Note,
    case::action::{How, Wish},
    order,
    people::{Person, once::Outcome},
    resolution::{self, Resolved},
    token::Role,
};

/// What somebody picked.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Picked {
    how: Option<How>,
    /// One of the list.
    #[serde(default)]
    order_id: String,
    /// One that is not in the list.
    #[serde(default)]
    reference: String,
    #[serde(default)]
    note: String,
}

impl Picked {
    fn typed(&self) -> Typed {
        Typed {
            how: self.how,
            order_id: self.order_id.clone(),
            reference: self.reference.clone(),
            note: self.note.clone(),
        }
    }
}

/// `GET /ops/cases/{id}`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let read = read(&person, &desk, &id).await?;
    page(&person, &desk, &read, Typed::default(), None).await
}

async fn page(
    person: &Person,
    desk: &Desk,
    read: &Read,
    typed: Typed,
    error: Option<&str>,
) -> Result<HttpResponse, Refusal> {
    let (status, error) = match error {
        Some(error) => (StatusCode::UNPROCESSABLE_ENTITY, Some(error.to_owned())),
        None => (StatusCode::OK, None),
    };
    let now = (desk.site.zone, desk.app.clock.now());
    let page = Page::of(read, now, person.role >= Role::Operator, typed, error);
    let template = ("case.html", BADGE.to_owned());
    desk.page_following(person, Here::Cases, template, &page, status)
        .await
}

#[derive(Serialize)]
struct Confirm {
    id: Uuid,
    crumb: Prose,
    question: String,
    happens: Vec<String>,
    stays: Vec<String>,
    how: &'static str,
    order_id: Option<Uuid>,
    note: String,
    grave: bool,
    button: String,
}

/// `GET /ops/cases/{id}/resolve?how=…`: what will happen, and what will not.
pub async fn ask(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    picked: Query<Picked>,
) -> Result<HttpResponse, Refusal> {
    let read = read(&person, &desk, &id).await?;
    let picked = picked.into_inner();
    let wrong = |why| page(&person, &desk, &read, picked.typed(), Some(why));
    let Some(how) = picked.how else {
        return wrong("Pick one of the answers.").await;
    };
    if !read.case.actions.contains(&how) {
        let why = "The case does not stand as it did any more: look at it again.";
        return Err(Refusal::not_now(&person, why));
    }
    if let Err(why) = Note::parse(&picked.note) {
        return wrong(&format!("The note: {why}.")).await;
    }
    let to = match how.takes_an_order() {
        false => None,
        true => match target(&desk, &read, &picked).await? {
            Ok(order) => Some(order),
            Err(why) => return wrong(&why).await,
        },
    };
    let called = to.as_ref().map(|(_, called)| called.as_str());
    let answer = read.answer(how, called, desk.app.clock.now());
    let confirm = Confirm {
        id: read.case.id,
        crumb: read.title(),
        question: answer.question,
        happens: answer.happens,
        stays: answer.stays,
        how: how.name(),
        order_id: to.map(|(id, _)| id),
        note: picked.note,
        grave: answer.grave,
        button: answer.button,
    };
    let template = "case-confirm.html";
    desk.page(&person, Here::Cases, template, &confirm).await
}

/// The order that was picked, and what it is called; `Err` says why it cannot be that.
async fn target(
    desk: &Desk,
    read: &Read,
    picked: &Picked,
) -> Result<Result<(Uuid, String), String>, Refusal> {
    let (id, reference) = (
        picked.order_id.parse().ok(),
        picked.reference.trim().to_owned(),
    );
    if id.is_none() && reference.is_empty() {
        return Ok(Err("Choose the order that the money is for.".to_owned()));
    }
    let found = desk
        .read(move |connection| match (reference.as_str(), id) {
            ("", Some(id)) => order::find(connection, id),
            (reference, _) => order::find_by_reference(connection, reference),
        })
        .await?;
    let Some(order) = found else {
        return Ok(Err("There is no order with this reference.".to_owned()));
    };
    let called = match &order.name {
        Some(name) => format!("{name} ({})", order.reference),
        None => order.reference.clone(),
    };
    let asks_for = order.owed().map(|owed| (owed.minor, owed.currency.code()));
    let fits = asks_for == Some((read.case.amount, read.case.currency.as_str()));
    if Some(order.id) == read.case.order_id {
        return Ok(Err("The payment is counted for this very order.".to_owned()));
    }
    if !fits || !matches!(order.state, order::state::State::Open) {
        return Ok(Err(format!(
            "{called} does not ask for just {}: it is {}.",
            read.amount(),
            match order.owed() {
                Some(owed) if !fits => order::money::as_told(owed.minor, owed.currency.code()),
                _ => case_view::in_words(order.state).to_owned(),
            }
        )));
    }
    Ok(Ok((order.id, called)))
}

/// `POST /ops/cases/{id}/resolve`: Stripe may be asked, so that it is no one transaction; asked for again, it is
/// the same refund, and what was decided already is done.
pub async fn act(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Picked>,
) -> Result<HttpResponse, Refusal> {
    let read = read(&person, &desk, &id).await?;
    let picked = sent.fields;
    let unreadable =
        || Refusal::not_now(&person, "This form cannot be read: look at the case again.");
    let how = picked.how.ok_or_else(unreadable)?;
    let order = picked
        .order_id
        .parse()
        .ok()
        .filter(|_| how.takes_an_order());
    let wish = Wish::new(how, order).ok_or_else(unreadable)?;
    let note = Note::parse(&picked.note).map_err(|_| unreadable())?;
    let mut doing = doing(&person, &desk.app);
    doing.note = Some(String::from(note)).filter(|note| !note.trim().is_empty());
    let called = called(&desk, order).await?;
    let (answer, case) = (read.answer(how, called.as_deref(), doing.at), read.case.id);
    let app = desk.app.clone();
    let act = || async move {
        let resolved = resolution::resolve(&app, case, wish, &doing).await?;
        Ok(outcome(resolved, case, answer))
    };
    match desk.long_press(&person, &sent.once, act).await? {
        Ok(pressed) => Ok(shown(&pressed)),
        Err(Resolved::NotNow(why)) => Err(Refusal::not_now(&person, &in_a_sentence(&why))),
        Err(Resolved::CheckoutOpen) => {
            let why = "Stripe did not confirm that their open payment page is closed. Try again in a minute.";
            Err(Refusal::not_now(&person, why))
        }
        // The page of the case says that Stripe is to be asked again.
        Err(Resolved::RefundOpen) => Ok(see(&format!("/ops/cases/{case}"))),
        Err(Resolved::NoCase | Resolved::NoOrder | Resolved::Done | Resolved::RefundUnderWay) => {
            Err(Refusal::no_page(&person))
        }
    }
}

/// What was done, or why it was not.
fn outcome(resolved: Resolved, case: Uuid, answer: Answer) -> Result<Outcome, Resolved> {
    let text = match resolved {
        Resolved::Done => format!("{} No mail was sent.", said_of(&answer.happens)),
        Resolved::RefundUnderWay => {
            "Stripe has it under way. The case closes when it says that it is done; until then nothing else can be decided.".to_owned()
        }
        refused => return Err(refused),
    };
    Ok(Outcome {
        to: format!("/ops/cases/{case}"),
        title: answer.done,
        text,
    })
}

/// The first of what happens: the rest is about the case itself.
fn said_of(happens: &[String]) -> &str {
    happens.first().map_or("", String::as_str)
}

async fn called(desk: &Desk, order: Option<Uuid>) -> Result<Option<String>, Refusal> {
    let Some(id) = order else {
        return Ok(None);
    };
    let found = desk.read(move |connection| order::find(connection, id));
    let found = found.await?;
    Ok(found.map(|order| order.name.unwrap_or(order.reference)))
}

async fn read(person: &Person, desk: &Desk, id: &str) -> Result<Read, Refusal> {
    let id = Desk::id(person, id)?;
    let read = desk.read(move |connection| case_view::read(connection, id));
    read.await?.ok_or_else(|| Refusal::no_page(person))
}
