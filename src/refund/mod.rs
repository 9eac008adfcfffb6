//! Giving an order's money back through Stripe, once for each key.
//!
//! A row before the call: what is asked for is committed before Stripe hears of it, with one refund in flight
//! for each payment. The idempotency key names the row and the attempt, and Stripe's refund names the row.
//! Stripe keeps a key for a day; whoever asks again reads the payment's refunds first, however late it is,
//! and posts only where ours is not among them. Whether it is made is read afterwards, as at an event: Stripe's
//! webhook finishes it, too, and so does the sweep ([`ask_again`]).

pub mod call;

use chrono::Duration;
use tokio::time::Instant;
use uuid::Uuid;

use self::call::{Said, look, what_stripe_said};
use crate::{
    activity::Doing,
    app::App,
    db::DbError,
    gateway::{
        charge::RefundNews,
        refund::{Mark, NewRefund},
    },
    settlement::{
        Answer, FoundBy,
        order_refunds::{self, Begun, OrderRefund, RefundState, RefundWish},
    },
};

/// Whoever asked for it hears of it by then, or has gone.
const PATIENCE: Duration = Duration::minutes(10);
/// Refunds that one look asks about, the oldest first; the rest next time.
const MOST: i64 = 50;
/// A call that hangs holds up those behind it for no longer.
const ONE_CALL: std::time::Duration = std::time::Duration::from_secs(20);

/// What became of a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refunded {
    /// The money has gone back, now or before.
    Made,
    /// Stripe has it under way; the order tells what becomes of it.
    UnderWay,
    /// It was not made, and why.
    NotMade(String),
    /// It cannot be asked for, and why; nothing has changed.
    NotNow(String),
    /// There is no such order.
    NoOrder,
    /// Stripe did not say whether it was made; asked again under its key, it is the same refund.
    Open,
}

/// Whether Stripe was asked for a refund before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// It was not: the row has just been written.
    Never,
    /// It may have been: by whoever wrote the row, now or days ago.
    Perhaps,
}

/// Gives back what somebody wishes of an order that is paid.
///
/// # Errors
/// The database's. What was asked of Stripe by then is kept, and asking again finishes it.
pub async fn refund(
    app: &App,
    order: Uuid,
    wish: RefundWish,
    doing: &Doing,
) -> Result<Refunded, DbError> {
    let doing_it = doing.clone();
    let begun = app
        .db
        .transaction(move |connection| order_refunds::begin(connection, order, &wish, &doing_it));
    // A person waits for the answer, as at a click.
    let deadline = Instant::now() + app.click_budget;
    match begun.await? {
        Begun::New(refund) => post(app, &refund, Asked::Never, deadline, doing).await,
        Begun::Before(refund) => again(app, refund, deadline, doing).await,
        Begun::NotNow(why) => Ok(Refunded::NotNow(why)),
        Begun::NoOrder => Ok(Refunded::NoOrder),
    }
}

/// Asks about those whose answer got lost, and about those that are under way.
///
/// # Errors
/// The database's.
pub async fn ask_again(app: &App) -> Result<(), DbError> {
    let (now, doing) = (app.clock.now(), FoundBy::Sweep.doing(app.clock.now()));
    let until = now - PATIENCE;
    let waiting = app
        .db
        .run(move |connection| order_refunds::waiting(connection, until, MOST));
    for refund in waiting.await? {
        let deadline = Instant::now() + ONE_CALL;
        match refund.state {
            RefundState::UnderWay => {
                read(app, &refund, None, deadline, &doing).await?;
            }
            RefundState::Asked | RefundState::Made | RefundState::NotMade => {
                again(app, refund, deadline, &doing).await?;
            }
        }
    }
    Ok(())
}

