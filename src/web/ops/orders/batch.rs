//! `/ops/orders/many/{id}`: what came of an action for many orders.

use actix_web::{HttpResponse, web::Path};
use serde::Serialize;
use uuid::Uuid;

use super::{many::title, sum};
use crate::{
    batch::{self, Act, Batch, Outcome as Came, Part},
    people::{Person, once::Outcome},
    token::Role,
    web::ops::{
        desk::{Desk, shown},
        form::{Nothing, Sent},
        guard::{Operator, Viewer},
        menu::Here,
        refusal::Refusal,
        when::When,
    },
};

#[derive(Serialize)]
struct Page {
    id: Uuid,
    title: String,
    by: String,
    at: When,
    lead: String,
    note: Option<String>,
    rest: Vec<Shown>,
    refused: Vec<Shown>,
    done: Vec<Shown>,
    done_word: &'static str,
    button: String,
    works: bool,
}

#[derive(Serialize)]
struct Shown {
    id: Uuid,
    who: String,
    reference: String,
    why: Option<String>,
}

/// `GET /ops/orders/many/{id}`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let batch = found(&person, &desk, &id).await?;
    let read = batch.clone();
    let parts = desk.read(move |connection| read.parts(connection)).await?;
    let those = |outcome: Option<Came>| -> Vec<Shown> {
        let those = parts.iter().filter(|part| part.outcome == outcome);
        those.map(Shown::of).collect()
    };
    let (rest, refused) = (those(None), those(Some(Came::Refused)));
    let done = those(Some(Came::Done));
    let (done_word, verb) = match batch.act {
        Act::Cash => ("Settled without Stripe", "Take cash for"),
        Act::Send => ("Their link waits its turn, or is out", "Send the link for"),
    };
    let page = Page {
        id: batch.id,
        title: title(batch.act, parts.len()),
        by: batch.actor.trim_start_matches("ops:").to_owned(),
        at: When::of(batch.at, desk.site.zone),
        lead: lead(done.len(), refused.len(), rest.len()),
        note: batch.note,
        button: format!("{verb} the other {}", sum::orders(rest.len())),
        rest,
        refused,
        done,
        done_word,
        works: person.role >= Role::Operator,
    };
    desk.page(&person, Here::Orders, "orders-batch.html", &page)
        .await
}

/// `12 done, 1 could not be, 2 not yet.`
fn lead(done: usize, refused: usize, rest: usize) -> String {
    let parts = [
        Some(format!("{done} done")),
        (refused > 0).then(|| format!("{refused} could not be done any more")),
        (rest > 0).then(|| format!("{rest} not yet")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{}.", parts.join(", "))
}

/// `POST /ops/orders/many/{id}`: goes on with what is left.
pub async fn go_on(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Nothing>,
) -> Result<HttpResponse, Refusal> {
    let batch = found(&person, &desk, &id).await?;
    let outcome = Outcome {
        to: format!("/ops/orders/many/{}", batch.id),
        title: "It went on".to_owned(),
        text: "What was done before was not done again.".to_owned(),
    };
    let pressed = desk
        .once(&person, sent.once, move |_| {
            Ok(Ok::<_, ()>(outcome.clone()))
        })
        .await?;
    let worked = batch::work_off(&desk.app, batch.id).await;
    worked.map_err(|error| Refusal::database(&desk.site, &error))?;
    pressed.map_or_else(|()| Err(Refusal::broken()), |pressed| Ok(shown(&pressed)))
}

async fn found(person: &Person, desk: &Desk, id: &str) -> Result<Batch, Refusal> {
    let id = Desk::id(person, id)?;
    let batch = desk.read(move |connection| batch::find(connection, id));
    batch.await?.ok_or_else(|| Refusal::no_page(person))
}

impl Shown {
    fn of(part: &Part) -> Self {
        Self {
            id: part.order_id,
            who: part.name.as_ref().unwrap_or(&part.reference).clone(),
            reference: part.reference.clone(),
            why: part.why.clone(),
        }
    }
}
