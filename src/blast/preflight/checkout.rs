//! Does a click lead to a checkout, and does Stripe's word about it come back? One session is opened and closed
//! with the parameters of one of the mailing's orders.

use std::time::Duration;

use diesel::PgConnection;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    check::{Check, Probe},
    row::{self, Waited},
};
use crate::{
    app::App,
    checkout::{TrialError, try_out},
    db::DbError,
};

/// Between two looks for the event. Each is one short statement by an index.
const BETWEEN: Duration = Duration::from_millis(300);

/// Tries it out; the trial that is waited for, if Stripe opened and closed one.
pub async fn check(app: &App, order: Uuid) -> Result<(Check, Option<Waited>), DbError> {
    let refused = match try_out(app, order).await {
        Ok(stripe_id) => {
            let fine = Check::fine(
                Probe::Checkout,
                "Stripe opened a checkout and closed it again",
            );
            let seconds = 0.0;
            return Ok((fine, Some(Waited { stripe_id, seconds })));
        }
        Err(TrialError::Database(error)) => return Err(error),
        Err(refused @ TrialError::NotOpened(_)) => format!(
            "{refused}, so that no family could pay: check STRIPE_SECRET_KEY, and what this order asks for"
        ),
        Err(refused @ TrialError::NotClosed(_)) => format!("{refused}; try again in a minute"),
        Err(refused @ TrialError::ForeignHost) => {
            format!("{refused}, so that no family would be led there: add it to CHECKOUT_HOSTS")
        }
        Err(TrialError::NoOrder) => "the order that was tried is gone; try again".to_owned(),
    };
    Ok((Check::error(Probe::Checkout, refused), None))
}

/// What is known of a trial that an earlier start has closed.
pub fn tried_before() -> Check {
    Check::fine(
        Probe::Checkout,
        "Stripe opened a checkout and closed it again, for a start whose caller did not wait",
    )
}

/// Waits for the event, with no connection held, and no longer than somebody who asks again would in all.
pub async fn heard(app: &App, waited: &Waited) -> Result<Check, DbError> {
    let already = Duration::try_from_secs_f64(waited.seconds).unwrap_or_default();
    let until = Instant::now() + app.preflight_wait.saturating_sub(already);
    loop {
        let stripe_id = waited.stripe_id.clone();
        let look = move |connection: &mut PgConnection| row::was_heard(connection, &stripe_id);
        if app.db.run(look).await? {
            let fine = "Stripe's event about the trial came through our webhook";
            return Ok(Check::fine(Probe::Webhook, fine));
        }
        if Instant::now() >= until {
            return Ok(silent(app.preflight_wait));
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

fn silent(wait: Duration) -> Check {
    Check::warning(
        Probe::Webhook,
        format!(
            "Stripe's event about the trial has not come through our webhook within {} seconds: in Stripe's \
             dashboard, check that the endpoint is on, is sent checkout.session.expired, and has the secret in \
             STRIPE_WEBHOOK_SECRETS; until then payments are found by the sweep, some minutes late",
            wait.as_secs()
        ),
    )
}
