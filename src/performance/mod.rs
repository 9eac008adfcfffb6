//! How fast and how reliable the service is over weeks: figures by the minute and by the day, in the database,
//! so that a page has them without another program.
//!
//! Nothing is measured for them: what the counters of `/metrics` have grown by since the last batch is added to
//! the rows of this minute and this day ([`write()`]), by every process for itself. A batch that is refused is in
//! the next one.

mod rows;
mod words;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;

pub use self::{
    rows::{Figures, days, lately, old},
    words::{Faster, Kind, NO_BOUND, faster},
};
use crate::{
    db::Db,
    gateway,
    mail::{self, State},
    metrics::{Metrics, counted, measured},
};

/// What the counters have come to, by figure and bound in milliseconds.
type Totals = BTreeMap<(Kind, i32), i64>;

/// What has been written of this process's counters. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Performance(Arc<Mutex<Totals>>);

/// Adds what is new to the rows of this minute and this day. One writes at a time, the last batch of a process
/// after the one before it: two would both add the same.
pub async fn write(performance: &Performance, metrics: &Metrics, db: &Db, now: DateTime<Utc>) {
    let mut written = performance.0.lock().await;
    let are = totals(metrics);
    let mut new = grown(&are, &written);
    new.extend(seen(metrics));
    if new.is_empty() {
        return;
    }
    let write = db.transaction(move |connection| rows::add(connection, &new, now));
    match write.await {
        Ok(()) => *written = are,
        // They are in the next batch; whatever needs the database says that it is away.
        Err(error) if error.is_away() => {}
        Err(error) => log::warn!("figures are not written yet: {error}"),
    }
}

fn totals(metrics: &Metrics) -> Totals {
    let mut totals = Totals::new();
    for (kind, histogram) in [
        (Kind::Click, &metrics.click_seconds),
        (Kind::Mint, &metrics.mint_seconds),
        (Kind::WebhookLag, &metrics.webhook_lag_seconds),
    ] {
        for (seconds, count) in measured(histogram) {
            totals.insert((kind, bound(seconds)), whole(count));
        }
    }
    let sent = ("outcome", State::Sent.name());
    let reminders = [("kind", mail::Kind::Reminder.name()), sent];
    let too_fast = [("kind", gateway::TOO_FAST)];
    for (kind, count) in [
        (Kind::StripeError, counted(&metrics.stripe_errors, &[])),
        (
            Kind::StripeTooFast,
            counted(&metrics.stripe_errors, &too_fast),
        ),
        (Kind::Mail, counted(&metrics.mails, &[sent])),
        (Kind::Reminder, counted(&metrics.mails, &reminders)),
    ] {
        totals.insert((kind, 0), whole(count));
    }
    totals
}

/// What is more than was written.
fn grown(are: &Totals, written: &Totals) -> Totals {
    let grown = are.iter().filter_map(|(key, is)| {
        let more = is - written.get(key).copied().unwrap_or(0);
        (more > 0).then_some((*key, more))
    });
    grown.collect()
}

/// What the worker of this process saw last; nothing in a process without one.
#[allow(clippy::cast_possible_truncation, reason = "seconds of some days")]
fn seen(metrics: &Metrics) -> Vec<((Kind, i32), i64)> {
    if metrics.worker_running.get() == 0 {
        return Vec::new();
    }
    let waiting = metrics.database.waiting(State::Queued.name());
    let age = metrics.outbox_oldest_due.get().max(0.0).ceil() as i64;
    let depth = waiting.map(|waiting| ((Kind::OutboxDepth, 0), waiting));
    depth
        .into_iter()
        .chain([((Kind::OutboxAge, 0), age)])
        .collect()
}

/// Of seconds, in milliseconds.
#[allow(clippy::cast_possible_truncation, reason = "it is compared before")]
fn bound(seconds: f64) -> i32 {
    let milliseconds = (seconds * 1_000.0).round();
    match milliseconds < f64::from(NO_BOUND) {
        true => milliseconds as i32,
        false => NO_BOUND,
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_grown_is_new_and_it_is_in_its_bound() {
        let metrics = Metrics::new();
        metrics.click_seconds.observe(0.3);
        let first = totals(&metrics);
        assert_eq!(
            grown(&first, &Totals::new()),
            Totals::from([((Kind::Click, 500), 1)])
        );
        metrics.click_seconds.observe(99.0);
        metrics
            .stripe_errors
            .with_label_values(&[gateway::TOO_FAST])
            .inc();
        let expected = [
            ((Kind::Click, NO_BOUND), 1),
            ((Kind::StripeError, 0), 1),
            ((Kind::StripeTooFast, 0), 1),
        ];
        assert_eq!(grown(&totals(&metrics), &first), Totals::from(expected));
    }

    #[test]
    fn a_process_without_a_worker_has_seen_no_outbox() {
        let metrics = Metrics::new();
        assert!(seen(&metrics).is_empty());
        metrics.worker_running.set(1);
        metrics.outbox_oldest_due.set(61.2);
        assert_eq!(seen(&metrics), [((Kind::OutboxAge, 0), 62)]);
    }
}
