//! API tokens: shown once, kept as their SHA-256.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::{column::column_enum, config::Secret, random, schema::api_tokens};

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

/// A token that somebody has.
#[derive(Debug, PartialEq, Eq, Queryable)]
pub struct TokenHolder {
    /// Its name, for the history.
    pub name: String,
    /// What it may do.
    pub role: Role,
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
    let token = format!("fm_{}", hex::encode(random::bytes::<24>()));
    diesel::insert_into(api_tokens::table)
        .values((
            api_tokens::id.eq(random::row_id(now)),
            api_tokens::name.eq(name),
            api_tokens::role.eq(role),
            api_tokens::token_hash.eq(hash(&token)),
            api_tokens::created_at.eq(now),
        ))
        .execute(connection)?;
    Ok(Secret::new(token))
}

/// What is kept of a token. It has 192 random bits, so it needs no salt.
pub fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// The token with this hash.
pub fn find(connection: &mut PgConnection, hash: &[u8]) -> QueryResult<Option<TokenHolder>> {
    api_tokens::table
        .filter(api_tokens::token_hash.eq(hash))
        .select((api_tokens::name, api_tokens::role))
        .first(connection)
        .optional()
}
