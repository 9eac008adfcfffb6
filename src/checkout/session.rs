//! Which step takes an order to its checkout: pure "reuse or mint".
//!
//! A click is a walk over what is in the database. Each step does one thing, leaves a row that says
//! how far it came, and the walk looks again. So a crash anywhere leaves a row that the next click,
//! on this replica or another, goes on from.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::order::state::State;

/// Idempotency keys live at least 24 hours at Stripe; an older attempt is never posted again.
/// <https://docs.stripe.com/api/idempotent_requests>
const KEY_IS_GOOD_FOR: Duration = Duration::hours(23);

/// The one payable session of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// Our row.
    pub id: Uuid,
    /// How far it came.
    pub stage: Stage,
    /// What was asked for, hashed.
    pub params_hash: Vec<u8>,
}

impl Live {
    /// `cs_…`, once Stripe has told it.
    pub fn stripe_id(&self) -> Option<&str> {
        match &self.stage {
            Stage::Minting(_) => None,
            Stage::Open { stripe_id, .. } | Stage::Closing { stripe_id } => Some(stripe_id),
        }
    }
}

/// How far a payable session came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Written down; Stripe may or may not have been asked.
    Minting(Attempt),
    /// It can be paid at this address.
    Open {
        /// `cs_…`
        stripe_id: String,
        /// Where to send the payer.
        url: String,
        /// When Stripe ends it.
        expires_at: DateTime<Utc>,
    },
    /// We decided to close it; until Stripe confirms, it may still be paid.
    Closing {
        /// `cs_…`
        stripe_id: String,
    },
}

/// A mint that is under way: what to send, and under which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The request's body, to the byte.
    pub body: String,
    /// The idempotency key: it names order, version and attempt.
    pub key: String,
    /// When the body was first sent.
    pub posted_at: DateTime<Utc>,
}

/// What the next step is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing can be paid now: show how the order stands.
    Show,
    /// Lead the payer here.
    HandOut(String),
    /// Ask Stripe for the session, or ask again, under its own key.
    Post(Attempt),
    /// Too old to be asked again: look at Stripe whether it was made, else give it up.
    Search(Attempt),
    /// Read the session at Stripe: its time is over, and it may have been paid.
    Read(String),
    /// Mark the session as closing, then close it.
    Replace(String),
    /// Close it at Stripe.
    Close(String),
    /// Write down a new attempt.
    Begin,
}

/// The step for an order in `state` whose live session is `live`.
///
/// `wanted` is the hash of what would be asked for today; `reuse_min` is how long a session must
/// still live to be handed out.
pub fn next_step(
    state: State,
    live: Option<&Live>,
    wanted: &[u8],
    reuse_min: Duration,
    now: DateTime<Utc>,
) -> Step {
    if !state.is_payable() {
        return Step::Show;
    }
    let Some(live) = live else { return Step::Begin };
    match &live.stage {
        Stage::Open {
            stripe_id,
            url,
            expires_at,
        } => {
            let left = *expires_at - now;
            if left <= Duration::zero() {
                Step::Read(stripe_id.clone())
            } else if left < reuse_min || live.params_hash != wanted {
                Step::Replace(stripe_id.clone())
            } else {
                Step::HandOut(url.clone())
            }
        }
        stage => unfinished(stage, now),
    }
}

/// The step that closes an order's live session, before a change takes effect.
/// `None`: there is nothing to close.
pub fn next_closing_step(live: Option<&Live>, now: DateTime<Utc>) -> Option<Step> {
    Some(match &live?.stage {
        Stage::Open { stripe_id, .. } => Step::Replace(stripe_id.clone()),
        stage => unfinished(stage, now),
    })
}

fn unfinished(stage: &Stage, now: DateTime<Utc>) -> Step {
    match stage {
        Stage::Minting(attempt) if now - attempt.posted_at >= KEY_IS_GOOD_FOR => {
            Step::Search(attempt.clone())
        }
        Stage::Minting(attempt) => Step::Post(attempt.clone()),
        Stage::Closing { stripe_id } | Stage::Open { stripe_id, .. } => {
            Step::Close(stripe_id.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REUSE_MIN: Duration = Duration::hours(12);

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
    }

    fn open(left: Duration) -> Live {
        let stage = Stage::Open {
            stripe_id: "cs_1".into(),
            url: "https://pay".into(),
            expires_at: now() + left,
        };
        Live {
            id: Uuid::nil(),
            stage,
            params_hash: b"today".to_vec(),
        }
    }

    fn minting(age: Duration) -> Live {
        let attempt = Attempt {
            body: "a=b".into(),
            key: "k".into(),
            posted_at: now() - age,
        };
        Live {
            id: Uuid::nil(),
            stage: Stage::Minting(attempt),
            params_hash: b"today".to_vec(),
        }
    }

    fn step(live: Option<&Live>, wanted: &[u8]) -> Step {
        next_step(State::Open, live, wanted, REUSE_MIN, now())
    }

    #[test]
    fn a_session_with_enough_time_left_is_handed_out_again() {
        assert_eq!(
            step(Some(&open(REUSE_MIN)), b"today"),
            Step::HandOut("https://pay".into())
        );
    }

    #[test]
    fn one_with_too_little_time_or_other_content_is_replaced() {
        let short = open(REUSE_MIN - Duration::seconds(1));
        assert_eq!(step(Some(&short), b"today"), Step::Replace("cs_1".into()));
        assert_eq!(
            step(Some(&open(REUSE_MIN)), b"changed"),
            Step::Replace("cs_1".into())
        );
    }

    #[test]
    fn one_past_its_time_is_read_first_since_it_may_have_been_paid() {
        assert_eq!(
            step(Some(&open(Duration::zero())), b"today"),
            Step::Read("cs_1".into())
        );
    }

    #[test]
    fn an_attempt_is_repeated_under_its_key_for_23_hours_and_never_after() {
        assert!(matches!(
            step(Some(&minting(Duration::zero())), b"changed"),
            Step::Post(_)
        ));
        let late = Duration::hours(23) - Duration::seconds(1);
        assert!(matches!(
            step(Some(&minting(late)), b"today"),
            Step::Post(_)
        ));
        assert!(matches!(
            step(Some(&minting(Duration::hours(23))), b"today"),
            Step::Search(_)
        ));
    }

    #[test]
    fn nothing_is_minted_for_an_order_that_cannot_be_paid() {
        let paid = State::Paid { at: now() };
        assert_eq!(next_step(paid, None, b"", REUSE_MIN, now()), Step::Show);
    }

    #[test]
    fn closing_first_finds_out_what_became_of_a_mint() {
        assert!(matches!(
            next_closing_step(Some(&minting(Duration::zero())), now()),
            Some(Step::Post(_))
        ));
        assert_eq!(
            next_closing_step(Some(&open(REUSE_MIN)), now()),
            Some(Step::Replace("cs_1".into()))
        );
        assert_eq!(next_closing_step(None, now()), None);
    }
}
