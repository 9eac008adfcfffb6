//! The mails of a mailing that goes out: when each is due, holding them, letting them go on, giving
//! them up.

use diesel::{
    prelude::*,
    sql_types::{Double, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    Asked, due,
    edit::answer,
    record_blast,
    row::{self, Stored},
    state::{Move, State, Wish},
    view,
};
use crate::{
    activity::Doing,
    app::App,
    db::DbError,
    mail,
    outbox::{self, Kind},
    schema::outbox as mails,
};

/// Holds what is queued; mails in hand are finished.
///
/// # Errors
/// The database's.
pub async fn pause(app: &App, id: Uuid, doing: &Doing) -> Result<Asked, DbError> {
    act(app, id, Wish::Pause, "paused", doing).await
}

/// Lets it go on at its pace, from now.
///
/// # Errors
/// The database's.
pub async fn resume(app: &App, id: Uuid, doing: &Doing) -> Result<Asked, DbError> {
    let asked = act(app, id, Wish::Resume, "resumed", doing).await?;
    app.wake_mail.notify_one();
    Ok(asked)
}

/// Gives up what is queued; mails in hand are finished.
///
/// # Errors
/// The database's.
pub async fn cancel(app: &App, id: Uuid, doing: &Doing) -> Result<Asked, DbError> {
    act(app, id, Wish::Cancel, "cancelled", doing).await
}

async fn act(
    app: &App,
    id: Uuid,
    wish: Wish,
    what: &'static str,
    doing: &Doing,
) -> Result<Asked, DbError> {
    let (own, doing) = (app.clone(), doing.clone());
    let act = move |connection: &mut PgConnection| {
        let Some(stored) = row::lock(connection, id)? else {
            return Ok(Asked::NoBlast);
        };
        // Whether it is done, its mails tell.
        let shown = view::find(connection, id)?.map_or(stored.state, |blast| blast.state);
        match shown.after(wish) {
            Move::To(next) => {
                row::set_state(connection, id, next)?;
                record_blast(connection, id, &stored.content.name, what, &doing)?;
                follow(connection, &own, &stored, next, &doing)?;
                answer(connection, id)
            }
            Move::Stay => answer(connection, id),
            Move::Refuse(why) => Ok(Asked::NotNow(format!("it stays as it is: {why}"))),
        }
    };
    app.db.transaction(act).await
}

/// What becomes of the queued mails.
fn follow(
    connection: &mut PgConnection,
    app: &App,
    stored: &Stored,
    next: State,
    doing: &Doing,
) -> QueryResult<()> {
    match next {
        State::Sending => spread(connection, app, stored, doing),
        State::Cancelled => diesel::update(mails::table)
            .filter(mails::blast_id.eq(stored.id))
            .filter(mails::kind.eq(Kind::Blast))
            .filter(mails::state.eq(mail::State::Queued))
            .set(mails::state.eq(mail::State::Cancelled))
            .execute(connection)
            .map(drop),
        State::Draft | State::Approved | State::Paused | State::Done | State::Recalled => Ok(()),
    }
}

/// Spreads the queued mails of a mailing over the time from now on, or from its `send_at`, in the order
/// in which they were queued, as [`due`] does at the start. The tries of each begin when it is due, however
/// long that is.
fn spread(
    connection: &mut PgConnection,
    app: &App,
    stored: &Stored,
    doing: &Doing,
) -> QueryResult<()> {
    let content = &stored.content;
    let from = due::from(content, doing.at);
    // `queued_at` is on the database's clock, as every lease is; the two times that are bound are both on
    // ours, so that only their difference counts there. A mail that a courier has in hand meanwhile stays as
    // it is: its state is asked again in the update.
    diesel::sql_query(format!(
        "UPDATE outbox SET due_at = $2 + turn.wait, \
             queued_at = clock_timestamp() + ($2 - $3) + turn.wait \
         FROM (SELECT id, make_interval(secs => \
                   least((row_number() OVER (ORDER BY id) - 1) / $4, {never})) AS wait \
               FROM outbox WHERE blast_id = $1 AND kind = $5 AND state = '{queued}') turn \
         WHERE outbox.id = turn.id AND outbox.state = '{queued}'",
        queued = mail::State::Queued,
        never = due::NEVER
    ))
    .bind::<SqlUuid, _>(stored.id)
    .bind::<Timestamptz, _>(from)
    .bind::<Timestamptz, _>(doing.at)
    .bind::<Double, _>(due::rate(content.per_second, app.mailer.per_second))
    .bind::<Text, _>(Kind::Blast.name())
    .execute(connection)?;
    outbox::call_out(connection)
}
