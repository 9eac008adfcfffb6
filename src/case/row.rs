//! Cases as rows: what is in them, and how they are read.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, result::Error as QueryError};
use uuid::Uuid;

use super::{
    Kind,
    action::{Ending, Matter, Standing},
};
use crate::schema::{cases, payment_allocations};

/// A case as it is kept.
#[derive(Debug, Clone)]
pub struct Case {
    /// Ours, for ever.
    pub id: Uuid,
    /// What does not add up.
    pub kind: Kind,
    /// A session (`cs_…`), a dispute (`dp_…`), or a payment intent (`pi_…`).
    pub about: String,
    /// Whose money it is counted for, if anybody's; of a moved payment, whose it was before.
    pub order_id: Option<Uuid>,
    /// Our row of the payment.
    pub payment_id: Option<Uuid>,
    /// `pi_…`; a subscription's payment has none.
    pub payment_intent: Option<String>,
    /// In minor units.
    pub amount: i64,
    /// Lower-case ISO code.
    pub currency: String,
    /// An orphan's payer, as Stripe knows them.
    pub email: Option<String>,
    /// When it was found.
    pub opened_at: DateTime<Utc>,
    /// When a refund was asked of Stripe whose answer has not been written down.
    pub refunding_at: Option<DateTime<Utc>>,
    /// Under which number the next refund is asked for.
    pub refund_attempt: i32,
    /// `re_…`: the refund that Stripe has under way.
    pub refund_id: Option<String>,
    /// Why the last refund that was asked for was not made.
    pub refund_failure: Option<String>,
    /// How it ended.
    pub resolved: Option<Resolution>,
    /// What the person had to say about it.
    pub note: Option<String>,
}

/// How a case ended.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// When.
    pub at: DateTime<Utc>,
    /// What was done.
    pub how: Ending,
    /// By whom.
    pub by: String,
    /// The order that the payment is counted for since.
    pub moved_to: Option<Uuid>,
}

impl Case {
    /// What decides of what can be done; `shared` if the payment is for several orders.
    pub fn matter(&self, shared: bool) -> Matter {
        let standing = match (&self.resolved, self.refunding_at, &self.refund_id) {
            (Some(resolved), ..) => Standing::Resolved {
                how: resolved.how,
                moved_to: resolved.moved_to,
            },
            (None, Some(_), None) => Standing::Refunding,
            (None, Some(_), Some(_)) => Standing::RefundUnderWay,
            (None, None, _) => Standing::Open,
        };
        Matter {
            kind: self.kind,
            standing,
            has_intent: self.payment_intent.is_some(),
            shared,
        }
    }
}

/// A row of `cases`, as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = cases)]
pub(super) struct CaseRow {
    id: Uuid,
    kind: Kind,
    about: String,
    order_id: Option<Uuid>,
    payment_id: Option<Uuid>,
    payment_intent: Option<String>,
    amount: i64,
    currency: String,
    email: Option<String>,
    opened_at: DateTime<Utc>,
    refunding_at: Option<DateTime<Utc>>,
    refund_attempt: i32,
    resolved_at: Option<DateTime<Utc>>,
    resolved_how: Option<Ending>,
    resolved_by: Option<String>,
    note: Option<String>,
    moved_to: Option<Uuid>,
    refund_id: Option<String>,
    refund_failure: Option<String>,
}

impl CaseRow {
    pub fn decode(self) -> QueryResult<Case> {
        let resolved = match (self.resolved_at, self.resolved_how, self.resolved_by) {
            (None, None, None) => None,
            (Some(at), Some(how), Some(by)) => Some(Resolution {
                at,
                how,
                by,
                moved_to: self.moved_to,
            }),
            _ => return Err(half_a_resolution()),
        };
        Ok(Case {
            id: self.id,
            kind: self.kind,
            about: self.about,
            order_id: self.order_id,
            payment_id: self.payment_id,
            payment_intent: self.payment_intent,
            amount: self.amount,
            currency: self.currency,
            email: self.email,
            opened_at: self.opened_at,
            refund_attempt: self.refund_attempt,
            refund_id: self.refund_id,
            refund_failure: self.refund_failure,
            refunding_at: self.refunding_at,
            resolved,
            note: self.note,
        })
    }
}

fn half_a_resolution() -> QueryError {
    QueryError::DeserializationError("cases holds half a resolution".into())
}

/// The case with this id.
pub fn find(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Case>> {
    let row = cases::table
        .find(id)
        .select(CaseRow::as_select())
        .first(connection)
        .optional()?;
    row.map(CaseRow::decode).transpose()
}

/// The same, locked, so that two people who decide at one moment do so one after the other: the second
/// finds it resolved. After orders, sessions and payments, by everybody.
pub(crate) fn lock(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Case>> {
    let row = cases::table
        .find(id)
        .select(CaseRow::as_select())
        .for_update()
        .first(connection)
        .optional()?;
    row.map(CaseRow::decode).transpose()
}

/// Those of a payment whose refund was asked for and has not come to its end, locked.
pub(crate) fn refunding(connection: &mut PgConnection, intent: &str) -> QueryResult<Vec<Case>> {
    let rows: Vec<CaseRow> = cases::table
        .filter(cases::payment_intent.eq(intent))
        .filter(cases::refunding_at.is_not_null())
        .order(cases::id)
        .select(CaseRow::as_select())
        .for_update()
        .load(connection)?;
    rows.into_iter().map(CaseRow::decode).collect()
}

/// The orders that its payment is counted for, in the order in which they are locked.
pub(crate) fn orders_of(connection: &mut PgConnection, case: &Case) -> QueryResult<Vec<Uuid>> {
    let Some(payment) = case.payment_id else {
        return Ok(Vec::new());
    };
    payment_allocations::table
        .filter(payment_allocations::payment_id.eq(payment))
        .order(payment_allocations::order_id)
        .select(payment_allocations::order_id)
        .load(connection)
}
