//! What the counters of this process have come to, for whoever writes figures into the database.

use prometheus::{
    Histogram, IntCounterVec,
    core::{Collector, Metric},
};

/// How many were measured up to each bound and beyond the one before, in seconds; the last has no bound.
pub fn measured(histogram: &Histogram) -> Vec<(f64, u64)> {
    let metric = histogram.metric();
    let histogram = metric.get_histogram();
    let (mut before, mut all) = (0, Vec::new());
    for bucket in histogram.get_bucket() {
        let until = bucket.cumulative_count();
        all.push((bucket.upper_bound(), until.saturating_sub(before)));
        before = until;
    }
    let beyond = histogram.get_sample_count().saturating_sub(before);
    all.push((f64::INFINITY, beyond));
    all
}

/// How many were counted with all of these labels.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a counter of whole numbers"
)]
pub fn counted(counters: &IntCounterVec, labels: &[(&str, &str)]) -> u64 {
    let families = counters.collect();
    let metrics = families.iter().flat_map(|family| family.get_metric());
    let fits = metrics.filter(|metric| {
        labels.iter().all(|(name, value)| {
            let mut all = metric.get_label().iter();
            all.any(|label| label.name() == *name && label.value() == *value)
        })
    });
    fits.map(|metric| metric.get_counter().get_value() as u64)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    #[test]
    fn each_bound_has_those_beyond_the_one_before() {
        let metrics = Metrics::new();
        for seconds in [0.5, 3.0, 4.0, 400_000.0] {
            metrics.webhook_lag_seconds.observe(seconds);
        }
        let all = measured(&metrics.webhook_lag_seconds);
        let some: Vec<_> = all.into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(some, [(1.0, 1), (5.0, 2), (f64::INFINITY, 1)]);
    }

    #[test]
    fn counters_are_summed_up_over_the_labels_that_are_not_named() {
        let metrics = Metrics::new();
        for (kind, outcome) in [
            ("blast", "sent"),
            ("reminder", "sent"),
            ("reminder", "bounced"),
        ] {
            metrics.mails.with_label_values(&[kind, outcome]).inc();
        }
        let count = |labels: &[(&str, &str)]| counted(&metrics.mails, labels);
        assert_eq!(count(&[]), 3);
        assert_eq!(count(&[("outcome", "sent")]), 2);
        assert_eq!(count(&[("kind", "reminder"), ("outcome", "sent")]), 1);
    }
}
