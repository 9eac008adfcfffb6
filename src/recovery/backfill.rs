//! Carts of the past: those of a list of addresses, or all that Stripe knows of. Each goes through the
//! same gates as live traffic, and none is decided on twice, so a run that broke off is run again.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::{Asking, Decision, expired, is_ours};
use crate::{
    app::App,
    gateway::{CallError, ExpiredList, ExpiredPage, Session, session::Status},
    reminder::rule::Reason,
    upstream::UpstreamError,
};

const ONE_CALL: std::time::Duration = std::time::Duration::from_secs(20);

/// A cart to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The newest expired session of this address.
    Of(String),
    /// This session, `cs_…`.
    Session(String),
}

/// A run. Addresses are remembered, since a dry run writes none down.
pub struct Backfill<'a> {
    app: &'a App,
    asking: Asking,
    would_be_reminded: HashSet<String>,
}

impl<'a> Backfill<'a> {
    /// A run that asks so.
    pub fn new(app: &'a App, asking: Asking) -> Self {
        Self {
            app,
            asking,
            would_be_reminded: HashSet::new(),
        }
    }

    /// Looks for a cart, and decides about it.
    ///
    /// # Errors
    /// [`UpstreamError`]; this cart is not decided on.
    pub async fn look(&mut self, wanted: &Wanted) -> Result<Decision, UpstreamError> {
        let session = match wanted {
            Wanted::Of(email) => newest_of(self.app, email).await?,
            Wanted::Session(id) => read(self.app, id).await?,
        };
        match session {
            Some(session) => self.decide(&session).await,
            None => Ok(Decision::Skipped(Reason::NoSession)),
        }
    }

    /// Decides about a session that Stripe told of.
    ///
    /// # Errors
    /// As [`Backfill::look`].
    pub async fn decide(&mut self, session: &Session) -> Result<Decision, UpstreamError> {
        if session.status != Status::Expired || is_ours(self.app, session).await? {
            return Ok(Decision::Skipped(Reason::NoSession));
        }
        let decision = expired(self.app, session, self.asking).await?;
        let address = session.email.as_deref().unwrap_or_default();
        if self.asking.dry_run
            && decision == Decision::Scheduled
            && !self.would_be_reminded.insert(address.trim().to_lowercase())
        {
            return Ok(Decision::Skipped(Reason::RecentlyReminded));
        }
        Ok(decision)
    }
}

/// A page of all expired sessions opened since, newest first.
///
/// # Errors
/// As [`crate::gateway::Gateway::read`].
pub async fn page(
    app: &App,
    since: DateTime<Utc>,
    after: Option<String>,
) -> Result<ExpiredPage, CallError> {
    let list = ExpiredList {
        since: Some(since),
        email: None,
        after,
    };
    app.stripe.expired(&list, Instant::now() + ONE_CALL).await
}

/// As the address is written, then in small letters: Stripe compares letter by letter.
async fn newest_of(app: &App, email: &str) -> Result<Option<Session>, UpstreamError> {
    for spelling in [email.to_owned(), email.to_lowercase()] {
        let list = ExpiredList {
            email: Some(spelling),
            ..ExpiredList::default()
        };
        let page = app.stripe.expired(&list, Instant::now() + ONE_CALL).await?;
        for session in page.sessions.into_iter().flatten() {
            if !is_ours(app, &session).await? {
                return Ok(Some(session));
            }
        }
    }
    Ok(None)
}

async fn read(app: &App, id: &str) -> Result<Option<Session>, UpstreamError> {
    match app.stripe.read(id, Instant::now() + ONE_CALL).await {
        Ok(session) => Ok(Some(session)),
        Err(CallError::Refused { status: 404, .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
