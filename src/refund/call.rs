//! Asking Stripe for a refund, and what has become of it: the same for a case and for an order.

use diesel::{PgConnection, QueryResult};
use tokio::time::Instant;

use crate::{
    activity::Doing,
    app::App,
    db::DbError,
    gateway::{CallError, charge::RefundNews},
    settlement::{self, Answer},
    upstream::UpstreamError,
};

/// Stripe's answer, as far as it decides what follows.
#[derive(Debug)]
pub enum Said {
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

/// Reads the answer to a refund that was asked for.
pub fn what_stripe_said(answer: Result<String, CallError>) -> Said {
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

/// Asks Stripe for the payment's refunds, writes down what it says by the path that an event takes, and gives
/// what `then` reads in the same transaction. `None`: Stripe did not tell.
///
/// # Errors
/// The database's.
pub async fn look<T: Send + 'static>(
    app: &App,
    news: &RefundNews,
    answer: Option<Answer>,
    deadline: Instant,
    doing: &Doing,
    then: impl Fn(&mut PgConnection) -> QueryResult<T> + Send + 'static,
) -> Result<Option<T>, DbError> {
    let told = match settlement::ask_for_refunds(app, news, deadline).await {
        Ok(told) => told,
        Err(UpstreamError::Database(error)) => return Err(error),
        Err(UpstreamError::Stripe(error)) => {
            log::error!("Stripe did not say whether a refund was made: {error}");
            return Ok(None);
        }
    };
    let doing = doing.clone();
    let after = app.db.transaction(move |connection| {
        settlement::refunded(connection, &told, answer.as_ref(), &doing)?;
        then(connection)
    });
    after.await.map(Some)
}
