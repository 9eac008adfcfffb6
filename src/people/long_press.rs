//! A form whose action asks Stripe, or takes several transactions, is carried out once, too.
//!
//! Its row is held while it goes on, under a lease. Whoever presses meanwhile waits for the outcome; whoever
//! comes when the lease is over, since the process that held it has died, carries it out again. So the action
//! does no harm a second time: what it asks of Stripe goes under a key, which may be the form's token.

use std::{future::Future, time::Duration};

use actix_web::rt;
use diesel::prelude::*;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::once::{Outcome, Pressed, before};
use crate::{
    app::App,
    db::{Db, DbError, clock_timestamp, from_now},
    random,
    schema::ops_once,
};

/// Longer than any such action takes: a click's budget, some statements and some reads at Stripe.
const LEASE: Duration = Duration::from_secs(60);
/// So long a second press waits for the first's outcome: a click's usual budget, and a little.
const PATIENCE: Duration = Duration::from_secs(12);
/// Between two looks of a press that waits.
const PAUSE: Duration = Duration::from_millis(150);

/// What came of a press.
#[derive(Debug)]
pub enum Came<R> {
    /// It was carried out, now or before.
    Pressed(Pressed),
    /// It was refused, and the form may be sent again.
    Refused(R),
    /// The first press is still being carried out.
    GoesOn,
}

/// Who holds a row.
enum Taken {
    /// We do, under this claim.
    Ours(Held),
    /// It was carried out before.
    Before(Pressed),
    /// Somebody else does.
    Theirs,
}

#[derive(Clone, Copy)]
struct Held {
    row: Uuid,
    claim: Uuid,
}

/// Carries out what `act` does, once for each token of a user. It goes on to its end when the browser goes
/// away. `Ok(Err(…))` of `act` is a refusal: nothing was done, or nothing that harms a second time.
///
/// # Errors
/// The database's, or that of `act`; the form may be sent again.
pub async fn long_press<R, F>(
    app: &App,
    (user, token): (Uuid, &str),
    act: impl FnOnce() -> F,
) -> Result<Came<R>, DbError>
where
    R: 'static,
    F: Future<Output = Result<Result<Outcome, R>, DbError>> + 'static,
{
    let until = Instant::now() + PATIENCE;
    loop {
        match take(app, user, token.to_owned()).await? {
            Taken::Ours(held) => {
                let carried = carry_out(app.db.clone(), held, act());
                return match rt::spawn(carried).await {
                    Ok(came) => came,
                    // It broke down, and the log has it from there. The lease runs out.
                    Err(_) => Ok(Came::GoesOn),
                };
            }
            Taken::Before(pressed) => return Ok(Came::Pressed(pressed)),
            Taken::Theirs if Instant::now() < until => sleep(PAUSE).await,
            Taken::Theirs => return Ok(Came::GoesOn),
        }
    }
}

async fn carry_out<R>(
    db: Db,
    held: Held,
    act: impl Future<Output = Result<Result<Outcome, R>, DbError>>,
) -> Result<Came<R>, DbError> {
    match act.await {
        Ok(Ok(outcome)) => {
            let kept = outcome.clone();
            db.run(move |connection| write_down(connection, held, &kept))
                .await?;
            Ok(Came::Pressed(Pressed {
                id: held.row,
                outcome,
                again: false,
            }))
        }
        Ok(Err(refused)) => {
            db.run(move |connection| give_back(connection, held))
                .await?;
            Ok(Came::Refused(refused))
        }
        Err(error) => {
            if let Err(error) = db.run(move |connection| give_back(connection, held)).await {
                error.log("people");
            }
            Err(error)
        }
    }
}

async fn take(app: &App, user: Uuid, token: String) -> Result<Taken, DbError> {
    let clock = app.clock.clone();
    let held = Held {
        row: random::row_id(clock.now()),
        claim: random::row_id(clock.now()),
    };
    app.db
        .transaction(move |connection| {
            let new = diesel::insert_into(ops_once::table)
                .values((
                    ops_once::id.eq(held.row),
                    ops_once::user_id.eq(user),
                    ops_once::token.eq(&token),
                    ops_once::at.eq(clock.now()),
                    ops_once::held_until.eq(from_now(LEASE).nullable()),
                    ops_once::held_by.eq(held.claim),
                ))
                .on_conflict((ops_once::user_id, ops_once::token))
                .do_nothing()
                .execute(connection)?;
            if new > 0 {
                return Ok(Taken::Ours(held));
            }
            take_over(connection, user, &token, held.claim)
        })
        .await
}

/// A row that stands: of two who find its lease over, one takes it.
fn take_over(
    connection: &mut PgConnection,
    user: Uuid,
    token: &str,
    claim: Uuid,
) -> QueryResult<Taken> {
    let row = ops_once::table
        .filter(ops_once::user_id.eq(user))
        .filter(ops_once::token.eq(token));
    let left = row.filter(ops_once::held_until.lt(clock_timestamp().nullable()));
    let taken: Option<Uuid> = diesel::update(left)
        .set((
            ops_once::held_until.eq(from_now(LEASE).nullable()),
            ops_once::held_by.eq(claim),
        ))
        .returning(ops_once::id)
        .get_result(connection)
        .optional()?;
    if let Some(row) = taken {
        return Ok(Taken::Ours(Held { row, claim }));
    }
    let goes_on: Option<bool> = row
        .select(ops_once::held_until.is_not_null())
        .first(connection)
        .optional()?;
    match goes_on {
        Some(false) => before(connection, user, token).map(Taken::Before),
        // Given back in this moment: the next look takes it.
        Some(true) | None => Ok(Taken::Theirs),
    }
}

/// Under our claim alone: whoever took the row over writes what came of it.
fn write_down(connection: &mut PgConnection, held: Held, outcome: &Outcome) -> QueryResult<()> {
    let ours = ops_once::table
        .find(held.row)
        .filter(ops_once::held_by.eq(held.claim));
    diesel::update(ours)
        .set((
            ops_once::outcome.eq(serde_json::json!(outcome)),
            ops_once::held_until.eq(None::<chrono::DateTime<chrono::Utc>>),
            ops_once::held_by.eq(None::<Uuid>),
        ))
        .execute(connection)
        .map(drop)
}

fn give_back(connection: &mut PgConnection, held: Held) -> QueryResult<()> {
    let ours = ops_once::table
        .find(held.row)
        .filter(ops_once::held_by.eq(held.claim));
    diesel::delete(ours).execute(connection).map(drop)
}
