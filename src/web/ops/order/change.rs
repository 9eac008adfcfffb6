//! `/ops/orders/{id}/change`: another amount, name or address, in one form.

use std::collections::HashMap;

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    act::Deed,
    deed::once_closed,
    page::{facts, whose},
};
use crate::{
    order::{
        Act, Kind, Order,
        amount::parse_decimal,
        change::{Change, ChangeDraft},
        line::Line,
        money::Money,
    },
    people::Person,
    web::ops::{
        desk::{BADGE, Desk},
        form::Sent,
        guard::{Operator, doing},
        line::{in_a_sentence, sentence},
        menu::Here,
        refusal::Refusal,
    },
};

/// Empty lines below those that there are.
const MORE: usize = 2;

#[derive(Serialize)]
struct Page {
    whose: String,
    back: String,
    version: i32,
    currency: String,
    name: String,
    email: String,
    errors: HashMap<String, String>,
    /// None, where the lines are Stripe's or a cart's.
    lines: Option<Vec<Row>>,
}

/// A line as it stands in the form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
struct Row {
    description: String,
    quantity: String,
    amount: String,
}

impl Row {
    fn is_empty(&self) -> bool {
        self.description.is_empty() && self.amount.is_empty()
    }
}

/// `GET /ops/orders/{id}/change`
pub async fn ask(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let facts = facts(&person, &desk, &id).await?;
    if let Some(why) = Deed::Change.refused(&facts) {
        return Err(Refusal::not_now(&person, &in_a_sentence(&why)));
    }
    let order = facts.order;
    let mut page = page(&order);
    if let Some(lines) = &mut page.lines {
        lines.extend((0..MORE).map(|_| Row::default()));
    }
    shown(&person, &desk, &page, StatusCode::OK).await
}

/// `POST /ops/orders/{id}/change`
pub async fn change(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<HashMap<String, String>>,
) -> Result<HttpResponse, Refusal> {
    let order = facts(&person, &desk, &id).await?.order;
    let typed = typed(&order, &sent.fields);
    let change = match checked(&order, &typed) {
        Ok(change) => change,
        Err(errors) => {
            let page = Page { errors, ..typed };
            return shown(&person, &desk, &page, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let said = (
        "The change was saved".to_owned(),
        "Their link stays the same and shows it at once. No mail was sent.",
    );
    let (version, doing) = (typed.version, doing(&person, &desk.app));
    let act = Act::Change(change);
    once_closed(
        &person,
        &desk,
        &id,
        sent.once,
        act,
        Some(version),
        doing,
        said,
    )
    .await
}

async fn shown(
    person: &Person,
    desk: &Desk,
    page: &Page,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let template = ("order-change.html", BADGE.to_owned());
    desk.page_following(person, Here::Orders, template, page, status)
        .await
}

/// The form as the order stands.
fn page(order: &Order) -> Page {
    Page {
        whose: whose(order),
        back: format!("/ops/orders/{}", order.id),
        version: order.version,
        currency: order.currency.upper(),
        name: order.name.clone().unwrap_or_default(),
        email: order
            .email
            .as_ref()
            .map_or_else(String::new, |email| email.as_str().to_owned()),
        errors: HashMap::new(),
        lines: rows(order),
    }
}

/// The lines, where they are the shop's own words and amounts.
fn rows(order: &Order) -> Option<Vec<Row>> {
    if order.kind == Kind::Recovered {
        return None;
    }
    let row = |line: &Line| match line {
        Line::Inline {
            description,
            unit_amount,
            quantity,
            recurring: None,
            tax_behavior: None,
        } => Some(Row {
            description: description.to_string(),
            quantity: quantity.get().to_string(),
            amount: Money::new(*unit_amount, order.currency).decimal(),
        }),
        Line::Inline { .. } | Line::Catalogue { .. } => None,
    };
    order.lines.iter().map(row).collect()
}

/// What somebody typed; no more lines than the form had.
fn typed(order: &Order, fields: &HashMap<String, String>) -> Page {
    let field = |name: &str| fields.get(name).map_or("", |text| text.trim()).to_owned();
    let before = page(order);
    let lines = before.lines.map(|lines| {
        let rows = (1..=lines.len() + MORE).map(|number| Row {
            description: field(&format!("description-{number}")),
            quantity: field(&format!("quantity-{number}")),
            amount: field(&format!("amount-{number}")),
        });
        rows.collect()
    });
    Page {
        version: field("version").parse().unwrap_or(0),
        name: field("name"),
        email: field("email"),
        lines,
        ..before
    }
}

/// The change, or what is wrong with each field.
fn checked(order: &Order, typed: &Page) -> Result<Change, HashMap<String, String>> {
    let mut errors = HashMap::new();
    let mut draft = json!({ "name": or_null(&typed.name), "email": or_null(&typed.email) });
    // Which line of the form each line of the order is.
    let mut numbers = Vec::new();
    if let Some(rows) = &typed.lines {
        let mut lines = Vec::new();
        let filled = rows.iter().enumerate().filter(|(_, row)| !row.is_empty());
        for (at, row) in filled {
            let number = at + 1;
            match line(row, order) {
                Ok(line) => lines.push(line),
                Err((field, why)) => {
                    errors.insert(format!("{field}-{number}"), format!("{}.", sentence(&why)));
                    lines.push(Value::Null);
                }
            }
            numbers.push(number);
        }
        draft["lines"] = Value::Array(lines);
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let draft: ChangeDraft = serde_json::from_value(draft)
        .map_err(|error| HashMap::from([("lines".to_owned(), error.to_string())]))?;
    draft.check(order.currency, order.mode).map_err(|problems| {
        let told = problems.iter().map(|problem| {
            let field = field_of(&problem.field, &numbers);
            (field, format!("{}.", sentence(&problem.reason)))
        });
        told.collect()
    })
}

fn or_null(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn line(row: &Row, order: &Order) -> Result<Value, (&'static str, String)> {
    let amount = parse_decimal(&row.amount, order.currency)
        .map_err(|error| ("amount", error.to_string()))?;
    let quantity: i64 = match row.quantity.as_str() {
        "" => 1,
        text => text
            .parse()
            .map_err(|_| ("quantity", "write a whole number".to_owned()))?,
    };
    Ok(json!({ "description": row.description, "unit_amount": amount, "quantity": quantity }))
}

/// `lines[0].unit_amount` is `amount-1` of the form.
fn field_of(field: &str, numbers: &[usize]) -> String {
    let Some((at, part)) = field
        .strip_prefix("lines[")
        .and_then(|rest| rest.split_once(']'))
    else {
        return field.to_owned();
    };
    let number = at.parse().ok().and_then(|at: usize| numbers.get(at));
    let number = number.copied().unwrap_or(1);
    let part = match part.trim_start_matches('.') {
        "unit_amount" => "amount",
        "quantity" => "quantity",
        _ => "description",
    };
    format!("{part}-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_stands_at_the_line_of_the_form() {
        // The second line of the form was left empty.
        let numbers = [1, 3];
        assert_eq!(field_of("lines[1].unit_amount", &numbers), "amount-3");
        assert_eq!(field_of("lines[0].description", &numbers), "description-1");
        assert_eq!(field_of("lines[0]", &numbers), "description-1");
        assert_eq!(field_of("lines", &numbers), "lines");
        assert_eq!(field_of("email", &numbers), "email");
    }
}
