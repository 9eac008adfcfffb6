//! Browsers that have signed in to an account before: what others try on it does not lock them out.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::session::fresh;
use crate::{config::Secret, credential::hash, schema::ops_browsers};

/// A browser that has not signed in for so long is a stranger again.
const REMEMBERED: TimeDelta = TimeDelta::days(365);

/// Whether the browser with this mark has signed in to the account.
pub fn is_known(connection: &mut PgConnection, mark: &str, user: Uuid) -> QueryResult<bool> {
    let known = ops_browsers::table.find((hash(mark), user));
    diesel::select(diesel::dsl::exists(known)).get_result(connection)
}

/// Gives a browser that has signed in a mark that nobody has had before, so that one which was planted there
/// is worth nothing; what it was known for before stays.
pub fn mark(
    connection: &mut PgConnection,
    before: Option<&str>,
    user: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<Secret> {
    let mark = fresh();
    let new = hash(mark.expose());
    if let Some(before) = before {
        let same = ops_browsers::table.filter(ops_browsers::token_hash.eq(hash(before)));
        diesel::update(same)
            .set(ops_browsers::token_hash.eq(&new))
            .execute(connection)?;
    }
    diesel::insert_into(ops_browsers::table)
        .values((
            ops_browsers::token_hash.eq(&new),
            ops_browsers::user_id.eq(user),
            ops_browsers::used_at.eq(now),
        ))
        .on_conflict((ops_browsers::token_hash, ops_browsers::user_id))
        .do_update()
        .set(ops_browsers::used_at.eq(now))
        .execute(connection)?;
    Ok(mark)
}

/// Forgets those that have not come for a year.
pub fn sweep(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::delete(ops_browsers::table.filter(ops_browsers::used_at.lt(now - REMEMBERED)))
        .execute(connection)
        .map(drop)
}
