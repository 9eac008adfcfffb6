//! What is measured, and where quantiles come from.

use crate::column::column_enum;

column_enum! {
    /// A figure.
    pub enum Kind {
        /// From a click to its answer.
        Click = "click",
        /// How long Stripe took to open a checkout, repeats included.
        Mint = "mint",
        /// From an event at Stripe to the webhook that brought it.
        WebhookLag = "webhook_lag",
        /// Tries of calls to Stripe that failed.
        StripeError = "stripe_error",
        /// Those of them that Stripe answered with 429.
        StripeTooFast = "stripe_too_fast",
        /// Mails that a server took.
        Mail = "mail",
        /// Those of them that are reminders.
        Reminder = "reminder",
        /// Mails that waited.
        OutboxDepth = "outbox_depth",
        /// For how many seconds the oldest of them had been due.
        OutboxAge = "outbox_age",
    }
}

impl Kind {
    /// Whether the greatest that was seen is kept, where others are added up.
    pub const fn is_greatest(self) -> bool {
        match self {
            Self::OutboxDepth | Self::OutboxAge => true,
            Self::Click
            | Self::Mint
            | Self::WebhookLag
            | Self::StripeError
            | Self::StripeTooFast
            | Self::Mail
            | Self::Reminder => false,
        }
    }
}

/// The bound of those that took longer than every other bound.
pub const NO_BOUND: i32 = i32::MAX;

/// A time that some share were faster than.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Faster {
    /// In seconds.
    pub seconds: f64,
    /// It was longer than can be told: this is the longest bound.
    pub or_longer: bool,
}

/// The time that this share of all were faster than, from how many there are up to each bound (in
/// milliseconds, ascending). Within two bounds they are taken to be spread evenly. None of none.
#[allow(clippy::cast_precision_loss, reason = "no shop has so many clicks")]
pub fn faster(buckets: &[(i32, i64)], share: f64) -> Option<Faster> {
    let all: i64 = buckets.iter().map(|(_, count)| count).sum();
    let rank = all as f64 * share;
    let (mut before, mut from) = (0, 0);
    for (up_to, count) in buckets.iter().copied().filter(|(_, count)| *count > 0) {
        let until = before + count;
        if until as f64 >= rank {
            let or_longer = up_to == NO_BOUND;
            let part = (rank - before as f64) / count as f64;
            let within = match or_longer {
                true => f64::from(from),
                false => f64::from(lower(buckets, up_to, from))
                    .mul_add(1.0 - part, f64::from(up_to) * part),
            };
            return Some(Faster {
                seconds: within / 1_000.0,
                or_longer,
            });
        }
        (before, from) = (until, up_to);
    }
    None
}

/// The next bound below, if any is known; nobody is between it and `from`, so that it may be higher.
fn lower(buckets: &[(i32, i64)], up_to: i32, from: i32) -> i32 {
    let below = buckets.iter().map(|(bound, _)| *bound);
    below.filter(|bound| *bound < up_to).max().unwrap_or(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(buckets: &[(i32, i64)], share: f64) -> Option<String> {
        let Faster { seconds, or_longer } = faster(buckets, share)?;
        Some(format!("{seconds:.2}{}", if or_longer { "+" } else { "" }))
    }

    #[test]
    fn a_share_is_found_between_the_bounds_that_it_lies_in() {
        let buckets = [(100, 50), (500, 40), (1_000, 8), (NO_BOUND, 2)];
        assert_eq!(told(&buckets, 0.5).as_deref(), Some("0.10"));
        assert_eq!(told(&buckets, 0.25).as_deref(), Some("0.05"));
        assert_eq!(told(&buckets, 0.7).as_deref(), Some("0.30"));
        assert_eq!(told(&buckets, 0.95).as_deref(), Some("0.81"));
        assert_eq!(told(&buckets, 0.99).as_deref(), Some("1.00+"));
        assert_eq!(told(&[], 0.5), None);
        assert_eq!(told(&[(100, 0)], 0.5), None);
        assert_eq!(told(&[(NO_BOUND, 1)], 0.5).as_deref(), Some("0.00+"));
    }

    #[test]
    fn a_bound_that_nobody_reached_still_tells_that_nobody_was_faster() {
        let buckets = [(100, 0), (500, 10)];
        assert_eq!(told(&buckets, 0.5).as_deref(), Some("0.30"));
    }
}
