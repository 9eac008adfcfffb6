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

/// What a token begins with, so that it is known for one wherever it is found.
const PREFIX: &str = "fm_";
/// So many random bytes follow it, in hex.
const RANDOM_BYTES: usize = 24;

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
    let token = format!("{PREFIX}{}", hex::encode(random::bytes::<RANDOM_BYTES>()));
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

/// Whether a text may be a token of ours, so that whatever else callers send costs no look at the database.
pub fn is_shaped(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|rest| {
        rest.len() == 2 * RANDOM_BYTES && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
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
