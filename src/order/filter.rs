//! What is looked for in a list of orders.

use std::ops::Deref;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Condition, Kind, Status};

/// What is noted of orders beside their news, so that a list finds those that may fit by an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nobody may have been mailed about it.
    Unmailed,
    /// Its link may have been mailed and not opened.
    Unopened,
}

/// What is looked for in a list.
#[derive(Debug, Default, Clone)]
pub struct OrderFilter {
    /// Where it stands.
    pub status: Option<Status>,
    /// An address, in any case.
    pub email: Option<String>,
    /// One reference.
    pub reference: Option<String>,
    /// What the shop asks for, or carts.
    pub kind: Option<Kind>,
    /// Approved for this mailing, or mailed by it.
    pub blast: Option<Uuid>,
    /// Mailed, a checkout ended unpaid, and still owed, at this time.
    pub stranded_at: Option<DateTime<Utc>>,
    /// Came with the import of this name.
    pub import: Option<String>,
    /// With this in its reference, name or address.
    pub q: Option<String>,
    /// So many have it that the orders are gone through: without statistics PostgreSQL believes that few do,
    /// and would read all of them by an index before it sorts them.
    pub q_is_common: bool,
    /// Those of which each of these holds.
    pub only: Vec<fn() -> Condition>,
    /// One of these.
    pub among: Option<Vec<Uuid>>,
    /// Those that are noted as this, or as nothing yet.
    pub mark: Option<Mark>,
    /// Those besides that are not, and that something has happened to since.
    pub besides: Vec<Uuid>,
    /// Only those before this id: where the page before ended.
    pub before: Option<Uuid>,
}

impl OrderFilter {
    /// The same as filters each of which has an index: those that are noted, and the few besides. An order that
    /// is noted meanwhile may fit both.
    pub fn parts(&self) -> Vec<FilterPart> {
        let mut parts = vec![FilterPart(Self {
            besides: Vec::new(),
            ..self.clone()
        })];
        if !self.besides.is_empty() {
            parts.push(FilterPart(Self {
                mark: None,
                among: Some(self.besides.clone()),
                besides: Vec::new(),
                ..self.clone()
            }));
        }
        parts
    }
}

/// What one statement finds of a filter. Only [`OrderFilter::parts`] makes one, and whatever asks the database
/// takes one: so nobody asks for a filter and leaves a part of it out.
#[derive(Debug, Clone)]
pub struct FilterPart(OrderFilter);

impl FilterPart {
    /// The same, changed: for a list that says some of it itself.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut OrderFilter)) -> Self {
        change(&mut self.0);
        self
    }
}

impl Deref for FilterPart {
    type Target = OrderFilter;

    fn deref(&self) -> &OrderFilter {
        &self.0
    }
}
