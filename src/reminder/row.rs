//! Decisions as rows: one for each expired session and order.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use super::rule::Reason;
use crate::{
    column::column_enum,
    db::for_its_values,
    mail::State,
    random,
    schema::{checkout_sessions, outbox, reminder_decisions as decisions},
};

column_enum! {
    /// What was decided, and has become of it.
    pub enum Decision {
        /// A mail waits for its time.
        Scheduled = "scheduled",
        /// The mail has left our hands.
        Sent = "sent",
        /// There is no reminder, for a reason.
        Skipped = "skipped",
    }
}

impl Decision {
    /// Those that take the order's one place.
    pub(super) const STANDING: [Self; 2] = [Self::Scheduled, Self::Sent];

    /// In SQL: whether the one reminder of this order was sent. It asks for the first, and not whether there is
    /// one: that PostgreSQL may answer with a list of all orders that have one. It names the decision, since the
    /// index of the one reminder is found by that: with a parameter, and before PostgreSQL knows the table, all
    /// that was ever sent was read.
    pub fn is_sent(order: &str) -> String {
        format!(
            "((SELECT id FROM reminder_decisions WHERE order_id = {order} AND decision = '{}' LIMIT 1) IS NOT NULL)",
            Self::Sent
        )
    }
}

/// What was decided about an expired session.
#[derive(Debug, Clone, Copy)]
pub struct Decided {
    /// The session's row.
    pub session: Uuid,
    /// The order, unless it is about a cart that leads to none.
    pub order: Option<Uuid>,
    /// When the session expired.
    pub expired_at: DateTime<Utc>,
    /// When the reminder is due, or would have been.
    pub due_at: DateTime<Utc>,
    /// Until when it may be sent, if not as long as usual.
    pub good_until: Option<DateTime<Utc>>,
    /// The mail that will be sent, or why there is none.
    pub outcome: Result<Uuid, Reason>,
}

/// Writes a decision down. A session that was decided on stays as it was decided.
pub fn decided(
    connection: &mut PgConnection,
    decided: &Decided,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(decisions::table)
        .values((
            decisions::id.eq(random::row_id(now)),
            decisions::session_id.eq(decided.session),
            decisions::order_id.eq(decided.order),
            decisions::decision.eq(match decided.outcome {
                Ok(_) => Decision::Scheduled,
                Err(_) => Decision::Skipped,
            }),
            decisions::reason.eq(decided.outcome.err()),
            decisions::expired_at.eq(decided.expired_at),
            decisions::decided_at.eq(now),
            decisions::due_at.eq(decided.due_at),
            decisions::mail_id.eq(decided.outcome.ok()),
            decisions::good_until.eq(decided.good_until),
        ))
        .on_conflict_do_nothing()
        .execute(connection)
        .map(drop)
}

/// Whether a reminder of this order is scheduled or sent, or this session was decided on before.
pub fn already_reminded(connection: &mut PgConnection, order: Uuid) -> QueryResult<bool> {
    let one = decisions::table
        .filter(decisions::order_id.eq(order))
        .filter(decisions::decision.eq_any(Decision::STANDING));
    diesel::select(diesel::dsl::exists(one)).get_result(connection)
}

/// The mails of reminders that have left our hands; `at` for those that the server took.
pub fn handed_over(
    connection: &mut PgConnection,
    mails: &[Uuid],
    at: Option<DateTime<Utc>>,
) -> QueryResult<()> {
    let of_mails = decisions::table
        .filter(decisions::mail_id.eq_any(mails))
        .filter(decisions::decision.eq_any(Decision::STANDING));
    diesel::update(of_mails)
        .set((
            decisions::decision.eq(Decision::Sent),
            decisions::sent_at.eq(at),
        ))
        .execute(connection)
        .map(drop)
}

/// A decision as the API shows it.
#[derive(Debug, Clone, Serialize, Queryable)]
pub struct DecisionView {
    /// The decision's own id.
    pub id: Uuid,
    /// The order; none for a cart that led to none.
    pub order_id: Option<Uuid>,
    /// Stripe's id of the expired session.
    pub session_id: Option<String>,
    /// What was decided.
    pub decision: Decision,
    /// Why it was skipped.
    pub reason: Option<Reason>,
    /// When the session expired.
    pub expired_at: DateTime<Utc>,
    /// When the reminder is or was due.
    pub due_at: DateTime<Utc>,
    /// When the mail server took it.
    pub sent_at: Option<DateTime<Utc>>,
    /// The mail, in the outbox.
    pub mail_id: Option<Uuid>,
    /// Where that stands.
    pub mail_state: Option<State>,
}

/// A page of decisions, newest first; `before` is where the page before ended.
pub fn list(
    connection: &mut PgConnection,
    order: Option<Uuid>,
    decision: Option<Decision>,
    reason: Option<Reason>,
    before: Option<Uuid>,
    limit: i64,
) -> QueryResult<Vec<DecisionView>> {
    let mut query = decisions::table
        .inner_join(checkout_sessions::table)
        .left_join(outbox::table)
        .order(decisions::id.desc())
        .limit(limit)
        .filter(for_its_values())
        .select((
            decisions::id,
            decisions::order_id,
            checkout_sessions::stripe_id,
            decisions::decision,
            decisions::reason,
            decisions::expired_at,
            decisions::due_at,
            decisions::sent_at,
            decisions::mail_id,
            outbox::state.nullable(),
        ))
        .into_boxed();
    if let Some(order) = order {
        query = query.filter(decisions::order_id.eq(order));
    }
    // A reason is one for which it was skipped, and no other decision has any: with both, the index of one
    // would be read to its end for a few rows.
    match (reason, decision) {
        (Some(_), Some(Decision::Scheduled | Decision::Sent)) => return Ok(Vec::new()),
        (Some(reason), Some(Decision::Skipped) | None) => {
            query = query.filter(decisions::reason.eq(reason));
        }
        (None, Some(decision)) => query = query.filter(decisions::decision.eq(decision)),
        (None, None) => {}
    }
    if let Some(before) = before {
        query = query.filter(decisions::id.lt(before));
    }
    query.load(connection)
}
