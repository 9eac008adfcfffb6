//! What is counted, for Prometheus: names and numbers, never an order, an address or a token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use prometheus::{
    Encoder, Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry, TextEncoder, core::Collector,
};

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
    /// Whether Stripe has events that its webhooks did not bring.
    pub webhooks_silent: IntGauge,
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
            webhooks_silent: register(
                &registry,
                IntGauge::new(
                    "freshmint_webhooks_silent",
                    "1 while Stripe has events that its webhooks did not bring",
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
                    "1 while no mail can be sent and all of it waits",
                ),
            ),
            outbox_oldest_due: register(
                &registry,
                Gauge::new(
                    "freshmint_outbox_oldest_due_seconds",
                    "How long the oldest mail has been due, as the worker saw it last",
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
                            "For how long the oldest event to be worked on has waited, in a process that works",
                        ),
                        &[],
                    ),
                ),
                since: Arc::default(),
            },
            registry: Arc::new(registry),
        }
    }

    /// All of them in Prometheus' text format, as they are at `now`.
    pub fn text(&self, now: DateTime<Utc>) -> String {
        self.oldest_pending.show(now);
        let mut text = Vec::new();
        let encoded = TextEncoder::new().encode(&self.registry.gather(), &mut text);
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
