//! What a file's order is beside the one that stands under its reference: pure.

use std::collections::BTreeMap;

use super::difference::{Difference, differences};
use crate::order::{
    Kind, Order, Standing,
    change::{Change, Edit},
    draft::NewOrder,
    metadata::MAX_KEYS,
    mode::Mode,
    state::State,
};

/// What is done about orders that stand with other content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// Each is an error.
    #[default]
    Add,
    /// They are changed, as by a `PATCH`.
    Update,
}

impl Way {
    /// The way of whoever says whether orders are to be changed.
    pub fn of(update: bool) -> Self {
        if update { Self::Update } else { Self::Add }
    }
}

/// Which of the optional columns a file has. What it has no column for stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// The language.
    pub locale: bool,
    /// The keys of the shop's own notes.
    pub meta: Vec<String>,
}

/// What a file's order is, where one stands under its reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// It stands as the file says.
    Unchanged,
    /// It is to be changed.
    Changed(Change, Vec<Difference>),
    /// It says something else, and is left as it is.
    LeftAlone(Left, Vec<Difference>),
    /// It cannot be taken.
    Refused(Why),
}

/// Why an order is left as it is though the file says something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing is owed any more, or money is on its way.
    Stands(State),
    /// It is a left cart: nobody owes for it.
    Cart,
}

/// Why a file's order cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// An order of other content has this reference.
    Taken,
    /// The same order was handed in once, and was changed here since.
    ChangedSince,
    /// An amount in another currency is another debt.
    Currency,
    /// It is paid again and again, which a file cannot say.
    Subscription,
    /// More of the shop's own keys than Stripe takes.
    Metadata,
    /// What an older system did does not fit: a sentence.
    Prior(String),
}

impl Why {
    /// A sentence for whoever handed the file in; `update` says how orders are changed there.
    pub fn sentence(&self, update: &str) -> String {
        match self {
            Self::Taken => format!(
                "another order stands under this reference, with other content; {update}, or choose another reference"
            ),
            Self::ChangedSince => format!(
                "the order was changed since it was imported; bring this line in line with it, take it out, or {update}"
            ),
            Self::Currency => "currency: the order stands in another currency, and that does not change; cancel it, and choose another reference".to_owned(),
            Self::Subscription => "the order is a subscription, which no file can change; change it by the API, or take it out".to_owned(),
            Self::Metadata => format!(
                "with the keys that the order has there are more than {MAX_KEYS}, which is what Stripe leaves room for; drop some"
            ),
            Self::Prior(sentence) => sentence.clone(),
        }
    }
}

impl Left {
    /// What it is, after the order's name: `it is paid`.
    pub fn sentence(self) -> String {
        match self {
            Self::Stands(state) => format!("it is {}", state.name()),
            Self::Cart => "it is a left cart, which nobody owes for".to_owned(),
        }
    }
}

/// Compares what a file says with what stands under its reference.
pub fn compare(stands: &Standing, given: &NewOrder, said: &Said, way: Way) -> Compared {
    match way {
        _ if stands.as_today => Compared::Unchanged,
        Way::Add if stands.as_given => Compared::Refused(Why::ChangedSince),
        Way::Add => Compared::Refused(Why::Taken),
        Way::Update => changed(&stands.order, given, said),
    }
}

fn changed(order: &Order, given: &NewOrder, said: &Said) -> Compared {
    let metadata = metadata(order, given, said);
    let differences = differences(order, given, said, &metadata);
    // What differs besides is nothing that a file says: whether a reminder may follow, or taxes.
    if differences.is_empty() {
        return Compared::Unchanged;
    }
    if order.kind == Kind::Recovered {
        return Compared::LeftAlone(Left::Cart, differences);
    }
    if !order.state.is_payable() {
        return Compared::LeftAlone(Left::Stands(order.state), differences);
    }
    if order.currency != given.currency {
        return Compared::Refused(Why::Currency);
    }
    if order.mode == Mode::Subscription && order.lines != given.lines {
        return Compared::Refused(Why::Subscription);
    }
    if metadata.len() > MAX_KEYS {
        return Compared::Refused(Why::Metadata);
    }
    let change = Change {
        lines: Some(given.lines.clone()),
        email: said_or_empty(given.email.as_ref()),
        name: said_or_empty(given.name.as_ref()),
        locale: said.locale.then_some(given.locale),
        metadata: Some(metadata),
    };
    Compared::Changed(change, differences)
}

fn said_or_empty<T: Clone>(said: Option<&T>) -> Edit<T> {
    said.map_or(Edit::Clear, |said| Edit::Set(said.clone()))
}

/// The order's own keys after the change: those with a column say what it says.
fn metadata(order: &Order, given: &NewOrder, said: &Said) -> BTreeMap<String, String> {
    let stays = |(key, _): &(&String, &String)| !said.meta.contains(key);
    let stays = order.metadata.iter().filter(stays);
    let given = given.metadata.iter();
    stays
        .map(|(key, value)| (key.clone(), value.clone()))
        .chain(given.map(|(key, value)| (key.to_owned(), value.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests;
