//! Cases as people see them, in the API and at the terminal.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Case, Kind,
    action::{Ending, How},
    candidate::candidates,
    row::CaseRow,
    suggest::{Candidate, Orphan, Suggestion, suggest},
};
use crate::{
    column::column_enum,
    db::for_its_values,
    schema::{cases, disputes, payment_allocations, payments, refunds},
};

column_enum! {
    /// Whether somebody has decided.
    pub enum CaseState {
        /// Nobody has.
        Open = "open",
        /// A person has, or Stripe's word ended it.
        Resolved = "resolved",
    }
}

/// The JSON of a case. Amounts in minor units.
#[derive(Debug, Clone, Serialize)]
pub struct CaseView {
    /// Ours, for ever.
    pub id: Uuid,
    /// What does not add up.
    pub kind: Kind,
    /// Whether somebody has decided.
    pub state: CaseState,
    /// Whose money it is counted for; of a moved payment, whose it was before.
    pub order_id: Option<Uuid>,
    /// The payment's `cs_…`.
    pub session_id: Option<String>,
    /// Its `pi_…`; a subscription's payment has none.
    pub payment_intent: Option<String>,
    /// What it is about: the payment's part, what is disputed, what was given back.
    pub amount: i64,
    /// Lower-case ISO code.
    pub currency: String,
    /// An orphan's payer.
    pub email: Option<String>,
    /// When it was found.
    pub opened_at: DateTime<Utc>,
    /// What can be done now.
    pub actions: Vec<How>,
    /// When a refund was asked of Stripe that has not come to its end.
    pub refunding_at: Option<DateTime<Utc>>,
    /// `re_…`: Stripe has it under way, and it is waited for; none while Stripe's answer is not known.
    pub refund_id: Option<String>,
    /// Why the last refund that was asked for was not made.
    pub refund_failure: Option<String>,
    /// What has been given back of the payment in all.
    pub refunded_amount: i64,
    /// When it was resolved.
    pub resolved_at: Option<DateTime<Utc>>,
    /// What was done.
    pub resolved_how: Option<Ending>,
    /// By whom.
    pub resolved_by: Option<String>,
    /// The order that the payment is counted for since.
    pub moved_to: Option<Uuid>,
    /// What they had to say about it.
    pub note: Option<String>,
    /// What Stripe says of the dispute.
    pub dispute: Option<DisputeView>,
    /// The orders that an open orphan may be for, best first.
    pub suggested_orders: Vec<Suggestion>,
}

/// What Stripe says of a dispute.
#[derive(Debug, Clone, Serialize, Queryable)]
pub struct DisputeView {
    /// `dp_…`
    pub id: String,
    /// Stripe's word: `needs_response`, `lost` …
    pub status: String,
    /// Stripe's word: `fraudulent` …
    pub reason: Option<String>,
}

/// What is looked for in a list.
#[derive(Debug, Default, Clone)]
pub struct CaseFilter {
    /// Only open ones, or only resolved ones.
    pub state: Option<CaseState>,
    /// One kind.
    pub kind: Option<Kind>,
    /// About this order, before or after the payment was moved.
    pub order: Option<Uuid>,
    /// Only those before this id: where the page before ended.
    pub before: Option<Uuid>,
}

/// A page of cases, newest first.
pub fn list(
    connection: &mut PgConnection,
    filter: &CaseFilter,
    limit: i64,
) -> QueryResult<Vec<CaseView>> {
    let mut query = cases::table
        .select(CaseRow::as_select())
        .order(cases::id.desc())
        .limit(limit)
        .filter(for_its_values())
        .into_boxed();
    query = match filter.state {
        Some(CaseState::Open) => query.filter(cases::resolved_at.is_null()),
        Some(CaseState::Resolved) => query.filter(cases::resolved_at.is_not_null()),
        None => query,
    };
    if let Some(kind) = filter.kind {
        query = query.filter(cases::kind.eq(kind));
    }
    if let Some(order) = filter.order {
        query = query.filter(cases::order_id.eq(order).or(cases::moved_to.eq(order)));
    }
    if let Some(before) = filter.before {
        query = query.filter(cases::id.lt(before));
    }
    let rows = query.load(connection)?;
    let found: Vec<Case> = rows
        .into_iter()
        .map(CaseRow::decode)
        .collect::<QueryResult<_>>()?;
    let beside = Beside::read(connection, &found)?;
    Ok(found.into_iter().map(|case| beside.view(case)).collect())
}