/// One that was written down before: answered as it is, or asked for once more.
async fn again(
    app: &App,
    refund: OrderRefund,
    deadline: Instant,
    doing: &Doing,
) -> Result<Refunded, DbError> {
    if let Some(end) = outcome(&refund) {
        return Ok(end);
    }
    // Nothing is posted again before the payment's refunds have been read.
    let Some(refund) = read(app, &refund, None, deadline, doing).await? else {
        return Ok(Refunded::Open);
    };
    match outcome(&refund) {
        Some(end) => Ok(end),
        None => post(app, &refund, Asked::Perhaps, deadline, doing).await,
    }
}

async fn post(
    app: &App,
    refund: &OrderRefund,
    asked: Asked,
    deadline: Instant,
    doing: &Doing,
) -> Result<Refunded, DbError> {
    let mark = Mark::Order(refund.id);
    let new = NewRefund {
        payment_intent: &refund.payment_intent,
        amount: Some(refund.amount),
        mark,
        number: refund.attempt,
    };
    let said = what_stripe_said(app.stripe.refund(&new, deadline).await);
    let after = match said {
        Said::Known(id) => {
            let answer = Answer { mark, refund: id };
            read(app, refund, Some(answer), deadline, doing).await?
        }
        Said::Refused(why) => refused(app, refund, asked, why, deadline, doing).await?,
        // Of an earlier try under the same key we know nothing then.
        Said::OurKeyIsRefused(_) if asked == Asked::Perhaps => None,
        Said::OurKeyIsRefused(why) => Some(not_made(app, refund, why, doing).await?),
        Said::Failed => {
            next_attempt(app, refund).await?;
            None
        }
        Said::Nothing => None,
    };
    Ok(after.as_ref().and_then(outcome).unwrap_or(Refunded::Open))
}

/// What came of it, if it is known.
fn outcome(refund: &OrderRefund) -> Option<Refunded> {
    match refund.state {
        RefundState::Asked => None,
        RefundState::UnderWay => Some(Refunded::UnderWay),
        RefundState::Made => Some(Refunded::Made),
        RefundState::NotMade => {
            let why = refund
                .failure
                .as_deref()
                .unwrap_or("Stripe did not make it");
            Some(Refunded::NotMade(format!("the refund was not made: {why}")))
        }
    }
}

/// Brings the payment in line with what Stripe says, and gives the refund as it is then. `None`: Stripe did
/// not tell.
async fn read(
    app: &App,
    refund: &OrderRefund,
    answer: Option<Answer>,
    deadline: Instant,
    doing: &Doing,
) -> Result<Option<OrderRefund>, DbError> {
    let news = RefundNews {
        payment_intent: refund.payment_intent.clone(),
        currency: refund.currency.clone(),
    };
    let id = refund.id;
    let then = move |connection: &mut _| order_refunds::find(connection, id);
    let found = look(app, &news, answer, deadline, doing, then).await?;
    Ok(found.flatten())
}

/// Stripe will not give it back. What it says of the payment's refunds is written down before: the refusal may
/// be of a repeat, and more may have gone back than we knew.
async fn refused(
    app: &App,
    refund: &OrderRefund,
    asked: Asked,
    why: String,
    deadline: Instant,
    doing: &Doing,
) -> Result<Option<OrderRefund>, DbError> {
    match read(app, refund, None, deadline, doing).await? {
        Some(found) if outcome(&found).is_some() => Ok(Some(found)),
        None if asked == Asked::Perhaps => Ok(None),
        Some(_) | None => not_made(app, refund, why, doing).await.map(Some),
    }
}

async fn not_made(
    app: &App,
    refund: &OrderRefund,
    why: String,
    doing: &Doing,
) -> Result<OrderRefund, DbError> {
    let (refund, doing) = (refund.clone(), doing.clone());
    app.db
        .transaction(move |connection| {
            order_refunds::was_refused(connection, &refund, &why, &doing)
        })
        .await
}

/// The next one who asks does so under another key, after the refunds have been read.
async fn next_attempt(app: &App, refund: &OrderRefund) -> Result<(), DbError> {
    let refund = refund.clone();
    app.db
        .run(move |connection| order_refunds::next_attempt(connection, &refund))
        .await
}
