//! `/ops/orders/{id}/refund`: an order's money goes back, all of it or a part.

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::page::whose;
use crate::{
    activity::{Doing, Note},
    db::DbError,
    order::{self, Order, amount::parse_decimal, currency::Currency, money::Money, money::as_told},
    people::{Person, once::Outcome},
    refund::{self, Refunded},
    settlement::order_refunds::{RefundKey, RefundWish, Refundable, refundable},
    web::ops::{
        desk::{BADGE, Desk, shown},
        form::Sent,
        guard::{Admin, doing},
        line::sentence,
        menu::Here,
        refusal::Refusal,
    },
};

/// What was typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    amount: String,
    #[serde(default)]
    note: String,
}

#[derive(Default, Serialize)]
struct Errors {
    amount: Option<String>,
    note: Option<String>,
}

impl Errors {
    fn is_none(&self) -> bool {
        self.amount.is_none() && self.note.is_none()
    }
}

#[derive(Serialize)]
struct Page<'a> {
    whose: &'a str,
    reference: &'a str,
    back: String,
    left: String,
    currency: String,
    amount: &'a str,
    note: &'a str,
    errors: Errors,
}

/// `GET /ops/orders/{id}/refund`
pub async fn ask(
    Admin(person): Admin,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let (order, left) = find(&person, &desk, &id).await?;
    let left = left.map_err(|why| desk.not_now(&person, &why))?;
    let typed = Typed {
        amount: left.decimal(),
        ..Typed::default()
    };
    page(&person, &desk, &order, left, &typed, Errors::default()).await
}

/// `POST /ops/orders/{id}/refund`: the form's token is the refund's key, so that pressed twice, or carried out
/// again after a crash, it is the same refund.
pub async fn make(
    Admin(person): Admin,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Typed>,
) -> Result<HttpResponse, Refusal> {
    let (order, left) = find(&person, &desk, &id).await?;
    let (once, typed) = (sent.once, sent.fields);
    let key = RefundKey::try_from(format!("ops-{once}"));
    let key = key.map_err(|_| desk.no_page(&person))?;
    // Nothing may be left of it since the first press: that one is answered with what it did.
    let currency = left.as_ref().map_or(order.currency, |left| left.currency);
    let (amount, note) = match checked(&typed, currency) {
        Ok(checked) => checked,
        Err(errors) => {
            let left = left.map_err(|why| desk.not_now(&person, &why))?;
            return page(&person, &desk, &order, left, &typed, errors).await;
        }
    };
    let doing = Doing {
        note,
        ..doing(&person, &desk.app)
    };
    let wish = RefundWish {
        amount: Some(amount),
        key,
    };
    let told = as_told(amount, currency.code());
    let (app, id) = (desk.app.clone(), order.id);
    let act = move || async move {
        let refunded = refund::refund(&app, id, wish, &doing).await?;
        Ok::<_, DbError>(outcome(id, &told, refunded))
    };
    match desk.long_press(&person, &once, act).await? {
        Ok(pressed) => Ok(shown(&pressed)),
        Err(Some(why)) => Err(desk.not_now(&person, &why)),
        Err(None) => Err(desk.no_page(&person)),
    }
}

/// What came of it; `Err` is why it was not done, none where there is no such order.
fn outcome(order: Uuid, amount: &str, refunded: Refunded) -> Result<Outcome, Option<String>> {
    let (title, text) = match refunded {
        Refunded::Made => (
            format!("{amount} went back"),
            "Stripe has sent it the way it came; it is on their statement within some days. No mail was sent.",
        ),
        Refunded::UnderWay => (
            format!("{amount} is on its way back"),
            "Stripe has it under way, and this page says when it has arrived or failed. No mail was sent.",
        ),
        Refunded::Open => (
            format!("Stripe was asked to give {amount} back, and has not answered"),
            "It cannot happen twice. We ask again by ourselves within a quarter of an hour; look here then.",
        ),
        Refunded::NotMade(why) | Refunded::NotNow(why) => {
            let why = why.trim_end_matches('.');
            return Err(Some(format!("{}.", sentence(why))));
        }
        Refunded::NoOrder => return Err(None),
    };
    Ok(Outcome {
        to: format!("/ops/orders/{order}"),
        title,
        text: text.to_owned(),
    })
}

fn checked(typed: &Typed, currency: Currency) -> Result<(i64, Option<String>), Errors> {
    let amount = parse_decimal(typed.amount.trim(), currency);
    let note = Note::parse(typed.note.trim());
    match (amount, note) {
        (Ok(amount), Ok(note)) => {
            let note = String::from(note);
            Ok((amount, (!note.is_empty()).then_some(note)))
        }
        (amount, note) => Err(Errors {
            amount: amount
                .err()
                .map(|why| format!("{}.", sentence(&why.to_string()))),
            note: note
                .err()
                .map(|why| format!("{}.", sentence(&why.to_string()))),
        }),
    }
}

async fn find(
    person: &Person,
    desk: &Desk,
    id: &str,
) -> Result<(Order, Result<Money, String>), Refusal> {
    let id: Uuid = id.parse().map_err(|_| desk.no_page(person))?;
    let read = desk.read(move |connection| {
        let Some(order) = order::find(connection, id)? else {
            return Ok(None);
        };
        let left = refundable(connection, &order)?;
        Ok(Some((order, left)))
    });
    let (order, left) = read.await?.ok_or_else(|| desk.no_page(person))?;
    let left = match left {
        Refundable::Left(minor, currency) => match Currency::parse(&currency) {
            Ok(currency) => Ok(Money::new(minor, currency)),
            Err(error) => Err(format!("{}.", sentence(&error.to_string()))),
        },
        Refundable::Nothing(why) => Err(format!("{}.", sentence(&why))),
    };
    Ok((order, left))
}

async fn page(
    person: &Person,
    desk: &Desk,
    order: &Order,
    left: Money,
    typed: &Typed,
    errors: Errors,
) -> Result<HttpResponse, Refusal> {
    let status = match errors.is_none() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = Page {
        whose: &whose(order),
        reference: &order.reference,
        back: format!("/ops/orders/{}", order.id),
        left: as_told(left.minor, left.currency.code()),
        currency: left.currency.upper(),
        amount: &typed.amount,
        note: &typed.note,
        errors,
    };
    let template = ("order-refund.html", BADGE.to_owned());
    desk.page_following(person, Here::Orders, template, &page, status)
        .await
}