/// One case.
pub fn show(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<CaseView>> {
    let Some(case) = super::find(connection, id)? else {
        return Ok(None);
    };
    let beside = Beside::read(connection, std::slice::from_ref(&case))?;
    Ok(Some(beside.view(case)))
}

/// What is shown beside a page of cases.
struct Beside {
    sessions: Vec<(Uuid, String)>,
    /// A row for each order that a payment is counted for.
    parts: Vec<Uuid>,
    refunds: Vec<(String, i64)>,
    disputes: Vec<DisputeView>,
    candidates: Vec<Candidate>,
}

impl Beside {
    fn read(connection: &mut PgConnection, cases: &[Case]) -> QueryResult<Self> {
        let ids: Vec<Uuid> = cases.iter().filter_map(|case| case.payment_id).collect();
        let intents: Vec<&String> = cases
            .iter()
            .filter_map(|case| case.payment_intent.as_ref())
            .collect();
        let abouts: Vec<&String> = cases.iter().map(|case| &case.about).collect();
        let orphans: Vec<Orphan> = cases.iter().filter_map(orphan).collect();
        Ok(Self {
            sessions: payments::table
                .filter(payments::id.eq_any(&ids))
                .select((payments::id, payments::stripe_session_id))
                .load(connection)?,
            parts: payment_allocations::table
                .filter(payment_allocations::payment_id.eq_any(&ids))
                .select(payment_allocations::payment_id)
                .load(connection)?,
            refunds: refunds::table
                .filter(refunds::payment_intent.eq_any(intents))
                .select((refunds::payment_intent, refunds::amount_refunded))
                .load(connection)?,
            disputes: disputes::table
                .filter(disputes::id.eq_any(abouts))
                .select((disputes::id, disputes::status, disputes::reason))
                .load(connection)?,
            candidates: candidates(connection, &orphans)?,
        })
    }

    fn view(&self, case: Case) -> CaseView {
        let is_its = |payment: &Uuid| Some(*payment) == case.payment_id;
        let shared = self.parts.iter().filter(|part| is_its(part)).count() > 1;
        let actions = case.matter(shared).actions();
        let session = self.sessions.iter().find(|(payment, _)| is_its(payment));
        let refunded = self
            .refunds
            .iter()
            .find(|(intent, _)| Some(intent) == case.payment_intent.as_ref());
        let dispute = self.disputes.iter().find(|told| told.id == case.about);
        let suggested_orders = match orphan(&case) {
            Some(orphan) => suggest(&orphan, &self.candidates),
            None => Vec::new(),
        };
        let resolved = case.resolved;
        CaseView {
            id: case.id,
            kind: case.kind,
            state: match resolved {
                Some(_) => CaseState::Resolved,
                None => CaseState::Open,
            },
            order_id: case.order_id,
            session_id: session.map(|(_, id)| id.clone()),
            payment_intent: case.payment_intent,
            amount: case.amount,
            currency: case.currency,
            email: case.email,
            opened_at: case.opened_at,
            actions,
            refunding_at: case.refunding_at,
            refund_id: case.refund_id,
            refund_failure: case.refund_failure,
            refunded_amount: refunded.map_or(0, |(_, amount)| *amount),
            resolved_at: resolved.as_ref().map(|resolved| resolved.at),
            resolved_how: resolved.as_ref().map(|resolved| resolved.how),
            resolved_by: resolved.as_ref().map(|resolved| resolved.by.clone()),
            moved_to: resolved.and_then(|resolved| resolved.moved_to),
            note: case.note,
            dispute: dispute.cloned(),
            suggested_orders,
        }
    }
}

/// The payment of an open case that is of nobody's order.
fn orphan(case: &Case) -> Option<Orphan> {
    (case.kind == Kind::Orphan && case.resolved.is_none()).then(|| Orphan {
        email: case.email.clone(),
        amount: case.amount,
        currency: case.currency.clone(),
        at: case.opened_at,
    })
}
