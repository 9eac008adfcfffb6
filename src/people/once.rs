//! A form is carried out once: the second press is answered with the first's outcome. What takes more than
//! one transaction is in [`super::long_press`].

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{random, schema::ops_once};

/// So long a press is the second one.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// What came of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The page that shows it.
    pub to: String,
    /// What was done, in a heading.
    pub title: String,
    /// What follows, and what does not.
    pub text: String,
}

/// A form that was carried out, now or before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pressed {
    /// Its row, by which the next page finds what to say.
    pub id: Uuid,
    /// What came of it.
    pub outcome: Outcome,
    /// It had been carried out before.
    pub again: bool,
}

/// Carries a form out, once for each token of a user, in the transaction of what it does. A second press that
/// comes meanwhile waits for the first's commit. `Err` is a refusal, for which nothing was changed: the
/// form may be sent again.
pub fn once<R>(
    connection: &mut PgConnection,
    (user, token): (Uuid, &str),
    now: DateTime<Utc>,
    act: impl FnOnce(&mut PgConnection) -> QueryResult<Result<Outcome, R>>,
) -> QueryResult<Result<Pressed, R>> {
    let id = random::row_id(now);
    let taken = diesel::insert_into(ops_once::table)
        .values((
            ops_once::id.eq(id),
            ops_once::user_id.eq(user),
            ops_once::token.eq(token),
            ops_once::at.eq(now),
        ))
        .on_conflict((ops_once::user_id, ops_once::token))
        .do_nothing()
        .execute(connection)?;
    if taken == 0 {
        return before(connection, user, token).map(Ok);
    }
    match act(connection)? {
        Ok(outcome) => {
            diesel::update(ops_once::table.find(id))
                .set(ops_once::outcome.eq(json!(outcome)))
                .execute(connection)?;
            Ok(Ok(Pressed {
                id,
                outcome,
                again: false,
            }))
        }
        Err(refusal) => {
            diesel::delete(ops_once::table.find(id)).execute(connection)?;
            Ok(Err(refusal))
        }
    }
}

pub(super) fn before(
    connection: &mut PgConnection,
    user: Uuid,
    token: &str,
) -> QueryResult<Pressed> {
    let (id, outcome): (Uuid, Value) = ops_once::table
        .filter(ops_once::user_id.eq(user).and(ops_once::token.eq(token)))
        .select((ops_once::id, ops_once::outcome))
        .first(connection)?;
    Ok(Pressed {
        id,
        outcome: read(outcome)?,
        again: true,
    })
}

/// What came of a form of this user, and when.
pub fn find(
    connection: &mut PgConnection,
    id: Uuid,
    user: Uuid,
) -> QueryResult<Option<(Outcome, DateTime<Utc>)>> {
    let found: Option<(Value, DateTime<Utc>)> = ops_once::table
        .find(id)
        .filter(ops_once::user_id.eq(user))
        // Nothing has come of it while it goes on.
        .filter(ops_once::held_until.is_null())
        .select((ops_once::outcome, ops_once::at))
        .first(connection)
        .optional()?;
    let read = found.map(|(outcome, at)| read(outcome).map(|outcome| (outcome, at)));
    read.transpose()
}

fn read(outcome: Value) -> QueryResult<Outcome> {
    serde_json::from_value(outcome)
        .map_err(|error| diesel::result::Error::DeserializationError(error.into()))
}

/// Forgets those of more than a day ago.
pub(super) fn sweep(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::delete(ops_once::table.filter(ops_once::at.lt(now - KEPT)))
        .execute(connection)
        .map(drop)
}
