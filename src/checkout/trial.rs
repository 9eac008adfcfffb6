//! A trial: a checkout that is really opened at Stripe, with what a click would ask for, and closed at once. It
//! tells whether a click would lead anywhere, and its end should come back through our webhook.
//!
//! Its row has no order, so that no reminder, no case and no figure follows from it; its address is handed out to
//! nobody. It has a row before the call all the same: an event about it is known as ours, and what a process that
//! died has left open is closed by Stripe within a day.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use tokio::time::Instant;
use uuid::Uuid;

use super::{CheckoutFacts, FOREIGN_HOST, end::mark_closing, load, params};
use crate::{
    app::App,
    db::DbError,
    gateway::{CallError, Session},
    link, random,
    schema::checkout_sessions,
    session::{AskedBy, SessionOrigin, SessionState},
    settlement::{self, FoundBy},
};

/// After so long Stripe has no session of a trial any more, and knows nothing of its key.
const FORGOTTEN: Duration = Duration::hours(24);

/// Why a trial led nowhere.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// Stripe did not open it.
    #[error("Stripe opens no checkout: {0}")]
    NotOpened(CallError),
    /// Stripe opened it, and did not close it.
    #[error("Stripe opened a checkout and did not close it again: {0}")]
    NotClosed(CallError),
    /// A payer would not be sent there.
    #[error("{FOREIGN_HOST}")]
    ForeignHost,
    /// The order is gone.
    #[error("its order is gone")]
    NoOrder,
    /// The database's words.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Opens a checkout for this order as it is today, and closes it; tells Stripe's id of it. Takes at most twice
/// the time of a click.
///
/// # Errors
/// [`TrialError`]: what was begun ends by itself.
pub async fn try_out(app: &App, order_id: Uuid) -> Result<String, TrialError> {
    let found = app
        .db
        .run(move |connection| load(connection, order_id))
        .await?;
    let found = found.ok_or(TrialError::NoOrder)?;
    let (row, body, key) = begin(app, found).await?;
    let opened = app.stripe.try_out(&body, &key, deadline(app)).await;
    let session = match opened {
        Ok(session) => session,
        Err(error) => {
            failed(app, row, &error).await?;
            return Err(TrialError::NotOpened(error));
        }
    };
    let is_ours = session
        .url
        .as_deref()
        .is_none_or(|url| app.checkout_hosts.allow(url));
    close(app, row, session)
        .await
        .and_then(|id| is_ours.then_some(id).ok_or(TrialError::ForeignHost))
}

fn deadline(app: &App) -> Instant {
    Instant::now() + app.click_budget
}

/// The row before the call. Its key names it alone: a trial is never repeated by another process.
async fn begin(app: &App, found: CheckoutFacts) -> Result<(Uuid, String, String), DbError> {
    let (row, now) = (random::row_id(app.clock.now()), app.clock.now());
    let return_url = link::return_url(&app.public_url, &app.pay_token(&found.order));
    let body = params::mint_params(app, &found).body(row, &return_url);
    let key = format!("freshmint-trial-{row}");
    let (kept_body, kept_key) = (body.clone(), key.clone());
    let insert = move |connection: &mut PgConnection| {
        forget_lost(connection, now)?;
        diesel::insert_into(checkout_sessions::table)
            .values((
                checkout_sessions::id.eq(row),
                checkout_sessions::state.eq(SessionState::Minting),
                checkout_sessions::origin.eq(SessionOrigin::Preflight),
                checkout_sessions::asked_by.eq(AskedBy::Machine),
                checkout_sessions::idempotency_key.eq(&kept_key),
                checkout_sessions::request_body.eq(&kept_body),
                checkout_sessions::created_at.eq(now),
                checkout_sessions::posted_at.eq(now),
            ))
            // The same once more, where the answer to the first was lost.
            .on_conflict_do_nothing()
            .execute(connection)
    };
    app.db.transaction(insert).await?;
    Ok((row, body, key))
}

/// Ends trials whose process died before Stripe had answered: their bodies have an address in them.
pub fn forget_lost(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    let lost = checkout_sessions::table
        .filter(checkout_sessions::origin.eq(SessionOrigin::Preflight))
        .filter(checkout_sessions::state.eq(SessionState::Minting))
        .filter(checkout_sessions::created_at.lt(now - FORGOTTEN));
    let end = NotOpened::because("the process that tried it out died", now);
    diesel::update(lost).set(end).execute(connection)
}

/// Where it is open whether Stripe has made it, too: nobody has its address, and Stripe ends it by itself.
async fn failed(app: &App, row: Uuid, error: &CallError) -> Result<(), DbError> {
    let (why, now) = (error.to_string(), app.clock.now());
    let fail = move |connection: &mut PgConnection| {
        let minting = checkout_sessions::table
            .find(row)
            .filter(checkout_sessions::state.eq(SessionState::Minting));
        diesel::update(minting)
            .set(NotOpened::because(&why, now))
            .execute(connection)
    };
    app.db.run(fail).await.map(drop)
}

/// What the row of a trial becomes that led to nothing.
#[derive(AsChangeset)]
#[diesel(table_name = checkout_sessions, treat_none_as_null = true)]
struct NotOpened<'a> {
    state: SessionState,
    failure: Option<&'a str>,
    request_body: Option<&'a str>,
    ended_at: Option<DateTime<Utc>>,
}

impl<'a> NotOpened<'a> {
    fn because(why: &'a str, now: DateTime<Utc>) -> Self {
        Self {
            state: SessionState::Failed,
            failure: Some(why),
            request_body: None,
            ended_at: Some(now),
        }
    }
}

/// As every session of ours is closed: the row says so before Stripe is asked, so that its end is ours.
async fn close(app: &App, row: Uuid, session: Session) -> Result<String, TrialError> {
    let id = session.id.as_str().to_owned();
    settlement::settle(app, session, FoundBy::Click).await?;
    app.db
        .run(move |connection| mark_closing(connection, row))
        .await?;
    let closed = app.stripe.close(&id, deadline(app)).await;
    let closed = closed.map_err(TrialError::NotClosed)?;
    settlement::settle(app, closed, FoundBy::Click).await?;
    Ok(id)
}
