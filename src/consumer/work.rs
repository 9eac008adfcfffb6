//! One event: what it says, what follows from it, and what became of it.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use tokio::time::timeout;

use crate::{
    app::App,
    db::DbError,
    gateway::{
        CallError, Session,
        charge::{Dispute, RefundNews},
        event::Event,
        session::Status,
    },
    inbox::{
        Claimed, FOREIGN, NO_EVENT, Outcome, Source,
        dispatch::{self, Handling},
        finish as write_outcome,
    },
    recovery::{self, Asking, Decision},
    settlement::{self, FoundBy, RefundsAtStripe, Settled},
    upstream::UpstreamError,
};

/// How often a failing event is tried before a person has to look: over more than a day.
const TRIES: i32 = 36;
/// What the database refuses so often it will not take, and what breaks down so often is our fault;
/// sooner, since waiting seldom helps.
const REFUSALS: i32 = 8;
/// Stripe Connect: <https://docs.stripe.com/connect/webhooks>. Ids are an account's own, and what was paid
/// there is nobody's here.
const OTHER_ACCOUNT: &str = "other_account: the event is of another account (Stripe Connect)";
/// The work on one event takes no longer, within its lease of a minute: another replica must not begin
/// it meanwhile.
const WORK: Duration = Duration::from_secs(45);
/// A read at Stripe takes no longer; it is tried again.
const READ_BUDGET: Duration = Duration::from_secs(4);

/// Works on an event, and writes what became of it.
///
/// # Errors
/// The database's: its outcome was not written, and it is taken up again when its lease is over.
pub(super) async fn work_on(app: App, event: Claimed) -> Result<(), DbError> {
    let event = Arc::new(event);
    let outcome = match to_its_end(&app, &event).await {
        Ok(outcome) => outcome,
        Err(outcome) => finish(&app, &event, outcome).await?,
    };
    if let (Outcome::Later(_) | Outcome::Failed(_), Some(why)) = (&outcome, outcome.why()) {
        log::warn!("event {} was not acted on: {why}", event.id);
    }
    app.metrics
        .events
        .with_label_values(&[outcome.state().name()])
        .inc();
    Ok(())
}

/// `Err` is an outcome that is still to be written.
async fn to_its_end(app: &App, event: &Arc<Claimed>) -> Result<Outcome, Outcome> {
    if event.attempts > TRIES {
        // Neither was an outcome of the last one written: its worker died each time, or stood still.
        let why = format!("its work has not come to an end in {TRIES} tries");
        return Err(Outcome::Failed(why));
    }
    let work = work(app.clone(), Arc::clone(event));
    match timeout(WORK, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(done)) => done,
        // The log has it from the panic itself.
        Ok(Err(_)) => {
            let why = "a fault of this program: its work broke down, the log says where";
            Err(failed_or_later(event, true, why.to_owned()))
        }
        Err(_) => {
            let why = format!(
                "its work did not come to an end in {} seconds",
                WORK.as_secs()
            );
            Err(Outcome::Later(why))
        }
    }
}

/// Owns what it works with, so that it is a task's.
async fn work(app: App, event: Arc<Claimed>) -> Result<Outcome, Outcome> {
    let told = what_it_says(&app, &event).await?;
    let acted = act(&app, &event, told).await;
    acted.map_err(|error| failed_or_later(&event, !error.is_away(), error.to_string()))
}

/// What this event would have us do cannot be: the others do not wait for it.
fn failed_or_later(event: &Claimed, seldom_passes: bool, why: String) -> Outcome {
    if seldom_passes && event.attempts >= REFUSALS {
        Outcome::Failed(why)
    } else {
        Outcome::Later(why)
    }
}

/// What an event says.
#[derive(Debug, Clone)]
enum Told {
    Session(Box<Session>),
    Refunds(RefundsAtStripe),
    Dispute(Dispute),
}

