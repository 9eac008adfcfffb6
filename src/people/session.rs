//! Whoever is signed in: a cookie's random value in their browser, its hash in a row.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{Connection, prelude::*};
use uuid::Uuid;

use crate::{
    config::Secret,
    credential::{self, hash},
    schema::{ops_sessions, ops_users},
    token::Role,
};

/// A session that is not used for so long ends.
pub const IDLE: TimeDelta = TimeDelta::hours(8);
/// No session is older.
pub const LONGEST: TimeDelta = TimeDelta::days(7);
/// A use is written down unless another was within so long.
pub const USE: TimeDelta = TimeDelta::minutes(1);
/// Random bytes of a cookie, in hex.
const RANDOM_BYTES: usize = 32;

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Person {
    /// Their account.
    pub id: Uuid,
    /// What pages and the history call them.
    pub name: String,
    /// Where their mails go.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// When this session was last used, to the minute.
    pub seen_at: DateTime<Utc>,
    /// What is kept of its cookie.
    pub session: Vec<u8>,
}

/// Begins a session with a cookie that nobody has had before.
pub fn begin(connection: &mut PgConnection, user: Uuid, now: DateTime<Utc>) -> QueryResult<Secret> {
    let token = fresh();
    diesel::insert_into(ops_sessions::table)
        .values((
            ops_sessions::token_hash.eq(hash(token.expose())),
            ops_sessions::user_id.eq(user),
            ops_sessions::began_at.eq(now),
            ops_sessions::seen_at.eq(now),
        ))
        .execute(connection)?;
    diesel::update(ops_users::table.find(user))
        .set(ops_users::last_seen_at.eq(now))
        .execute(connection)?;
    Ok(token)
}

/// Whose session a cookie is; nobody's once it has ended, or its account is disabled.
pub fn find(
    connection: &mut PgConnection,
    token: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<Person>> {
    ops_sessions::table
        .inner_join(ops_users::table)
        .filter(ops_sessions::token_hash.eq(hash(token)))
        .filter(ops_sessions::seen_at.gt(now - IDLE))
        .filter(ops_sessions::began_at.gt(now - LONGEST))
        .filter(ops_users::disabled_at.is_null())
        .select((
            ops_users::id,
            ops_users::name,
            ops_users::email,
            ops_users::role,
            ops_sessions::seen_at,
            ops_sessions::token_hash,
        ))
        .first(connection)
        .optional()
}

/// Writes down that a session is used, unless it was within the last minute.
pub fn note_use(
    connection: &mut PgConnection,
    person: &Person,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if person.seen_at > now - USE && person.seen_at <= now {
        return Ok(());
    }
    connection.transaction(|connection| {
        diesel::update(ops_sessions::table.find(&person.session))
            .set(ops_sessions::seen_at.eq(now))
            .execute(connection)?;
        diesel::update(ops_users::table.find(person.id))
            .set(ops_users::last_seen_at.eq(now))
            .execute(connection)
            .map(drop)
    })
}

/// Ends the session of a cookie.
pub fn end(connection: &mut PgConnection, token: &str) -> QueryResult<()> {
    diesel::delete(ops_sessions::table.find(hash(token)))
        .execute(connection)
        .map(drop)
}

/// Ends all sessions of an account.
pub fn end_all(connection: &mut PgConnection, user: Uuid) -> QueryResult<()> {
    diesel::delete(ops_sessions::table.filter(ops_sessions::user_id.eq(user)))
        .execute(connection)
        .map(drop)
}

/// Deletes sessions that have ended by themselves.
pub(super) fn sweep(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
    let ended = ops_sessions::seen_at
        .lt(now - IDLE)
        .or(ops_sessions::began_at.lt(now - LONGEST));
    diesel::delete(ops_sessions::table.filter(ended))
        .execute(connection)
        .map(drop)
}

/// A value for a cookie.
pub fn fresh() -> Secret {
    Secret::new(credential::fresh::<RANDOM_BYTES>())
}

/// Whether a text may be one, so that whatever else browsers send costs no look at the database.
pub fn is_shaped(text: &str) -> bool {
    credential::is_shaped::<RANDOM_BYTES>(text)
}
