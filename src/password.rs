//! Passwords: checked, kept as argon2id, and looked at a few at a time.

use std::{fmt, sync::Arc, sync::OnceLock, time::Duration};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::PasswordHash,
};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::{credential, foreign_text::composed, random};

/// Letters of a password at least (NIST SP 800-63B).
const FEWEST: usize = 8;
/// Letters of a password at most: whoever sends a novel makes us hash it.
const MOST: usize = 200;
/// Memory of one hash in KiB, its passes and lanes: what OWASP asks for, some 30 ms.
const COST: (u32, u32, u32) = (19_456, 2, 1);
/// Hashes at once in a process: each takes a processor and 19 MiB, and payers are served beside it.
const AT_ONCE: usize = 2;
/// Whoever waits longer for their turn is told to try again.
const PATIENCE: Duration = Duration::from_secs(3);
/// Random bytes that make two equal passwords two hashes.
const SALT_BYTES: usize = 16;

/// A password that may be kept. It is in no log: `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a password cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Nobody who tries many would need long.
    #[error("a password needs at least {FEWEST} letters; take several words")]
    TooShort,
    /// More than anybody types.
    #[error("a password has at most {MOST} letters")]
    TooLong,
}

impl Password {
    /// Checks a password as it was typed, blanks and all. One that is typed on two machines is one: its letters
    /// are composed.
    ///
    /// # Errors
    /// It is too short or too long.
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        let text = composed(text);
        match text.chars().count() {
            letters if letters < FEWEST => Err(PasswordError::TooShort),
            letters if letters > MOST => Err(PasswordError::TooLong),
            _ => Ok(Self(text)),
        }
    }

    /// What is kept of it. It takes some 30 ms of a processor.
    pub fn hash(&self) -> String {
        let salt = random::bytes::<SALT_BYTES>();
        let hash: PasswordHash = argon2()
            .hash_password_with_salt(self.0.as_bytes(), &salt)
            .expect("argon2 takes these costs and any password of this length");
        hash.to_string()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[password]")
    }
}

/// Too many passwords are being looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many people sign in at this moment; try again in a few seconds")]
pub struct Busy;

/// The turns of one process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Passwords {
    /// What is kept of a password.
    ///
    /// # Errors
    /// [`Busy`]
    pub async fn hash(&self, password: Password) -> Result<String, Busy> {
        self.in_turn(move || password.hash()).await
    }

    /// Whether what was typed is the password that was kept. Where none was, the answer is no, and takes as
    /// long: nobody learns from it who has an account.
    ///
    /// # Errors
    /// [`Busy`]
    pub async fn is_right(&self, typed: String, kept: Option<String>) -> Result<bool, Busy> {
        self.in_turn(move || is_right(&typed, kept.as_deref()))
            .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let turn = timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await;
        let turn = turn.map_err(|_| Busy)?.map_err(|_| Busy)?;
        let done = spawn_blocking(move || {
            // Whoever asked may have gone; the turn ends with the work.
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| Busy)
    }
}

fn is_right(typed: &str, kept: Option<&str>) -> bool {
    let typed: String = composed(typed).chars().take(MOST + 1).collect();
    let parsed = PasswordHash::new(kept.unwrap_or(nobodys()));
    let fits = parsed.is_ok_and(|kept| argon2().verify_password(typed.as_bytes(), &kept).is_ok());
    fits && kept.is_some()
}

/// The hash of a password that nobody knows.
fn nobodys() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| Password(credential::fresh::<16>()).hash())
}

fn argon2() -> Argon2<'static> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).expect("argon2 takes these costs");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_right_or_not_and_is_never_seen() {
        let password = Password::parse("correct hörse").unwrap();
        let kept = password.hash();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        assert_ne!(kept, password.hash(), "each has a salt of its own");
        assert!(is_right("correct hörse", Some(&kept)));
        assert!(is_right("correct ho\u{308}rse", Some(&kept)), "composed");
        for wrong in ["correct hörse ", "Correct hörse", ""] {
            assert!(!is_right(wrong, Some(&kept)), "{wrong:?}");
        }
        assert!(!is_right("correct hörse", None));
        assert!(!is_right("correct hörse", Some("no hash")));
        assert_eq!(format!("{password:?}"), "[password]");
    }

    #[test]
    fn what_is_too_short_or_too_long_is_refused() {
        let said = |text: &str| Password::parse(text).map(drop);
        assert_eq!(said("1234567"), Err(PasswordError::TooShort));
        assert_eq!(said("12345678"), Ok(()));
        assert_eq!(said(&"ü".repeat(200)), Ok(()));
        assert_eq!(said(&"ü".repeat(201)), Err(PasswordError::TooLong));
    }
}
