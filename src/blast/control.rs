//! Holding a mailing that goes out, letting it go on, giving it up.

use diesel::{Connection, prelude::*};
use uuid::Uuid;

use super::{
    Asked,
    edit::answer,
    not_before, pace,
    row::{self, Stored},
    state::{Move, State, Wish},
    tell, view,
};
use crate::{activity::Doing, app::App, db::DbError, outbox::Kind, schema::outbox};

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
        connection.transaction(|connection| {
            let Some(stored) = row::lock(connection, id)? else {
                return Ok(Asked::NoBlast);
            };
            // Whether it is done, its mails tell.
            let shown = view::find(connection, id)?.map_or(stored.state, |blast| blast.state);
            match shown.after(wish) {
                Move::To(next) => {
                    row::set_state(connection, id, next)?;
                    tell(connection, id, &stored.content.name, what, &doing)?;
                    follow(connection, &own, &stored, next, &doing)?;
                    answer(connection, id)
                }
                Move::Stay => answer(connection, id),
                Move::Refuse(why) => Ok(Asked::NotNow(format!("it stays as it is: {why}"))),
            }
        })
    };
    app.db.run(act).await
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
        State::Sending => {
            let rate = pace::rate(stored.content.per_second, app.mailer.per_second);
            let from = not_before(stored.content.send_at, doing.at);
            pace::spread(connection, stored.id, from, doing.at, rate)
        }
        State::Cancelled => diesel::update(outbox::table)
            .filter(outbox::blast_id.eq(stored.id))
            .filter(outbox::kind.eq(Kind::Blast.name()))
            .filter(outbox::state.eq("queued"))
            .set(outbox::state.eq("cancelled"))
            .execute(connection)
            .map(drop),
        State::Draft | State::Approved | State::Paused | State::Done | State::Recalled => Ok(()),
    }
}
