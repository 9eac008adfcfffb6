//! API tokens: shown once, kept as their SHA-256.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, result::Error as QueryError};
use sha2::{Digest, Sha256};

use crate::{config::Secret, random, schema::api_tokens};

/// What somebody may do; each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Role {
    /// Read.
    Viewer,
    /// Write orders, too.
    Operator,
    /// Users, tokens and settings, too.
    Admin,
}

impl Role {
    /// The word that is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

/// A token that somebody has.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
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
            api_tokens::role.eq(role.name()),
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
///
/// # Errors
/// What PostgreSQL says.
pub fn find(connection: &mut PgConnection, hash: &[u8]) -> QueryResult<Option<Known>> {
    let row: Option<(String, String)> = api_tokens::table
        .filter(api_tokens::token_hash.eq(hash))
        .select((api_tokens::name, api_tokens::role))
        .first(connection)
        .optional()?;
    row.map(|(name, role)| {
        let role = [Role::Viewer, Role::Operator, Role::Admin]
            .into_iter()
            .find(|known| known.name() == role);
        let role = role
            .ok_or_else(|| QueryError::DeserializationError("api_tokens.role is unknown".into()))?;
        Ok(Known { name, role })
    })
    .transpose()
}
