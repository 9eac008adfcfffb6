//! What is read for the page of a case.

use chrono::{DateTime, Utc};
use diesel::{PgConnection, QueryResult};
use uuid::Uuid;

use super::{case_words, orders::row, prose::Prose};
use crate::{
    case::{self, CaseView, Ending, Kind, Place, action::How},
    order::{
        self, Order,
        money::as_told,
        state::{Fact, Move, State},
    },
    settlement::{self, Payment},
};

/// All that is read for it.
pub struct Read {
    pub case: CaseView,
    pub order: Option<Order>,
    pub payments: Vec<Payment>,
    pub places: Vec<Place>,
    /// Whose order the payment is counted for since.
    pub moved_to: Option<String>,
}

/// Reads a case, with the order that it is about and those that its payment may be for.
pub fn read(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Read>> {
    let Some(case) = case::show(connection, id)? else {
        return Ok(None);
    };
    let order = match case.order_id {
        Some(order) => order::find(connection, order)?,
        None => None,
    };
    let of_order: Vec<Uuid> = order.iter().map(|order| order.id).collect();
    let moved_to: Vec<Uuid> = case.moved_to.into_iter().collect();
    let moved_to = case::whose(connection, &moved_to)?.pop();
    let places = if case.actions.iter().any(|how| how.takes_an_order()) {
        let email = order.as_ref().and_then(|order| order.email.as_ref());
        let email = email.map(|email| email.as_str()).or(case.email.as_deref());
        let (amount, of) = ((case.amount, case.currency.as_str()), case.order_id);
        case::places(connection, amount, email, of)?
    } else {
        Vec::new()
    };
    Ok(Some(Read {
        payments: settlement::payments_of(connection, &of_order)?,
        case,
        order,
        places,
        moved_to: moved_to.map(|(_, name, reference)| name.unwrap_or(reference)),
    }))
}

/// An order's state in a sentence.
pub fn in_words(state: State) -> &'static str {
    match state {
        State::Open => "owed",
        State::Processing { .. } => "on its way",
        State::InReview { .. } => "being checked",
        State::Paid { .. } => "paid",
        State::PartiallyRefunded { .. } => "partly paid back",
        State::Refunded { .. } => "paid back",
        State::SettledOffline { .. } => "settled without Stripe",
        State::Cancelled { .. } => "cancelled",
    }
}

/// How a case ended, in a sentence.
pub fn ending(kind: Kind, how: Ending) -> &'static str {
    match (how, kind) {
        (Ending::Accept, Kind::Mismatch) => "taken as it came",
        (Ending::Accept, Kind::SecondPayment) => "kept",
        (Ending::Accept, Kind::Orphan) => "left as it is",
        (Ending::Accept, Kind::Dispute) => "seen to",
        (Ending::Accept, Kind::Refund) => "known whose it is",
        (Ending::Refund, _) => "given back",
        (Ending::Move | Ending::Adopt, _) => "counted for an order",
        (Ending::Won, _) => "the bank decided for you",
    }
}

impl Read {
    /// What it is called.
    pub fn title(&self) -> Prose {
        let who = self.order.as_ref().map(who);
        case_words::title(self.case.kind, who, &self.amount())
    }

    pub fn amount(&self) -> String {
        as_told(self.case.amount, &self.case.currency)
    }

    pub fn owed(&self) -> Option<String> {
        let owed = self.order.as_ref()?.owed()?;
        Some(as_told(owed.minor, owed.currency.code()))
    }

    /// What an answer does here.
    pub fn answer(&self, how: How, to: Option<&str>, now: DateTime<Utc>) -> case_words::Answer {
        let (amount, owed) = (self.amount(), self.owed());
        let state = self.order.as_ref().map(|order| order.state);
        let becomes_paid =
            state.is_some_and(|state| matches!(state.after(Fact::Accept, now), Move::To(_)));
        let facts = case_words::Facts {
            kind: self.case.kind,
            amount: &amount,
            owed: owed.as_deref(),
            state,
            becomes_paid,
            to,
        };
        case_words::answer(how, &facts)
    }
}

fn who(order: &Order) -> Prose {
    Prose::of_name(row::who(order))
}
