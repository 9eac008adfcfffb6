//! What Stripe says of a payment's refunds. It is asked outside of a transaction, so that an answer may
//! come to be written after a newer one: each question has a number, and an older answer changes nothing.
//!
//! The number is taken before the question is sent. Whatever changes at Stripe afterwards is told by an
//! event, whose question has a higher number; so the answer with the highest number has seen all that any
//! other has.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use tokio::time::Instant;

use crate::{
    activity::Doing,
    app::App,
    gateway::{
        charge::RefundNews,
        refund::{Refund, RefundStatus},
    },
    schema::refunds,
    upstream::UpstreamError,
};

/// The refunds of a payment, as Stripe told of them.
#[derive(Debug, Clone)]
pub struct RefundsAtStripe {
    /// `pi_…`
    pub payment_intent: String,
    /// Newest first.
    pub refunds: Vec<Refund>,
    /// The question's number.
    number: i64,
}

impl RefundsAtStripe {
    /// What has been given back, in minor units.
    fn given_back(&self) -> i64 {
        let succeeded = |refund: &&Refund| refund.status == RefundStatus::Succeeded;
        let amounts = self.refunds.iter().filter(succeeded);
        amounts.fold(0, |sum: i64, refund| sum.saturating_add(refund.amount))
    }

    /// Why the newest of those that were not made was not.
    fn failure(&self) -> Option<&str> {
        self.refunds.iter().find_map(|refund| match &refund.status {
            RefundStatus::NotMade(why) => Some(why.as_str()),
            RefundStatus::Succeeded | RefundStatus::UnderWay => None,
        })
    }
}

/// Asks Stripe for the refunds of a payment.
///
/// # Errors
/// The database's, or Stripe's; nothing has changed then.
pub async fn ask_for_refunds(
    app: &App,
    news: &RefundNews,
    deadline: Instant,
) -> Result<RefundsAtStripe, UpstreamError> {
    let (named, now) = (news.clone(), app.clock.now());
    let number = app
        .db
        .run(move |connection| next_number(connection, &named, now))
        .await?;
    let intent = &news.payment_intent;
    let refunds = app.stripe.refunds_of(intent, deadline).await?;
    Ok(RefundsAtStripe {
        payment_intent: intent.clone(),
        refunds,
        number,
    })
}

/// A statement of its own: the row is locked for no longer, and whoever asks waits for nobody who writes.
fn next_number(
    connection: &mut PgConnection,
    news: &RefundNews,
    now: DateTime<Utc>,
) -> QueryResult<i64> {
    diesel::insert_into(refunds::table)
        .values((
            refunds::payment_intent.eq(&news.payment_intent),
            refunds::amount_refunded.eq(0),
            refunds::currency.eq(&news.currency),
            refunds::heard_at.eq(now),
            refunds::asked.eq(1),
        ))
        .on_conflict(refunds::payment_intent)
        .do_update()
        .set(refunds::asked.eq(refunds::asked + 1))
        .returning(refunds::asked)
        .get_result(connection)
}

/// Keeps the answer, with the intent locked; tells whether it is newer than what is kept.
pub(super) fn keep(
    connection: &mut PgConnection,
    told: &RefundsAtStripe,
    doing: &Doing,
) -> QueryResult<bool> {
    let older = refunds::table
        .find(&told.payment_intent)
        .filter(refunds::answered.lt(told.number));
    let kept = diesel::update(older)
        .set((
            refunds::amount_refunded.eq(told.given_back()),
            refunds::failure.eq(told.failure()),
            refunds::answered.eq(told.number),
            refunds::heard_at.eq(doing.at),
        ))
        .execute(connection)?;
    Ok(kept > 0)
}
