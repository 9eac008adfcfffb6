//! What callers may do how often, in one process: each limit counts what was wrong, and never what was right.
//! A school whose families all come from one address is one caller.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::HttpRequest;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::{OwnedMutexGuard, Semaphore, SemaphorePermit},
    time::timeout,
};
use uuid::Uuid;

use super::limit::{Limit, Sampled, TooMany};
use crate::{
    app::App,
    caller_address::{Caller, TrustedProxies},
    clock::Clock,
    one_at_a_time::OneAtATime,
    recent::Recent,
    token::USE,
};

/// So many wrong ones at once: a list of routes that is tried with a bad token, or the families of a school
/// with a link that their mail programs broke.
const WRONG_AT_ONCE: i32 = 100;
/// Then another one in so long, thirty a minute: nothing can be guessed at that pace, nor at any other.
const WRONG_AGAIN: TimeDelta = TimeDelta::seconds(2);
/// A caller over the limit may have a good token, too. It waits so long for its look at the database.
const LOOK: Duration = Duration::from_secs(1);
/// A costly call waits so long for the one before it.
const COSTLY: Duration = Duration::from_secs(2);
/// Tokens whose last use is remembered.
const TOKENS: usize = 1_000;

/// The limits of one process.
pub struct Limits {
    clock: Clock,
    proxies: Arc<TrustedProxies>,
    wrong_tokens: Limit,
    wrong_links: Limit,
    unsigned_webhooks: Limit,
    unsigned_lines: Sampled,
    looks: Semaphore,
    costly: OneAtATime,
    used: Mutex<Recent<Uuid, DateTime<Utc>>>,
}

impl Limits {
    pub fn new(app: &App) -> Self {
        let wrong = || Limit::new(WRONG_AT_ONCE, WRONG_AGAIN);
        Self {
            clock: app.clock.clone(),
            proxies: Arc::clone(&app.trusted_proxies),
            wrong_tokens: wrong(),
            wrong_links: wrong(),
            unsigned_webhooks: wrong(),
            unsigned_lines: Sampled::default(),
            looks: Semaphore::new(1),
            costly: OneAtATime::default(),
            used: Mutex::new(Recent::new(TOKENS)),
        }
    }

    /// Who calls, if that can be told.
    pub fn caller(&self, request: &HttpRequest) -> Option<Caller> {
        let peer = request.peer_addr()?.ip();
        let lines = request.headers().get_all("x-forwarded-for");
        let lines: Vec<&[u8]> = lines.map(|line| line.as_bytes()).collect();
        self.proxies.caller(peer, &lines)
    }

    /// Whether a proxy may tell more about whoever calls.
    pub fn may_tell(&self, request: &HttpRequest) -> bool {
        request
            .peer_addr()
            .is_some_and(|peer| self.proxies.may_tell(peer.ip()))
    }

    /// Counts a link that is none of ours.
    ///
    /// # Errors
    /// This caller has followed too many.
    pub fn wrong_link(&self, request: &HttpRequest) -> Result<(), TooMany> {
        let caller = self.caller(request);
        self.wrong_links.count(caller, self.clock.now())
    }

    /// Counts a token that nobody has.
    ///
    /// # Errors
    /// This caller has sent too many.
    pub fn wrong_token(&self, caller: Option<Caller>) -> Result<(), TooMany> {
        self.wrong_tokens.count(caller, self.clock.now())
    }

    /// Leave to look a token up. Callers who have sent too many wrong ones look one at a time, so that they
    /// keep no more than one connection of the API's.
    ///
    /// # Errors
    /// Others of them look now.
    pub async fn look(
        &self,
        caller: Option<Caller>,
    ) -> Result<Option<SemaphorePermit<'_>>, TooMany> {
        if !self.wrong_tokens.is_reached(caller, self.clock.now()) {
            return Ok(None);
        }
        match timeout(LOOK, self.looks.acquire()).await {
            Ok(Ok(turn)) => Ok(Some(turn)),
            Ok(Err(_)) | Err(_) => Err(TooMany {
                retry_after_seconds: 2,
            }),
        }
    }

    /// Counts a webhook that Stripe did not sign, and writes a line of the log, once a minute.
    ///
    /// # Errors
    /// This caller has sent too many.
    pub fn unsigned_webhook(&self, request: &HttpRequest) -> Result<(), TooMany> {
        let now = self.clock.now();
        if let Some(count) = self.unsigned_lines.count(now) {
            log::warn!(
                "a webhook without a valid signature was refused ({count} since the last such line); \
                 is its secret among STRIPE_WEBHOOK_SECRETS?"
            );
        }
        self.unsigned_webhooks.count(self.caller(request), now)
    }

    /// The one turn that a token has for calls which cost much; it ends with the guard. `None`: another
    /// call has it.
    pub async fn costly(&self, token: Uuid) -> Option<OwnedMutexGuard<()>> {
        let turn = timeout(COSTLY, self.costly.lock(token)).await.ok()?;
        Some(turn.0)
    }

    /// Whether a use of this token is to be written down: once a minute, by one of its callers.
    pub fn is_to_be_noted(&self, token: Uuid, last_used_at: Option<DateTime<Utc>>) -> bool {
        let now = self.clock.now();
        let is_fresh = |at: DateTime<Utc>| at <= now && now - at < USE;
        if last_used_at.is_some_and(is_fresh) {
            return false;
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let noted_at = used.entry(token, || DateTime::<Utc>::MIN_UTC);
        if is_fresh(*noted_at) {
            return false;
        }
        *noted_at = now;
        true
    }
}
