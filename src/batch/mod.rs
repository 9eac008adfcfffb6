//! One action for many orders: cash taken from them, or their links mailed.
//!
//! No transaction holds for all of them, since before an order is settled its open payment page is closed at
//! Stripe. So the wish is written first, with a row for each order ([`begin`]); each order is then done in a
//! transaction of its own, which writes what came of it into its row ([`work_off`]). What was not done when a
//! process died is told, and goes on from there: an order whose row has an outcome is not touched again.
//!
//! The API has no call for many: it has each order's own, and whoever calls it counts by itself.

mod fits;
mod rows;

use std::time::{Duration, Instant};

use diesel::{PgConnection, QueryResult};
use uuid::Uuid;

pub use self::{
    fits::{Fit, Why, fits},
    rows::{Batch, Part, begin, find},
};
use crate::{
    activity::Doing,
    app::App,
    checkout::close::{Changed, closed_first},
    column::column_enum,
    db::DbError,
    order::{
        self,
        state::{Fact, How, Move},
    },
    outbox::link::{self, Sent},
};

/// So many orders at once: those of one page, and what a person looks through.
pub const MOST: usize = 200;
/// So long is worked on in one request; what is left then goes on when somebody says so. Browsers and proxies
/// wait for longer.
const PATIENCE: Duration = Duration::from_secs(20);

column_enum! {
    /// What is done.
    pub enum Act {
        /// Settled without Stripe: somebody has taken the cash.
        Cash = "cash",
        /// The link is mailed.
        Send = "send",
    }
}

column_enum! {
    /// What came of it for one order.
    pub enum Outcome {
        /// It was done.
        Done = "done",
        /// It could not be done any more.
        Refused = "refused",
    }
}

/// What one order's turn came to.
enum Turn {
    /// It has an outcome, by now or from before.
    Over,
    /// Stripe did not answer: it stays to be done.
    Later,
}

/// Does what is left of a batch, as long as there is time. Two who do so at once do each order once.
///
/// # Errors
/// The database's; what was done stays done.
pub async fn work_off(app: &App, id: Uuid) -> Result<(), DbError> {
    let begun = Instant::now();
    let found = app
        .db
        .run(move |connection| {
            let batch = find(connection, id)?;
            Ok((batch, rows::left(connection, id)?))
        })
        .await?;
    let (Some(batch), left) = found else {
        return Ok(());
    };
    for order in left {
        if begun.elapsed() > PATIENCE {
            break;
        }
        let turn = match batch.act {
            Act::Cash => settle(app, &batch, order).await?,
            Act::Send => send(app, &batch, order).await?,
        };
        // Where Stripe does not answer for one it does not for the next: somebody tries again later.
        if matches!(turn, Turn::Later) {
            break;
        }
    }
    app.wake_mail.notify_one();
    Ok(())
}

async fn settle(app: &App, batch: &Batch, order: Uuid) -> Result<Turn, DbError> {
    let (id, doing) = (batch.id, doing(app, batch));
    let settled = closed_first(app, order, move |connection, order| {
        // The order is locked: whoever works on the same batch waits here, and sees the outcome.
        if !rows::is_left(connection, id, order.id)? {
            return Ok(());
        }
        let moved = order::advance(connection, order, Fact::SettleOffline(How::Cash), &doing)?;
        match moved {
            Move::To(_) => rows::end(connection, (id, order.id), Outcome::Done, None),
            Move::Stay => rows::end(
                connection,
                (id, order.id),
                Outcome::Refused,
                Some("it was settled already"),
            ),
            Move::Refuse(why) => rows::end(connection, (id, order.id), Outcome::Refused, Some(why)),
        }
    });
    Ok(match settled.await? {
        // One that is gone has no row any more.
        Changed::Done(()) | Changed::NoOrder => Turn::Over,
        Changed::NoAnswer => Turn::Later,
    })
}

async fn send(app: &App, batch: &Batch, order: Uuid) -> Result<Turn, DbError> {
    let (id, doing, writer) = (batch.id, doing(app, batch), app.clone());
    let sent = move |connection: &mut PgConnection| -> QueryResult<()> {
        // Locked first, as everybody locks: then its row here.
        order::lock(connection, &[order])?;
        if !rows::is_left(connection, id, order)? {
            return Ok(());
        }
        match link::send(connection, &writer, order, &doing)? {
            Sent::Queued(_) => rows::end(connection, (id, order), Outcome::Done, None),
            Sent::OnItsWay(_) => {
                let why = "a mail with its link is on its way already";
                rows::end(connection, (id, order), Outcome::Refused, Some(why))
            }
            Sent::NotNow(why) => rows::end(connection, (id, order), Outcome::Refused, Some(&why)),
            Sent::NoOrder => Ok(()),
        }
    };
    app.db.transaction(sent).await?;
    Ok(Turn::Over)
}

/// Whoever wished it does it, also where somebody else goes on with it.
fn doing(app: &App, batch: &Batch) -> Doing {
    Doing {
        actor: batch.actor.clone(),
        at: app.clock.now(),
        note: batch.note.clone(),
    }
}
