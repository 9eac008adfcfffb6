//! What is counted, for Prometheus: names and numbers, never an order, an address or a token.
//!
//! Counters and histograms are of a process: whoever asks several sums them up. What stands in the database
//! is told by each process with a worker ([`DatabaseFigures`]).

mod figures;
mod totals;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use prometheus::{
    Encoder, Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry, TextEncoder, core::Collector,
};

pub use self::{
    figures::DatabaseFigures,
    totals::{counted, measured},
};

/// A webhook comes within seconds; Stripe tries for three days.
const WEBHOOK_LAG_BUCKETS: [f64; 9] = [
    1.0, 5.0, 15.0, 60.0, 300.0, 1_800.0, 10_800.0, 43_200.0, 259_200.0,
];

/// The service's counters. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    /// Clicks by where they led.
    pub clicks: IntCounterVec,
    /// How long a click took, in seconds.
    pub click_seconds: Histogram,
    /// Webhook deliveries by what became of them.
    pub webhooks: IntCounterVec,
    /// Events that were acted on, by outcome.
    pub events: IntCounterVec,
    /// Events that only the sweep brought.
    pub missed_events: IntCounter,
    /// How long after an event its webhook brought it, in seconds.
    pub webhook_lag_seconds: Histogram,
    /// How long Stripe took to open a checkout, repeats included, whatever came of it, in seconds.
    pub mint_seconds: Histogram,
    /// Calls to Stripe that failed, each try, by kind.
    pub stripe_errors: IntCounterVec,
    /// Mints that Stripe refused.
    pub refused_mints: IntCounter,
    /// Mails by kind and by what became of them.
    pub mails: IntCounterVec,
    /// Whether all mail waits, because a server refused us.
    pub mail_paused: IntGauge,
    /// Seconds that the oldest mail has been due.
    pub outbox_oldest_due: Gauge,
    /// Whether the worker runs in this process.
    pub worker_running: IntGauge,
    /// When each of the worker's loops last turned.
    pub last_turn: IntGaugeVec,
    /// For how long the oldest event that is to be worked on has waited.
    pub oldest_pending: OldestPending,
    /// What stands in the database.
    pub database: DatabaseFigures,
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        let registry = Registry::new();
        Self {
            clicks: register(
                &registry,
                IntCounterVec::new(
                    Opts::new(
                        "freshmint_clicks_total",
                        "Clicks on pay links by where they led",
                    ),
                    &["door"],
                ),
            ),
            click_seconds: register(
                &registry,
                Histogram::with_opts(HistogramOpts::new(
                    "freshmint_click_seconds",
                    "Time from click to answer",
                )),
            ),
            webhooks: register(
                &registry,
                IntCounterVec::new(
                    Opts::new("freshmint_webhooks_total", "Webhook deliveries by outcome"),
                    &["outcome"],
                ),
            ),
            events: register(
                &registry,
                IntCounterVec::new(
                    Opts::new(
                        "freshmint_events_total",
                        "Stripe events worked on by outcome",
                    ),
                    &["outcome"],
                ),
            ),
            missed_events: register(
                &registry,
                IntCounter::new(
                    "freshmint_missed_events_total",
                    "Events that only the sweep brought",
                ),
            ),
            webhook_lag_seconds: register(
                &registry,
                Histogram::with_opts(
                    HistogramOpts::new(
                        "freshmint_webhook_lag_seconds",
                        "Time from an event at Stripe to the webhook that brought it",
                    )
                    .buckets(WEBHOOK_LAG_BUCKETS.to_vec()),
                ),
            ),
            mint_seconds: register(
                &registry,
                Histogram::with_opts(HistogramOpts::new(
                    "freshmint_mint_seconds",
                    "Time that Stripe took to open a checkout, repeats included but those after a 429",
                )),
            ),
            stripe_errors: register(
                &registry,
                IntCounterVec::new(
                    Opts::new(
                        "freshmint_stripe_errors_total",
                        "Tries of calls to Stripe that failed, by kind",
                    ),
                    &["kind"],
                ),
            ),
            mails: register(
                &registry,
                IntCounterVec::new(
                    Opts::new("freshmint_mails_total", "Mails handed over by outcome"),
                    &["kind", "outcome"],
                ),
            ),
            mail_paused: register(
                &registry,
                IntGauge::new(
                    "freshmint_mail_paused",
                    "1 while no mail can be sent and all of it waits. Of the database, as each worker saw it last: take max()",
                ),
            ),
            outbox_oldest_due: register(
                &registry,
                Gauge::new(
                    "freshmint_outbox_oldest_due_seconds",
                    "How long the oldest mail has been due. Of the database, as each worker saw it last: take max()",
                ),
            ),
            refused_mints: register(
                &registry,
                IntCounter::new("freshmint_refused_mints_total", "Mints that Stripe refused"),
            ),
            worker_running: register(
                &registry,
                IntGauge::new(
                    "freshmint_worker_running",
                    "1 while the worker runs in this process",
                ),
            ),
            last_turn: register(
                &registry,
                IntGaugeVec::new(
                    Opts::new(
                        "freshmint_worker_last_turn_timestamp_seconds",
                        "When each loop of the worker last turned, in a process that works",
                    ),
                    &["loop"],
                ),
            ),
            oldest_pending: OldestPending {
                gauge: register(
                    &registry,
                    IntGaugeVec::new(
                        Opts::new(
                            "freshmint_inbox_oldest_pending_seconds",
                            "For how long the oldest event to be worked on has waited. Of the database, told by each worker: take max()",
                        ),
                        &[],
                    ),
                ),
                since: Arc::default(),
            },
            database: DatabaseFigures::new(),
            registry: Arc::new(registry),
        }
    }

    /// All of them in Prometheus' text format, as they are at `now`.
    pub fn text(&self, now: DateTime<Utc>) -> String {
        self.oldest_pending.show(now);
        let mut all = self.registry.gather();
        all.extend(self.database.gather(now));
        let mut text = Vec::new();
        let encoded = TextEncoder::new().encode(&all, &mut text);
        encoded.map_or_else(
            |_| String::new(),
            |()| String::from_utf8_lossy(&text).into_owned(),
        )
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// The age of the oldest event that is to be worked on. It goes on growing while the loop that would look
/// again stands still.
#[derive(Clone)]
pub struct OldestPending {
    gauge: IntGaugeVec,
    /// Looked at, and what was seen.
    since: Arc<Mutex<Option<Option<DateTime<Utc>>>>>,
}

impl OldestPending {
    /// Since when the oldest one has waited; nothing if none does.
    pub fn is_since(&self, since: Option<DateTime<Utc>>) {
        *self.since() = Some(since);
    }

    /// A process that has never looked shows none.
    fn show(&self, now: DateTime<Utc>) {
        if let Some(since) = *self.since() {
            let age = since.map_or(0, |since| (now - since).num_seconds().max(0));
            self.gauge.with_label_values::<&str>(&[]).set(age);
        }
    }

    fn since(&self) -> MutexGuard<'_, Option<Option<DateTime<Utc>>>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn register<C: Collector + Clone + 'static>(
    registry: &Registry,
    collector: prometheus::Result<C>,
) -> C {
    let collector = collector.expect("the names above are valid");
    registry
        .register(Box::new(collector.clone()))
        .expect("the names above differ");
    collector
}
