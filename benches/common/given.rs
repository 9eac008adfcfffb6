//! What every bench gives the service before it measures: an order, and who hands it in.

use freshmint::{
    activity::Doing,
    app::App,
    order::draft::{Draft, NewOrder},
};
use serde_json::json;

/// A fee that somebody owes.
pub fn order(reference: &str, email: &str) -> NewOrder {
    let draft: Draft = serde_json::from_value(json!({
        "reference": reference,
        "email": email,
        "name": "Kim Miller",
        "currency": "eur",
        "lines": [{ "description": "Summer cup, U12", "unit_amount": 4500, "quantity": 1 }],
    }))
    .expect("an order's fields");
    NewOrder::try_from(draft).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Who does what a bench has to have done before, now.
pub fn doing(app: &App) -> Doing {
    Doing {
        actor: "bench".to_owned(),
        at: app.clock.now(),
        note: None,
    }
}
