//! When a call to Stripe is made again. Pure: no network, no clock.

use std::time::Duration;

use super::transport::CallError;

/// A single try is given up after this, so that a lost answer leaves time for another try.
const ONE_TRY: Duration = Duration::from_secs(4);
const FIRST_PAUSE: Duration = Duration::from_millis(60);
const LONGEST_PAUSE: Duration = Duration::from_millis(1_500);
/// A 5xx that comes back this often is the stored answer to the idempotency key, and stays it.
const FAILURES_UNTIL_FINAL: u32 = 2;

/// What to do after a try went wrong.
#[derive(Debug, PartialEq)]
pub enum NextTry {
    /// Try again after a pause.
    Again(Duration),
    /// Another try would get the same answer.
    GiveUp,
}

/// The tries of one call so far.
#[derive(Debug, Default)]
pub struct Retry {
    tries: u32,
    failures: u32,
    caller_keeps_pace: bool,
}

impl Retry {
    /// For a caller who keeps a pace of their own: a 429 is theirs to wait for.
    pub fn for_a_paced_caller() -> Self {
        Self {
            caller_keeps_pace: true,
            ..Self::default()
        }
    }

    /// How long the next try may take, when `left` is left of the whole budget.
    pub fn patience(&self, left: Duration) -> Duration {
        left.min(ONE_TRY)
    }

    /// What follows `error`; `share` (0 to 1) spreads the pauses of many callers.
    ///
    /// Which answers are worth a repeat: <https://docs.stripe.com/error-low-level>.
    pub fn after(&mut self, error: &CallError, share: f64) -> NextTry {
        let pause = FIRST_PAUSE
            .saturating_mul(1 << self.tries.min(10))
            .min(LONGEST_PAUSE);
        self.tries += 1;
        match error {
            CallError::Refused { .. } | CallError::NotSent(_) | CallError::Unreadable(_) => {
                NextTry::GiveUp
            }
            CallError::Failed { .. } => {
                self.failures += 1;
                if self.failures >= FAILURES_UNTIL_FINAL {
                    NextTry::GiveUp
                } else {
                    NextTry::Again(pause)
                }
            }
            CallError::TooFast if self.caller_keeps_pace => NextTry::GiveUp,
            CallError::TooFast | CallError::KeyInUse | CallError::NoAnswer(_) => {
                NextTry::Again(pause.mul_f64(0.5 + share / 2.0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_final_at_once() {
        let refused = CallError::Refused {
            status: 400,
            code: None,
            param: None,
        };
        assert_eq!(Retry::default().after(&refused, 0.5), NextTry::GiveUp);
    }

    #[test]
    fn a_second_500_is_the_stored_one_and_final() {
        let mut retry = Retry::default();
        assert!(matches!(
            retry.after(&CallError::Failed { status: 500 }, 0.0),
            NextTry::Again(_)
        ));
        assert_eq!(
            retry.after(&CallError::Failed { status: 500 }, 0.0),
            NextTry::GiveUp
        );
    }

    #[test]
    fn pauses_grow_and_have_a_ceiling() {
        let mut retry = Retry::default();
        let mut last = Duration::ZERO;
        for _ in 0..40 {
            let NextTry::Again(pause) = retry.after(&CallError::TooFast, 1.0) else {
                panic!("gave up on a 429")
            };
            assert!(pause >= last && pause <= LONGEST_PAUSE);
            last = pause;
        }
        assert_eq!(last, LONGEST_PAUSE);
    }

    #[test]
    fn whoever_keeps_a_pace_is_told_of_a_429_at_once() {
        let mut retry = Retry::for_a_paced_caller();
        assert_eq!(retry.after(&CallError::TooFast, 0.5), NextTry::GiveUp);
        assert!(matches!(
            retry.after(&CallError::KeyInUse, 0.5),
            NextTry::Again(_)
        ));
    }

    #[test]
    fn callers_that_were_refused_together_do_not_come_back_together() {
        let pause = |share| Retry::default().after(&CallError::TooFast, share);
        assert_ne!(pause(0.0), pause(1.0));
    }
}
