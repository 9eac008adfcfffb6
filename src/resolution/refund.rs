//! Giving a payment back through Stripe, once.
//!
//! A row before the call: the wish is committed before Stripe hears of it, and until its outcome is
//! written down nothing else can be done about the case. The idempotency key names the case and the
//! attempt, so that whoever asks again, after a crash or at the same moment, asks for the same refund.
//! Whether it is made is asked afterwards, as at an event: the answer to a call that was repeated is as
//! old as the first. Stripe's webhook finishes it, too.

use tokio::time::Instant;

use super::{Resolved, in_one_go, record_on_case};
use crate::{
    activity::Doing,
    app::App,
    case::{
        self, Case,
        action::{Standing, Wish},
    },
    db::DbError,
    gateway::{CallError, charge::RefundNews, refund::Attempt},
    settlement::{self, Answer, refund_asked_for},
    upstream::UpstreamError,
};

pub(super) async fn refund(app: &App, case: Case, doing: &Doing) -> Result<Resolved, DbError> {
    let Some(intent) = case.payment_intent.clone() else {
        return Ok(Resolved::NoCase);
    };
    match write_down(app, &case, doing).await? {
        Resolved::RefundOpen => {}
        stopped => return Ok(stopped),
    }
    // A person waits for the answer, as at a click.
    let deadline = Instant::now() + app.click_budget;
    let attempt = Attempt {
        case: case.id,
        number: case.refund_attempt,
    };
    let asked = app.stripe.refund(&intent, attempt, deadline).await;
    match what_stripe_said(asked) {
        Said::Known(refund) => {
            let answer = Answer { attempt, refund };
            bring_in_line(app, &case, intent, answer, deadline, doing).await
        }
        Said::Failed => {
            next_attempt(app, &case).await?;
            Ok(Resolved::RefundOpen)
        }
        // Of an earlier try under the same key we know nothing then.
        Said::OurKeyIsRefused(_) if case.refunding_at.is_some() => Ok(Resolved::RefundOpen),
        Said::Refused(why) | Said::OurKeyIsRefused(why) => give_up(app, case, &why, doing).await,
        Said::Nothing => Ok(Resolved::RefundOpen),
    }
}

/// Commits the wish; [`Resolved::RefundOpen`]: Stripe is to be asked now.
async fn write_down(app: &App, case: &Case, doing: &Doing) -> Result<Resolved, DbError> {
    let doing = doing.clone();
    let written = in_one_go(app, case.id, Wish::Refund, move |connection, case| {
        if case.refunding_at.is_none() {
            case::begin_refund(connection, case, &doing)?;
            let what = "a refund of the payment was asked for";
            record_on_case(connection, case, case.order_id, what, &doing)?;
        }
        Ok(Resolved::RefundOpen)
    });
    written.await
}

/// Stripe's answer, as far as it decides what follows.
enum Said {
    /// It has the refund of this id; without one, that nothing is left to be given back.
    Known(Option<String>),
    /// It will not, and why.
    Refused(String),
    /// It has not even looked at it.
    OurKeyIsRefused(String),
    /// A failure, which it keeps under the key.
    Failed,
    /// Nobody knows.
    Nothing,
}

fn what_stripe_said(answer: Result<String, CallError>) -> Said {
    let error = match answer {
        Ok(refund) => return Said::Known(Some(refund)),
        Err(error) => error,
    };
    let refuses_our_key = error.refuses_our_key();
    let CallError::Refused { status, code, .. } = error else {
        log::error!("Stripe did not say whether a refund was made: {error}");
        return match error {
            CallError::Failed { .. } => Said::Failed,
            _ => Said::Nothing,
        };
    };
    match code.as_deref() {
        Some("charge_already_refunded") => Said::Known(None),
        Some("charge_disputed") => Said::Refused(
            "the payer's bank disputes the payment, so Stripe does not refund it; answer the dispute in Stripe's dashboard"
                .to_owned(),
        ),
        code => {
            let code = code.unwrap_or("no reason given");
            let why = format!("Stripe refuses the refund: {status} {code}");
            if refuses_our_key {
                Said::OurKeyIsRefused(why)
            } else {
                Said::Refused(why)
            }
        }
    }
}

/// The next one who asks does so under another key. Had Stripe made the refund all the same, it will
/// say that nothing is left to be refunded.
async fn next_attempt(app: &App, case: &Case) -> Result<(), DbError> {
    let (id, attempt) = (case.id, case.refund_attempt);
    app.db
        .run(move |connection| case::next_refund_attempt(connection, id, attempt))
        .await
}

/// Asks Stripe for the refunds, writes down what it says by the path that an event takes, and tells what
/// has become of the case.
async fn bring_in_line(
    app: &App,
    case: &Case,
    payment_intent: String,
    answer: Answer,
    deadline: Instant,
    doing: &Doing,
) -> Result<Resolved, DbError> {
    let news = RefundNews {
        payment_intent,
        currency: case.currency.clone(),
    };
    let told = match settlement::ask_for_refunds(app, &news, deadline).await {
        Ok(told) => told,
        Err(UpstreamError::Database(error)) => return Err(error),
        Err(UpstreamError::Stripe(error)) => {
            log::error!("Stripe did not say whether a refund was made: {error}");
            return Ok(Resolved::RefundOpen);
        }
    };
    let (id, doing) = (case.id, doing.clone());
    let after = app.db.transaction(move |connection| {
        settlement::refunded(connection, &told, Some(&answer), &doing)?;
        case::find(connection, id)
    });
    Ok(after.await?.map_or(Resolved::NoCase, |case| outcome(&case)))
}

/// What has become of a case whose refund was asked for.
fn outcome(case: &Case) -> Resolved {
    match case.matter(false).standing {
        Standing::Resolved { .. } => Resolved::Done,
        Standing::RefundUnderWay => Resolved::RefundUnderWay,
        Standing::Refunding => Resolved::RefundOpen,
        Standing::Open => {
            let why = case.refund_failure.as_deref();
            let why = why.unwrap_or("Stripe did not make it");
            Resolved::NotNow(format!("the refund was not made: {why}"))
        }
    }
}

/// Stripe will not give it back: the case is open again, for something else.
async fn give_up(app: &App, case: Case, why: &str, doing: &Doing) -> Result<Resolved, DbError> {
    let (doing, why) = (doing.clone(), why.to_owned());
    let sentence = why.clone();
    let written = app.db.transaction(move |connection| {
        refund_asked_for::not_made(connection, &case, &sentence, &doing)
    });
    written.await?;
    Ok(Resolved::NotNow(why))
}
