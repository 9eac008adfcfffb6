//! `/ops/orders/{id}/refund`: money is given back through Stripe, once for each form.

use actix_web::{HttpResponse, web::Path};
use serde::Deserialize;

use super::{
    act::Deed,
    confirm::{self, Typed},
    deed::{Refused, answered, asked, outcome},
    page,
};
use crate::{
    activity::{Doing, Note},
    db::DbError,
    order::{amount::parse_decimal, currency::Currency, money::as_told},
    refund::{self, Refunded},
    settlement::order_refunds::{RefundKey, RefundWish},
    timeline::PageFacts,
    web::ops::{
        desk::Desk,
        form::Sent,
        guard::{Admin, doing},
        line::sentence,
        refusal::{Refusal, see},
    },
};

/// `GET /ops/orders/{id}/refund`
pub async fn ask(
    Admin(person): Admin,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    asked(&person, &desk, &id, Deed::Refund).await
}

/// How much, and why.
#[derive(Deserialize)]
pub struct Fields {
    /// The key of the refund that is asked for again; empty: it is a new one, under the form's token.
    #[serde(default)]
    again: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    note: String,
}

/// `POST /ops/orders/{id}/refund`
pub async fn make(
    Admin(person): Admin,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Fields>,
) -> Result<HttpResponse, Refusal> {
    let facts = page::facts(&person, &desk, &id).await?;
    let note = Note::parse(sent.fields.note.trim());
    let wish = wish(&facts, &sent);
    let (wish, note) = match (wish, note) {
        (Ok(wish), Ok(note)) => (wish, String::from(note)),
        (wish, note) => {
            let typed = Typed {
                amount: Some(sent.fields.amount.clone()),
                amount_error: wish.err().map(|why| format!("{}.", sentence(&why))),
                note: sent.fields.note.clone(),
                note_error: note.err().map(|error| error.to_string()),
                ..Typed::default()
            };
            return confirm::show(&person, &desk, &facts, Deed::Refund, typed).await;
        }
    };
    let doing = Doing {
        note: (!note.is_empty()).then_some(note),
        ..doing(&person, &desk.app)
    };
    let (app, order) = (desk.app.clone(), facts.order.id);
    let amount = as_said(&facts, &wish);
    let act = || async move {
        let refunded = refund::refund(&app, order, wish, &doing).await?;
        Ok::<_, DbError>(came(refunded, &amount).map(|(title, text)| outcome(order, title, text)))
    };
    match desk.long_press(&person, &sent.once, act).await? {
        // It is written down, and the order's page says that there is no answer, and offers to ask again.
        Err(Refused::NoAnswer) => Ok(see(&format!("/ops/orders/{order}"))),
        came => answered(&person, came),
    }
}

/// What is asked for: what was typed, under the form's token; or again what was asked for before, under its key,
/// whatever has become of it since the page was made. It never becomes another refund.
fn wish(facts: &PageFacts, sent: &Sent<Fields>) -> Result<RefundWish, String> {
    let text = sent.fields.amount.trim();
    let again = sent.fields.again.as_str();
    if !again.is_empty() && text.is_empty() {
        return Err("write how much was asked for".to_owned());
    }
    let amount = match (text, &facts.refundable) {
        ("", _) => None,
        (text, Ok(may)) => {
            let currency = Currency::parse(&may.currency).map_err(|error| error.to_string())?;
            let amount = parse_decimal(text, currency).map_err(|error| error.to_string())?;
            if again.is_empty() && amount > may.left {
                let left = as_told(may.left, &may.currency);
                return Err(format!("only {left} is left to be given back"));
            }
            Some(amount)
        }
        // It has been asked for with this form, and the answer is found by its token.
        (text, Err(_)) => {
            let paid = facts
                .order
                .paid
                .map_or(facts.order.currency, |paid| paid.currency);
            Some(parse_decimal(text, paid).map_err(|error| error.to_string())?)
        }
    };
    Ok(RefundWish {
        amount,
        key: key(if again.is_empty() { &sent.once } else { again })?,
    })
}

fn key(text: &str) -> Result<RefundKey, String> {
    RefundKey::try_from(text.to_owned()).map_err(|error| error.to_string())
}

/// The amount of a wish, as far as it is known before.
fn as_said(facts: &PageFacts, wish: &RefundWish) -> String {
    let may = facts.refundable.as_ref().ok();
    let amount = wish.amount.or(may.map(|may| may.left));
    let currency = may.map(|may| may.currency.as_str());
    let paid = facts
        .order
        .paid
        .map_or(facts.order.currency, |paid| paid.currency);
    amount.map_or_else(
        || "The money".to_owned(),
        |amount| as_told(amount, currency.unwrap_or(&paid.to_string())),
    )
}

/// What is said of it, or why nothing was done.
fn came(refunded: Refunded, amount: &str) -> Result<(String, &'static str), Refused> {
    match refunded {
        Refunded::Made => Ok((
            format!("{amount} went back"),
            "Stripe sends it to the card or account that paid; it arrives in 5 to 10 days. No mail was sent.",
        )),
        Refunded::UnderWay => Ok((
            "Stripe has the refund under way".to_owned(),
            "This page says what becomes of it. No mail was sent.",
        )),
        Refunded::NotMade(why) | Refunded::NotNow(why) => Err(Refused::NotNow(why)),
        Refunded::NoOrder => Err(Refused::NoOrder),
        Refunded::Open => Err(Refused::NoAnswer),
    }
}
