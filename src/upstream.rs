//! What we depend on, PostgreSQL and Stripe, when one of the two gives no answer.

use crate::{db::DbError, gateway::CallError};

/// Why something that needs both came to no end.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The database did not answer, or refused.
    #[error(transparent)]
    Database(#[from] DbError),
    /// Stripe did not answer, or refused.
    #[error(transparent)]
    Stripe(#[from] CallError),
}
