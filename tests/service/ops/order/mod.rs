//! The page of one order: what it says, and what is done from it.

mod deeds;
mod looks;
mod said;

use freshmint::token::Role;

use crate::support::{Answer, Order, PASSWORD, Visitor, World};

/// Somebody who works.
pub fn operator(world: &World) -> Visitor {
    Visitor::signed_in(world, "Aoife Byrne", Role::Operator)
}

/// A day has passed: she signs in again.
pub fn comes_again(visitor: &Visitor) {
    let answer = visitor.sign_in("aoife.byrne@rovers.example.org", PASSWORD);
    assert_eq!(answer.status, 303, "{answer:?}");
}

pub fn at(order: &Order) -> String {
    format!("/ops/orders/{}", order.id)
}

/// What the page says.
pub fn page(visitor: &Visitor, order: &Order) -> Answer {
    let page = visitor.get(&at(order));
    assert_eq!(page.status, 200, "{page:?}");
    page
}

/// The same as one line of text.
pub fn said(visitor: &Visitor, order: &Order) -> String {
    page(visitor, order).text().replace('\n', " ")
}

/// Sends the form of an action's page.
pub fn press(visitor: &Visitor, order: &Order, deed: &str, fields: &[(&str, &str)]) -> Answer {
    let path = format!("{}/{deed}", at(order));
    visitor.submit(&path, &path, fields)
}
