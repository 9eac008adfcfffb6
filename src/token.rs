//! API tokens: shown once, kept as their SHA-256, listed by name, and dead at once when revoked.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::{
    dsl::case_when,
    prelude::*,
    result::{DatabaseErrorKind, Error as QueryError},
    sql_types::Integer,
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    activity::{self, Category, Doing, Line},
    column::column_enum,
    config::Secret,
    credential, random,
    schema::api_tokens,
};

column_enum! {
    /// What somebody may do; each role may do what those before it may.
    pub enum Role {
        /// Read.
        Viewer = "viewer",
        /// Write orders, too.
        Operator = "operator",
        /// Users, tokens and settings, too.
        Admin = "admin",
    }
}

/// What a token begins with, so that it is known for one wherever it is found.
const PREFIX: &str = "fm_";
/// So many random bytes follow it, in hex.
const RANDOM_BYTES: usize = 24;
/// Test mails of one token in a day (UTC): a mailing is tried a few times.
pub const TESTS_A_DAY: i32 = 50;
/// A use is written down unless another was within so long.
pub const USE: TimeDelta = TimeDelta::minutes(1);

/// Whoever calls with a token.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct TokenHolder {
    /// The token's row.
    pub id: Uuid,
    /// Its name, for the history.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A token as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable)]
#[diesel(table_name = api_tokens)]
pub struct Token {
    /// Its row.
    #[serde(skip)]
    pub id: Uuid,
    /// What the history calls it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// Makes a token and tells the history. `None`: the name is taken.
pub fn issue(
    connection: &mut PgConnection,
    name: &str,
    role: Role,
    doing: &Doing,
) -> QueryResult<Option<(Secret, Token)>> {
    let secret = fresh();
    let token = issue_as(connection, &secret, name, role, doing)?;
    Ok(token.map(|token| (secret, token)))
}

/// A new token, which lets nobody in yet.
pub fn fresh() -> Secret {
    Secret::new(format!("{PREFIX}{}", credential::fresh::<RANDOM_BYTES>()))
}

/// Lets a fresh token in and tells the history. `None`: the name is taken.
pub fn issue_as(
    connection: &mut PgConnection,
    secret: &Secret,
    name: &str,
    role: Role,
    doing: &Doing,
) -> QueryResult<Option<Token>> {
    let made = connection.transaction(|connection| {
        keep(connection, secret, name, role, doing.at)?;
        let what = format!("the token {name} was made, with the role {role}");
        activity::record(
            connection,
            Line::about(None, Category::Settings, what, doing),
        )?;
        let token = api_tokens::table
            .filter(api_tokens::name.eq(name))
            .select(Token::as_select())
            .first(connection)?;
        Ok(token)
    });
    match made {
        Ok(made) => Ok(Some(made)),
        Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a token; it is in no place but the answer.
///
/// # Errors
/// A unique violation if the name is taken.
pub fn add(
    connection: &mut PgConnection,
    name: &str,
    role: Role,
    now: DateTime<Utc>,
) -> QueryResult<Secret> {
    let secret = fresh();
    keep(connection, &secret, name, role, now)?;
    Ok(secret)
}

fn keep(
    connection: &mut PgConnection,
    secret: &Secret,
    name: &str,
    role: Role,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(api_tokens::table)
        .values((
            api_tokens::id.eq(random::row_id(now)),
            api_tokens::name.eq(name),
            api_tokens::role.eq(role),
            api_tokens::token_hash.eq(hash(secret.expose())),
            api_tokens::created_at.eq(now),
        ))
        .execute(connection)
        .map(drop)
}

/// Whether a text may be a token of ours, so that whatever else callers send costs no look at the database.
pub fn is_shaped(text: &str) -> bool {
    text.strip_prefix(PREFIX)
        .is_some_and(credential::is_shaped::<RANDOM_BYTES>)
}

/// What is kept of a token.
pub fn hash(token: &str) -> Vec<u8> {
    credential::hash(token)
}

/// The token with this hash.
pub fn find(connection: &mut PgConnection, hash: &[u8]) -> QueryResult<Option<TokenHolder>> {
    api_tokens::table
        .filter(api_tokens::token_hash.eq(hash))
        .select((
            api_tokens::id,
            api_tokens::name,
            api_tokens::role,
            api_tokens::last_used_at,
        ))
        .first(connection)
        .optional()
}

/// The token in this row.
pub fn by_id(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<Token>> {
    api_tokens::table
        .find(id)
        .select(Token::as_select())
        .first(connection)
        .optional()
}

/// The tokens, newest first; `before` is the last row of the page before.
pub fn list(
    connection: &mut PgConnection,
    before: Option<Uuid>,
    limit: i64,
) -> QueryResult<Vec<Token>> {
    api_tokens::table
        .filter(api_tokens::id.lt(before.unwrap_or(Uuid::max())))
        .order(api_tokens::id.desc())
        .limit(limit)
        .select(Token::as_select())
        .load(connection)
}

/// Deletes the token of this name, so that no call gets in with it any more, and tells the history. Its
/// name is free again. Whether there was one.
pub fn revoke(connection: &mut PgConnection, name: &str, doing: &Doing) -> QueryResult<bool> {
    connection.transaction(|connection| {
        let token = api_tokens::table.filter(api_tokens::name.eq(name));
        if diesel::delete(token).execute(connection)? == 0 {
            return Ok(false);
        }
        let what = format!("the token {name} was revoked");
        activity::record(
            connection,
            Line::about(None, Category::Settings, what, doing),
        )?;
        Ok(true)
    })
}

/// Writes down that a token is used, unless it was within the last minute: by then another replica has.
/// Whoever holds the row is not waited for, since that would keep a connection from callers; the next minute
/// is as good.
pub fn note_use(connection: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> QueryResult<()> {
    let is_old = (api_tokens::last_used_at.is_null()).or(api_tokens::last_used_at.le(now - USE));
    connection.transaction(|connection| {
        let free: Option<Uuid> = api_tokens::table
            .filter(api_tokens::id.eq(id).and(is_old.assume_not_null()))
            .select(api_tokens::id)
            .for_no_key_update()
            .skip_locked()
            .first(connection)
            .optional()?;
        if free.is_some() {
            diesel::update(api_tokens::table.find(id))
                .set(api_tokens::last_used_at.eq(now))
                .execute(connection)?;
        }
        Ok(())
    })
}

/// Counts a test mail of a token, if it may send another one on this day.
pub fn count_test(connection: &mut PgConnection, id: Uuid, day: NaiveDate) -> QueryResult<bool> {
    let is_another_day = || api_tokens::tests_on.is_distinct_from(day);
    let tests =
        case_when(is_another_day(), 1.into_sql::<Integer>()).otherwise(api_tokens::tests + 1);
    let may = is_another_day().or(api_tokens::tests.lt(TESTS_A_DAY));
    let counted = diesel::update(api_tokens::table.find(id).filter(may))
        .set((api_tokens::tests.eq(tests), api_tokens::tests_on.eq(day)))
        .execute(connection)?;
    Ok(counted == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_another_shape_is_no_token() {
        let hex = "0123456789abcdef".repeat(3);
        assert!(is_shaped(&format!("fm_{hex}")));
        for wrong in [
            String::new(),
            "fm_".to_owned(),
            hex.clone(),
            format!("fm_{hex}0"),
            format!("fm_{}", "g".repeat(48)),
            format!("fm_{}", "\u{e4}".repeat(24)),
        ] {
            assert!(!is_shaped(&wrong), "{wrong}");
        }
    }
}
