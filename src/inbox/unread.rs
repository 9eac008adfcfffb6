//! Events whose columns nobody has filled: those from before there were any, and those that an older
//! version of this program keeps while it is being replaced.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{foreign, named::NameColumns};
use crate::{app::App, chore::Turn, db::DbError, schema::stripe_events, suppression::AddressKey};

/// Events of one transaction; a body may have a megabyte.
const BATCH: i64 = 100;
/// Transactions of one turn: far fewer than its lease of ten minutes has room for.
const BATCHES: usize = 500;
/// Between two turns. An older version's events hold all mail back until they are read.
const EVERY: Duration = Duration::from_secs(30);

/// Reads them if it is time to, and if no other replica does.
///
/// # Errors
/// The database's; the next turn goes on with what is left.
pub async fn if_due(app: &App) -> Result<(), DbError> {
    let Some(turn) = Turn::take(app, "events").await? else {
        return Ok(());
    };
    match read(app).await {
        Ok(0) => {}
        Ok(count) => log::info!("{count} events were read for what they name"),
        Err(error) => log::warn!("events are still to be read for what they name: {error}"),
    }
    turn.give_back(app, EVERY).await
}

/// Reads what one turn has room for, the newest first: mails wait for those. Tells how many it read.
///
/// # Errors
/// The database's; what was read before stays read.
pub async fn read(app: &App) -> Result<usize, DbError> {
    let (mut count, mut until) = (0, DateTime::<Utc>::MAX_UTC);
    for _ in 0..BATCHES {
        let (read, oldest) = match batch(app, until, Care::All).await {
            Err(error) if !error.is_away() => batch(app, until, Care::Each).await?,
            done => done?,
        };
        if read == 0 {
            break;
        }
        (count, until) = (count + read, oldest);
    }
    Ok(count)
}

/// How a batch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    /// As a whole.
    All,
    /// Each in a savepoint of its own, after the database has refused the whole: one that cannot be
    /// written keeps none that came before it.
    Each,
}

async fn batch(
    app: &App,
    until: DateTime<Utc>,
    care: Care,
) -> Result<(usize, DateTime<Utc>), DbError> {
    app.db
        .patient()
        .transaction(move |connection| some(connection, until, care))
        .await
}

/// Reads some that came no later than `until`; tells how many, and when the oldest of them came.
fn some(
    connection: &mut PgConnection,
    until: DateTime<Utc>,
    care: Care,
) -> QueryResult<(usize, DateTime<Utc>)> {
    let rows = unread(connection, until)?;
    let key = AddressKey::load(connection)?;
    let (mut sessions, mut read) = (Vec::new(), 0);
    for (id, _, body) in &rows {
        let names = NameColumns::of(body, &key);
        let session = names.session_id.clone();
        let write = |connection: &mut PgConnection| {
            diesel::update(stripe_events::table.find(id))
                .set(names.clone())
                .execute(connection)
        };
        match care {
            Care::All => write(connection).map(drop)?,
            Care::Each => {
                if let Err(error) = connection.transaction(write) {
                    log::error!("event {id} cannot be read for what it names: {error}");
                    continue;
                }
            }
        }
        read += 1;
        sessions.extend(session);
    }
    // An import that came between could not find them.
    foreign::take_up_late(connection, &sessions)?;
    Ok((read, rows.last().map_or(until, |(_, at, _)| *at)))
}

/// An event: its id, when it came, and its body.
type Row = (String, DateTime<Utc>, Vec<u8>);

/// Locked, so that what `erase` empties is not filled again; what somebody else has in hand is left to
/// the next turn. Those of the moment `until` are asked for once more, since several come in one.
fn unread(connection: &mut PgConnection, until: DateTime<Utc>) -> QueryResult<Vec<Row>> {
    stripe_events::table
        .filter(stripe_events::named.is_null())
        .filter(stripe_events::received_at.le(until))
        .order(stripe_events::received_at.desc())
        .limit(BATCH)
        .select((
            stripe_events::id,
            stripe_events::received_at,
            stripe_events::body,
        ))
        .for_update()
        .skip_locked()
        .load(connection)
}
