//! What is done: each action is asked for on a page of its own, and carried out once.

use actix_web::{HttpResponse, web::Path};
use diesel::PgConnection;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    act::Deed,
    confirm::{self, Typed},
    done::settled,
    page,
};
use crate::{
    activity::{Doing, Note},
    checkout::{
        ask::{self, Asked},
        close::{Changed, closed_first},
    },
    order::{Act, Acted, NoteToPayers, state::How},
    outbox::{
        State,
        link::{self, Sent as Mailed},
    },
    people::{
        Person,
        once::{self, Outcome, Pressed},
    },
    web::ops::{
        desk::{Desk, shown},
        form::{Nothing, Sent},
        guard::{Operator, doing},
        line::in_a_sentence,
        refusal::Refusal,
    },
};

macro_rules! asks {
    ($($(#[$doc:meta])* $name:ident: $deed:expr;)*) => {$(
        $(#[$doc])*
        pub async fn $name(
            Operator(person): Operator,
            desk: Desk,
            id: Path<String>,
        ) -> Result<HttpResponse, Refusal> {
            asked(&person, &desk, &id, $deed).await
        }
    )*};
}

asks! {
    /// `GET /ops/orders/{id}/send`
    ask_send: Deed::Send;
    /// `GET /ops/orders/{id}/settle`
    ask_settle: Deed::Settle;
    /// `GET /ops/orders/{id}/withdraw-link`
    ask_withdraw: Deed::WithdrawLink;
    /// `GET /ops/orders/{id}/cancel`
    ask_cancel: Deed::Cancel;
    /// `GET /ops/orders/{id}/ask-stripe`
    ask_stripe: Deed::AskStripe;
}

pub async fn asked(
    person: &Person,
    desk: &Desk,
    id: &str,
    deed: Deed,
) -> Result<HttpResponse, Refusal> {
    let facts = page::facts(person, desk, id).await?;
    match deed.refused(&facts) {
        Some(why) => Err(Refusal::not_now(person, &in_a_sentence(&why))),
        None => confirm::show(person, desk, &facts, deed, Typed::default()).await,
    }
}

/// `POST /ops/orders/{id}/send`
pub async fn send(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Nothing>,
) -> Result<HttpResponse, Refusal> {
    let order = Desk::id(&person, &id)?;
    let (app, doing) = (desk.app.clone(), doing(&person, &desk.app));
    let act = move |connection: &mut PgConnection| {
        Ok(match link::send(connection, &app, order, &doing)? {
            Mailed::Queued(mail) if mail.state == State::Suppressed => Ok(outcome(
                order,
                "Nothing was sent".to_owned(),
                "The address is on the list of those who are not mailed. Hand the link over yourself.",
            )),
            Mailed::Queued(_) => Ok(outcome(
                order,
                "The mail with the link is on its way".to_owned(),
                "It goes out within moments, once. Nothing else was changed.",
            )),
            Mailed::OnItsWay(_) => Ok(outcome(
                order,
                "A mail with the link is on its way already".to_owned(),
                "No second one was made.",
            )),
            Mailed::NotNow(why) => Err(Refused::NotNow(why)),
            Mailed::NoOrder => Err(Refused::NoOrder),
        })
    };
    let pressed = desk.once(&person, sent.once, act).await?;
    desk.app.wake_mail.notify_one();
    answered(&person, pressed)
}

/// A note, and how it was settled.
#[derive(Deserialize)]
pub struct Fields {
    #[serde(default)]
    how: String,
    #[serde(default)]
    note: String,
}

/// `POST /ops/orders/{id}/settle`
pub async fn settle(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Fields>,
) -> Result<HttpResponse, Refusal> {
    let how = How::from_name(&sent.fields.how);
    let note = Note::parse(sent.fields.note.trim());
    let (Some(how), Ok(_)) = (how, &note) else {
        let typed = Typed {
            how,
            how_missing: how.is_none(),
            note: sent.fields.note,
            note_error: note.err().map(|error| error.to_string()),
            ..Typed::default()
        };
        let facts = page::facts(&person, &desk, &id).await?;
        return confirm::show(&person, &desk, &facts, Deed::Settle, typed).await;
    };
    let title = format!("Settled without Stripe: {}", settled(how));
    let text = "Their link says that there is nothing to pay. No mail was sent.";
    carry_out(&person, &desk, &id, sent, Act::Settle(how), (title, text)).await
}

/// `POST /ops/orders/{id}/withdraw-link`
pub async fn withdraw(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Fields>,
) -> Result<HttpResponse, Refusal> {
    if let Some(wrong) = wrong_note(&person, &desk, &id, &sent, Deed::WithdrawLink).await? {
        return Ok(wrong);
    }
    let title = "The link was replaced".to_owned();
    let text =
        "The old one says so, and nobody can pay through it. No mail was sent: send the new link.";
    carry_out(&person, &desk, &id, sent, Act::WithdrawLink, (title, text)).await
}

/// `POST /ops/orders/{id}/cancel`
pub async fn cancel(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Fields>,
) -> Result<HttpResponse, Refusal> {
    if let Some(wrong) = wrong_note(&person, &desk, &id, &sent, Deed::Cancel).await? {
        return Ok(wrong);
    }
    let title = "The order was cancelled".to_owned();
    let text = "They owe nothing any more. No mail was sent.";
    carry_out(&person, &desk, &id, sent, Act::Cancel, (title, text)).await
}

/// The page again, if the note cannot be taken.
async fn wrong_note(
    person: &Person,
    desk: &Desk,
    id: &str,
    sent: &Sent<Fields>,
    deed: Deed,
) -> Result<Option<HttpResponse>, Refusal> {
    let note = sent.fields.note.trim();
    let checked = match deed {
        // Whoever opens the old link reads it.
        Deed::WithdrawLink if note.is_empty() => Ok(()),
        Deed::WithdrawLink => NoteToPayers::parse(note)
            .map(drop)
            .map_err(|error| error.to_string()),
        _ => Note::parse(note)
            .map(drop)
            .map_err(|error| error.to_string()),
    };
    let Err(error) = checked else {
        return Ok(None);
    };
    let typed = Typed {
        note: sent.fields.note.clone(),
        note_error: Some(error),
        ..Typed::default()
    };
    let facts = page::facts(person, desk, id).await?;
    confirm::show(person, desk, &facts, deed, typed)
        .await
        .map(Some)
}

async fn carry_out(
    person: &Person,
    desk: &Desk,
    id: &str,
    sent: Sent<Fields>,
    act: Act,
    said: (String, &'static str),
) -> Result<HttpResponse, Refusal> {
    let note = sent.fields.note.trim().to_owned();
    let doing = Doing {
        note: (!note.is_empty()).then_some(note),
        ..doing(person, &desk.app)
    };
    once_closed(person, desk, id, sent.once, act, None, doing, said).await
}

/// Carries something out, once, with the order locked and its payment page closed. The form's token is taken in
/// that very transaction: a second press waits for the order's lock, and finds what the first did.
#[expect(clippy::too_many_arguments, reason = "one call with all of it")]
pub async fn once_closed(
    person: &Person,
    desk: &Desk,
    id: &str,
    token: String,
    act: Act,
    version: Option<i32>,
    doing: Doing,
    (title, text): (String, &'static str),
) -> Result<HttpResponse, Refusal> {
    let order = Desk::id(person, id)?;
    let (user, now) = (person.id, doing.at);
    let done = closed_first(&desk.app, order, move |connection, order| {
        once::once(connection, (user, &token), now, |connection| {
            if version.is_some_and(|version| version != order.version) {
                return Ok(Err(Refused::Changed));
            }
            Ok(match act.carry_out(connection, order, &doing)? {
                Ok(Acted::Done) => Ok(outcome(order.id, title.clone(), text)),
                Ok(Acted::WasSo) => Ok(outcome(
                    order.id,
                    "It was so already".to_owned(),
                    "Nothing was changed. No mail was sent.",
                )),
                Err(why) => Err(Refused::NotNow(why)),
            })
        })
    });
    let done = done.await;
    match done.map_err(|error| Refusal::database(&desk.site, &error))? {
        Changed::Done(pressed) => answered(person, pressed),
        Changed::NoOrder => Err(Refusal::no_page(person)),
        Changed::NoAnswer => Err(Refusal::stripe_is_away(person)),
    }
}

/// `POST /ops/orders/{id}/ask-stripe`
pub async fn do_ask_stripe(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Nothing>,
) -> Result<HttpResponse, Refusal> {
    let facts = page::facts(&person, &desk, &id).await?;
    let order = facts.order.id;
    let asked = ask::ask(&desk.app, order, &doing(&person, &desk.app)).await;
    let asked = asked.map_err(|error| Refusal::database(&desk.site, &error))?;
    let Asked::Answered(pages) = asked else {
        return Err(Refusal::stripe_is_away(&person));
    };
    let title = match pages {
        0 => "There was nothing to ask Stripe about".to_owned(),
        1 => "Stripe was asked about 1 payment page".to_owned(),
        more => format!("Stripe was asked about {more} payment pages"),
    };
    // Asking twice does no harm: it is the answer that is said once.
    let act = move |_: &mut PgConnection| {
        Ok(Ok(outcome(
            order,
            title.clone(),
            "What it said is on this page. No mail was sent.",
        )))
    };
    let pressed = desk.once(&person, sent.once, act).await?;
    answered(&person, pressed)
}

/// Why nothing was done.
pub enum Refused {
    /// It cannot be done to the order as it stands.
    NotNow(String),
    /// Somebody has changed it since the page was made.
    Changed,
    NoOrder,
    /// Stripe did not say; the same form may be sent again.
    NoAnswer,
}

pub fn answered(
    person: &Person,
    pressed: Result<Pressed, Refused>,
) -> Result<HttpResponse, Refusal> {
    match pressed {
        Ok(pressed) => Ok(shown(&pressed)),
        Err(Refused::NotNow(why)) => Err(Refusal::not_now(person, &in_a_sentence(&why))),
        Err(Refused::Changed) => Err(Refusal::not_now(
            person,
            "Somebody has changed the order since you opened the page. Look at it again.",
        )),
        Err(Refused::NoOrder) => Err(Refusal::no_page(person)),
        Err(Refused::NoAnswer) => Err(Refusal::stripe_is_away(person)),
    }
}

pub fn outcome(order: Uuid, title: String, text: &str) -> Outcome {
    Outcome {
        to: format!("/ops/orders/{order}"),
        title,
        text: text.to_owned(),
    }
}
