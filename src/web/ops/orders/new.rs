//! `/ops/orders/new`: an order by a form.

use actix_web::{HttpResponse, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    listing,
    order::{
        self, Created,
        amount::{AmountError, parse_decimal},
        currency::Currency,
        draft::{Draft, NewOrder},
        problem::Problems,
        text::TextError,
    },
    people::{Person, once::Outcome},
    web::ops::{
        desk::{BADGE, Desk, shown},
        form::Sent,
        guard::{Operator, doing},
        line::sentence,
        menu::Here,
        refusal::Refusal,
    },
};

/// What was typed.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    email: String,
    reference: String,
    description: String,
    amount: String,
    currency: String,
}

/// What is wrong with a field of the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Wrong {
    field: &'static str,
    label: &'static str,
    why: String,
}

#[derive(Serialize)]
struct Page {
    typed: Typed,
    wrong: Vec<Wrong>,
    title: String,
}

/// `GET /ops/orders/new`
pub async fn show(Operator(person): Operator, desk: Desk) -> Result<HttpResponse, Refusal> {
    let currency = desk.read(listing::usual_currency).await?;
    let typed = Typed {
        currency: currency.unwrap_or_else(|| "EUR".to_owned()).to_uppercase(),
        ..Typed::default()
    };
    page(&person, &desk, typed, Vec::new()).await
}

async fn page(
    person: &Person,
    desk: &Desk,
    typed: Typed,
    wrong: Vec<Wrong>,
) -> Result<HttpResponse, Refusal> {
    let (status, title) = match wrong.len() {
        0 => (StatusCode::OK, String::new()),
        1 => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "1 thing to mend".to_owned(),
        ),
        count => (
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("{count} things to mend"),
        ),
    };
    let page = Page {
        typed,
        wrong,
        title,
    };
    let template = ("order-new.html", BADGE.to_owned());
    desk.page_following(person, Here::Orders, template, &page, status)
        .await
}

/// `POST /ops/orders/new`
pub async fn create(
    Operator(person): Operator,
    desk: Desk,
    sent: Sent<Typed>,
) -> Result<HttpResponse, Refusal> {
    let order = match checked(&sent.fields) {
        Ok(order) => order,
        Err(wrong) => return page(&person, &desk, sent.fields, wrong).await,
    };
    let doing = doing(&person, &desk.app);
    let act = move |connection: &mut _| {
        Ok(match order::create(connection, &order, &doing)? {
            Created::New(order) => Ok(Outcome {
                to: format!("/ops/orders/{}", order.id),
                title: "The order was made".to_owned(),
                text: "No mail was sent. Its link is on this page: copy it, or send it.".to_owned(),
            }),
            Created::Stands(it) if it.as_given || it.as_today => Ok(Outcome {
                to: format!("/ops/orders/{}", it.order.id),
                title: "This order was there already".to_owned(),
                text: "It stands just as you typed it. Nothing was changed, and no mail was sent."
                    .to_owned(),
            }),
            Created::Stands(_) => Err(Wrong {
                field: "reference",
                label: "Reference",
                why: "Another order has this reference. Choose another one, or change that order."
                    .to_owned(),
            }),
        })
    };
    match desk.once(&person, sent.once, act).await? {
        Ok(pressed) => Ok(shown(&pressed)),
        Err(wrong) => page(&person, &desk, sent.fields, vec![wrong]).await,
    }
}

/// The order as the API would take it, so that both refuse the same.
fn checked(typed: &Typed) -> Result<NewOrder, Vec<Wrong>> {
    let filled = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    let currency = typed.currency.trim().to_lowercase();
    let amount = match Currency::parse(&currency) {
        Ok(currency) => parse_decimal(&typed.amount, currency),
        // Then the currency is what is wrong, and how it writes amounts is not known.
        Err(_) => Ok(1),
    };
    let draft = json!({
        "reference": typed.reference,
        "name": filled(&typed.name),
        "email": filled(&typed.email),
        "currency": currency,
        "lines": [{
            "description": typed.description,
            // What stands here where the amount is wrong is not used.
            "unit_amount": amount.as_ref().map_or(100_000, |minor| *minor),
        }],
    });
    let checked = serde_json::from_value::<Draft>(draft)
        .map_err(|error| {
            let mut problems = Problems::default();
            problems.add("reference", error);
            problems
        })
        .and_then(NewOrder::try_from);
    match (checked, amount) {
        (Ok(order), Ok(_)) => Ok(order),
        (checked, amount) => Err(wrong(checked.err(), amount.err())),
    }
}

/// In the order of the form.
fn wrong(problems: Option<Problems>, amount: Option<AmountError>) -> Vec<Wrong> {
    let problems = problems.unwrap_or_default();
    let said = |names: &[&str]| {
        let problem = problems
            .iter()
            .find(|problem| names.contains(&problem.field.as_str()));
        problem.map(|problem| problem.reason.clone())
    };
    let line = "lines[0]";
    let amount = amount.map(|error| error.to_string());
    let fields = [
        ("name", "Who owes", said(&["name"])),
        ("email", "E-mail", said(&["email"])),
        ("reference", "Reference", said(&["reference"])),
        (
            "description",
            "What it is for",
            said(&["lines[0].description"]),
        ),
        (
            "amount",
            "Amount",
            amount.or_else(|| said(&["lines[0].unit_amount", line, "lines"])),
        ),
        ("currency", "Currency", said(&["currency"])),
    ];
    let wrong = fields.into_iter().filter_map(|(field, label, why)| {
        let why = match why? {
            why if why == TextError::Empty.to_string() => {
                format!("“{label}” is empty: fill it in.")
            }
            why => format!("{}.", sentence(&why)),
        };
        Some(Wrong { field, label, why })
    });
    wrong.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Typed {
        Typed {
            name: "Horvat family".to_owned(),
            email: String::new(),
            reference: "CUP-139".to_owned(),
            description: "Winter Cup".to_owned(),
            amount: "45,00".to_owned(),
            currency: "EUR".to_owned(),
        }
    }

    #[test]
    fn a_form_is_an_order_as_the_api_takes_it() {
        let order = checked(&typed()).expect("an order");
        assert_eq!(order.lines[0].total(), Some(4500));
        assert!(order.email.is_none() && order.currency.code() == "eur");
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_in_the_order_of_the_form() {
        let wrong = checked(&Typed {
            email: "nobody".to_owned(),
            reference: " ".to_owned(),
            amount: "1.045,00".to_owned(),
            ..typed()
        });
        let fields: Vec<&str> = wrong
            .expect_err("wrong")
            .iter()
            .map(|it| it.field)
            .collect();
        assert_eq!(fields, ["email", "reference", "amount"]);
        let wrong = checked(&Typed {
            currency: "x".to_owned(),
            ..typed()
        });
        let fields: Vec<&str> = wrong
            .expect_err("wrong")
            .iter()
            .map(|it| it.field)
            .collect();
        assert_eq!(fields, ["currency"]);
    }
}
