//! Where the orders are kept.

use clap::Args;

use super::Secret;

/// Payers and webhooks need two; the worker, `/readyz` and the API one each.
pub const FEWEST_CONNECTIONS: u32 = 5;

/// Where the orders are kept.
#[derive(Args, Clone, Debug)]
pub struct Database {
    /// PostgreSQL 14 or newer, as postgres://user:password@host/name
    #[arg(long, env, hide_env_values = true)]
    pub database_url: Secret,
    /// Connections that one process keeps at most, at least 5
    #[arg(long, env, hide_env_values = true, default_value_t = 8, value_parser = pool_size)]
    pub database_pool_size: u32,
    /// The same past a transaction pooler, for LISTEN and migrations; if it is set, DATABASE_URL may be a pooler's
    #[arg(long, env, hide_env_values = true)]
    pub database_direct_url: Option<Secret>,
}

impl Database {
    /// Whether a transaction pooler may be between.
    pub fn is_pooled(&self) -> bool {
        self.database_direct_url.is_some()
    }

    /// PostgreSQL itself.
    pub fn direct(&self) -> &Secret {
        self.database_direct_url
            .as_ref()
            .unwrap_or(&self.database_url)
    }
}

fn pool_size(text: &str) -> Result<u32, String> {
    match text.trim().parse() {
        Ok(size @ FEWEST_CONNECTIONS..=1000) => Ok(size),
        _ => Err(format!(
            "it must be a whole number from {FEWEST_CONNECTIONS} to 1000: payers, the worker, /readyz and \
             the API have connections of their own"
        )),
    }
}