/// What follows and the outcome are one transaction.
async fn act(app: &App, event: &Arc<Claimed>, told: Told) -> Result<Outcome, DbError> {
    let (event, found_by) = (Arc::clone(event), found_by(event.source));
    let (db, app) = (app.db.clone(), app.clone());
    db.transaction(move |connection| {
        let doing = found_by.doing(app.clock.now());
        let outcome = match &told {
            Told::Session(session) => {
                settlement::settle_in(connection, &app, session, found_by).map(after)?
            }
            Told::Refunds(told) => {
                settlement::refunded(connection, told, None, &doing).map(if_known)?
            }
            Told::Dispute(dispute) => {
                settlement::disputed(connection, dispute, &doing).map(if_known)?
            }
        };
        write_outcome(connection, &event, &outcome, doing.at)?;
        Ok(outcome)
    })
    .await
}

fn found_by(source: Source) -> FoundBy {
    match source {
        Source::Webhook => FoundBy::Webhook,
        Source::Sweep => FoundBy::Sweep,
    }
}

/// Decides about a cart; that is a transaction of its own, since Stripe is asked in between, and
/// done twice it is done once.
async fn look_into(app: &App, session: &Session) -> Outcome {
    let asking = Asking {
        terms: app.reminders,
        by_hand: false,
        dry_run: false,
    };
    match recovery::expired(app, session, asking).await {
        Ok(Decision::Scheduled | Decision::Known) => Outcome::Processed,
        Ok(Decision::Skipped(reason)) => {
            Outcome::Ignored(format!("{}: no reminder ({})", FOREIGN, reason.name()))
        }
        Err(UpstreamError::Stripe(error)) => stripe_said(&error),
        Err(UpstreamError::Database(error)) => Outcome::Later(error.to_string()),
    }
}

fn after(settled: Settled) -> Outcome {
    match settled {
        Settled::Ours | Settled::Unknown => Outcome::Processed,
        Settled::Foreign => Outcome::Ignored(FOREIGN.to_owned()),
    }
}

fn if_known(known: bool) -> Outcome {
    if known {
        Outcome::Processed
    } else {
        let why = "no payment that we know; what it says is kept, should the payment come";
        Outcome::Ignored(why.to_owned())
    }
}

/// Writes the outcome of an event from which nothing follows now; the last try of all has failed.
async fn finish(app: &App, event: &Arc<Claimed>, outcome: Outcome) -> Result<Outcome, DbError> {
    let (event, now) = (Arc::clone(event), app.clock.now());
    let outcome = match outcome {
        Outcome::Later(why) if event.attempts >= TRIES => Outcome::Failed(why),
        outcome => outcome,
    };
    app.db
        .run({
            let outcome = outcome.clone();
            move |connection| write_outcome(connection, &event, &outcome, now)
        })
        .await?;
    Ok(outcome)
}

/// What an event is about, as it stands: from the event where that is final, else from Stripe.
/// `Err` is the outcome of an event that leads no further.
async fn what_it_says(app: &App, claimed: &Claimed) -> Result<Told, Outcome> {
    let Some(event) = Event::read(&claimed.body) else {
        return Err(Outcome::Failed(NO_EVENT.to_owned()));
    };
    if event.envelope.account.is_some() {
        return Err(Outcome::Ignored(OTHER_ACCOUNT.to_owned()));
    }
    let handling = dispatch::handling(&claimed.kind);
    if claimed
        .livemode
        .is_some_and(|livemode| livemode != app.livemode)
    {
        return Err(of_the_other_mode(app, &event, handling).await);
    }
    let unreadable = |error: CallError| Outcome::Failed(error.to_string());
    match handling {
        Handling::Keep(why) => Err(Outcome::Ignored(why.to_owned())),
        Handling::Refund => match event.refund_news().map_err(unreadable)? {
            Some(news) => {
                learn(app, Some(&news.payment_intent)).await?;
                ask_for_refunds(app, &news).await
            }
            None => Err(Outcome::Ignored(
                "a charge without a payment intent".to_owned(),
            )),
        },
        Handling::Dispute => {
            let dispute = event.dispute().map_err(unreadable)?;
            learn(app, dispute.payment_intent.as_ref()).await?;
            Ok(Told::Dispute(dispute))
        }
        Handling::Settle => {
            let told = event.session().map_err(unreadable)?;
            as_it_stands(app, told).await
        }
    }
}

