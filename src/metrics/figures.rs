//! What stands in the database, as gauges. Each process with a worker looks by itself and tells the same,
//! so that whoever asks several takes `max()`; what was looked up long ago is told no more, since `max()`
//! would go on taking it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};
use prometheus::{IntGauge, IntGaugeVec, Opts, Registry, proto::MetricFamily};

use super::register;

/// Several looks may fail before what is known is taken for old.
const FRESH_FOR: Duration = Duration::minutes(5);

/// The gauges. Cheap to clone.
#[derive(Clone)]
pub struct DatabaseFigures {
    registry: Arc<Registry>,
    looked_at: Arc<Mutex<Option<DateTime<Utc>>>>,
    timestamp: IntGauge,
    /// Open orders whose checkout ended unpaid, by the newest mailing that they had.
    pub stranded_orders: IntGaugeVec,
    /// What they owe, in minor units.
    pub stranded_amount: IntGaugeVec,
    /// Open orders whose checkout ended unpaid within a day.
    pub dead_links: IntGauge,
    /// Orders that were paid within a day.
    pub paid_orders: IntGauge,
    /// Cases that nobody has decided.
    pub open_cases: IntGaugeVec,
    /// When the oldest of them was opened.
    pub oldest_case: IntGaugeVec,
    /// Decisions on reminders within a day.
    pub reminder_decisions: IntGaugeVec,
    /// Mails that wait, are in hand, or need a person.
    pub mails: IntGaugeVec,
    /// Since when the oldest of each has been in the queue.
    pub oldest_mail: IntGaugeVec,
    /// Events that failed for good.
    pub failed_events: IntGauge,
    /// When a webhook last brought an event.
    pub last_webhook: IntGaugeVec,
    /// Whether Stripe has events that its webhooks did not bring.
    pub webhooks_silent: IntGauge,
}

impl DatabaseFigures {
    pub(super) fn new() -> Self {
        let registry = Registry::new();
        let one = |name: &str, what: &str| register(&registry, IntGauge::new(name, help(what)));
        let by = |name: &str, what: &str, labels: &[&str]| {
            register(
                &registry,
                IntGaugeVec::new(Opts::new(name, help(what)), labels),
            )
        };
        Self {
            timestamp: one(
                "freshmint_figures_timestamp_seconds",
                "When the database was last looked at for these figures",
            ),
            stranded_orders: by(
                "freshmint_stranded_orders",
                "Open orders that were mailed and whose checkout ended unpaid, by their newest mailing (an id; other, none)",
                &["blast"],
            ),
            stranded_amount: by(
                "freshmint_stranded_amount_minor_units",
                "What stranded orders owe, in minor units of the currency",
                &["currency"],
            ),
            dead_links: one(
                "freshmint_dead_links_last_day",
                "Open orders whose checkout ended unpaid within 24 hours",
            ),
            paid_orders: one(
                "freshmint_paid_orders_last_day",
                "Orders that were paid through Stripe within 24 hours",
            ),
            open_cases: by(
                "freshmint_open_cases",
                "Cases that nobody has decided",
                &["kind"],
            ),
            oldest_case: by(
                "freshmint_oldest_open_case_timestamp_seconds",
                "When the oldest case that nobody has decided was opened",
                &[],
            ),
            reminder_decisions: by(
                "freshmint_reminder_decisions_last_day",
                "Decisions on expired checkouts within 24 hours: scheduled, sent, or skipped and why",
                &["decision", "reason"],
            ),
            mails: by(
                "freshmint_outbox_mails",
                "Mails that wait, are in hand, or need a person",
                &["state"],
            ),
            oldest_mail: by(
                "freshmint_outbox_oldest_timestamp_seconds",
                "Since when the oldest of those mails has been in the outbox",
                &["state"],
            ),
            failed_events: one(
                "freshmint_failed_events",
                "Events of Stripe that failed for good and were not replayed",
            ),
            last_webhook: by(
                "freshmint_last_webhook_timestamp_seconds",
                "When a webhook last brought an event",
                &[],
            ),
            webhooks_silent: one(
                "freshmint_webhooks_silent",
                "1 while Stripe has events that its webhooks did not bring",
            ),
            registry: Arc::new(registry),
            looked_at: Arc::default(),
        }
    }

    /// All of them were looked up at `now`, and `show` sets them: whoever asks meanwhile waits, and sees none
    /// half set.
    pub fn are_of(&self, now: DateTime<Utc>, show: impl FnOnce(&Self)) {
        let mut looked_at = self.looked_at();
        show(self);
        self.timestamp.set(now.timestamp());
        *looked_at = Some(now);
    }

    /// How many mails stood in this state when it was last looked; nothing in a process that has not.
    pub fn waiting(&self, state: &str) -> Option<i64> {
        (*self.looked_at())?;
        Some(self.mails.with_label_values(&[state]).get())
    }

    /// Nothing in a process that does not look, or has not been able to for long.
    pub(super) fn gather(&self, now: DateTime<Utc>) -> Vec<MetricFamily> {
        let looked_at = self.looked_at();
        if looked_at.is_some_and(|at| now - at < FRESH_FOR) {
            self.registry.gather()
        } else {
            Vec::new()
        }
    }

    fn looked_at(&self) -> MutexGuard<'_, Option<DateTime<Utc>>> {
        self.looked_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn help(what: &str) -> String {
    format!(
        "{what}. Of the database, looked up each minute by each process with a worker: take max()"
    )
}
