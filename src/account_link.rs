//! What lets one of the shop's people in once: a link in a mail, for a day.
//!
//! It is made when its mail is claimed and kept as its hash alone, so that nobody who reads the database, or
//! the outbox in the API, gets in by it.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use url::Url;
use uuid::Uuid;

use crate::{
    column::column_enum,
    config::Secret,
    credential::{fresh, hash},
    schema::{ops_links, ops_users},
};

/// So long it lets somebody in.
pub const GOOD_FOR: TimeDelta = TimeDelta::hours(24);
/// Random bytes of it.
const RANDOM_BYTES: usize = 32;

column_enum! {
    /// What it is for.
    pub enum Purpose {
        /// Somebody has no password yet.
        Invitation = "invitation",
        /// Somebody has forgotten theirs.
        Reset = "reset",
    }
}

/// A link that was just made; nothing else knows its token.
#[derive(Debug)]
pub struct Made {
    /// What it is for.
    pub purpose: Purpose,
    /// Whom it is for.
    pub name: String,
    /// What it ends with.
    pub token: Secret,
}

/// Notes that a queued mail is to let a user in.
pub fn ask(
    connection: &mut PgConnection,
    mail: Uuid,
    user: Uuid,
    purpose: Purpose,
) -> QueryResult<()> {
    diesel::insert_into(ops_links::table)
        .values((
            ops_links::mail_id.eq(mail),
            ops_links::user_id.eq(user),
            ops_links::purpose.eq(purpose),
        ))
        .execute(connection)
        .map(drop)
}

/// Makes the link of a mail that is claimed, in the claim's transaction; the one of an earlier claim is void.
/// `None`: the account is disabled, or the link was withdrawn.
pub fn make(
    connection: &mut PgConnection,
    mail: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<Option<Made>> {
    let asked: Option<(Purpose, String)> = ops_links::table
        .inner_join(ops_users::table)
        .filter(ops_links::mail_id.eq(mail))
        .filter(ops_users::disabled_at.is_null())
        .select((ops_links::purpose, ops_users::name))
        .first(connection)
        .optional()?;
    let Some((purpose, name)) = asked else {
        return Ok(None);
    };
    let token = fresh::<RANDOM_BYTES>();
    // Withdrawn meanwhile, it is no row.
    let made = diesel::update(ops_links::table.find(mail))
        .set((
            ops_links::token_hash.eq(hash(&token)),
            ops_links::made_at.eq(now),
        ))
        .execute(connection)?;
    let token = Secret::new(token);
    Ok((made == 1).then_some(Made {
        purpose,
        name,
        token,
    }))
}

/// Whom a link lets in, and what for; nobody after a day. In a transaction the link is locked: it is used once.
pub fn holder(
    connection: &mut PgConnection,
    token: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<(Uuid, Purpose)>> {
    ops_links::table
        .filter(ops_links::token_hash.eq(hash(token)))
        .filter(ops_links::made_at.gt(now - GOOD_FOR))
        .select((ops_links::user_id, ops_links::purpose))
        .for_update()
        .first(connection)
        .optional()
}

/// Withdraws every link of a user: they have a password, or are not to get in.
pub fn withdraw(connection: &mut PgConnection, user: Uuid) -> QueryResult<()> {
    diesel::delete(ops_links::table.filter(ops_links::user_id.eq(user)))
        .execute(connection)
        .map(drop)
}

/// Where somebody chooses a password.
pub fn url(public_url: &Url, token: &Secret) -> String {
    under(public_url, &format!("welcome/{}", token.expose()))
}

/// Where somebody asks for a link.
pub fn forgotten_url(public_url: &Url) -> String {
    under(public_url, "forgotten")
}

fn under(public_url: &Url, path: &str) -> String {
    format!("{}/ops/{path}", public_url.as_str().trim_end_matches('/'))
}