async fn ask_for_refunds(app: &App, news: &RefundNews) -> Result<Told, Outcome> {
    let deadline = tokio::time::Instant::now() + READ_BUDGET.min(app.click_budget);
    match settlement::ask_for_refunds(app, news, deadline).await {
        Ok(told) => Ok(Told::Refunds(told)),
        Err(UpstreamError::Stripe(error)) => Err(stripe_said(&error)),
        Err(UpstreamError::Database(error)) => Err(Outcome::Later(error.to_string())),
    }
}

async fn as_it_stands(app: &App, told: Session) -> Result<Told, Outcome> {
    let session = match told.status {
        Status::Expired if !is_ours(app, &told).await? => {
            return Err(look_into(app, &told).await);
        }
        Status::Paid | Status::Expired | Status::PaymentFailed => told,
        Status::Open | Status::PaymentPending if is_ours(app, &told).await? => {
            read_again(app, &told).await?
        }
        // Another system's: not worth a call.
        Status::Open | Status::PaymentPending => told,
    };
    Ok(Told::Session(Box::new(session)))
}

/// Nothing follows from it; a cart that expired is decided on all the same, so that its row says why.
async fn of_the_other_mode(app: &App, event: &Event, handling: Handling) -> Outcome {
    let ignored =
        Outcome::Ignored("test_mode: the event is of the other mode than our key".to_owned());
    let told = match handling {
        Handling::Settle => event.session().ok(),
        _ => None,
    };
    let Some(mut told) = told.filter(|told| told.status == Status::Expired) else {
        return ignored;
    };
    told.livemode = event.envelope.livemode;
    match is_ours(app, &told).await {
        Ok(true) => ignored,
        Ok(false) => match look_into(app, &told).await {
            Outcome::Ignored(_) => ignored,
            other => other,
        },
        Err(later) => later,
    }
}

async fn is_ours(app: &App, told: &Session) -> Result<bool, Outcome> {
    let known = recovery::is_ours(app, told).await;
    known.map_err(|error| Outcome::Later(error.to_string()))
}

/// A payment that an import told of has no intent until Stripe tells of its session: it is asked,
/// should this be it.
async fn learn(app: &App, intent: Option<&String>) -> Result<(), Outcome> {
    let Some(intent) = intent.cloned() else {
        return Ok(());
    };
    let later = |error: DbError| Outcome::Later(error.to_string());
    let wanted = intent.clone();
    let imported = app
        .db
        .run(move |connection| settlement::may_be_imported(connection, &wanted));
    if !imported.await.map_err(later)? {
        return Ok(());
    }
    let deadline = tokio::time::Instant::now() + READ_BUDGET.min(app.click_budget);
    let session = app.stripe.session_of(&intent, deadline).await;
    if let Some(session) = session.map_err(|error| Outcome::Later(error.to_string()))?
        && is_ours(app, &session).await?
    {
        let settled = settlement::settle(app, session, FoundBy::Webhook).await;
        settled.map_err(later)?;
    }
    Ok(())
}

async fn read_again(app: &App, told: &Session) -> Result<Session, Outcome> {
    let deadline = tokio::time::Instant::now() + READ_BUDGET.min(app.click_budget);
    app.stripe
        .read(told.id.as_str(), deadline)
        .await
        .map_err(|error| stripe_said(&error))
}

fn stripe_said(error: &CallError) -> Outcome {
    match error {
        CallError::Refused { .. } if !error.refuses_our_key() => Outcome::Failed(error.to_string()),
        _ => Outcome::Later(error.to_string()),
    }
}
