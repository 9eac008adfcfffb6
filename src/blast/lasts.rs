//! How many days a mailing takes: at its own pace, and with what the mail provider allows. Pure.

use crate::mail::{Limits, Mailer};

const SECONDS_OF_A_DAY: f64 = 86_400.0;

/// Days that are begun until so many mails have gone, if all go at the first try and no other mail goes beside
/// them. None go in no day.
pub(super) fn days(mails: usize, per_second: Option<f64>, mailer: &Mailer) -> u64 {
    (mails as f64 / a_day(per_second, mailer)).ceil() as u64
}

/// Seconds until so many mails have gone, reckoned in the same way.
pub(super) fn seconds(mails: i64, per_second: Option<f64>, mailer: &Mailer) -> f64 {
    mails as f64 / a_day(per_second, mailer) * SECONDS_OF_A_DAY
}

/// Mails that go in a day at most.
fn a_day(per_second: Option<f64>, mailer: &Mailer) -> f64 {
    let Limits { per_hour, per_day } = mailer.limits;
    let pace = super::due::rate(per_second, mailer.per_second) * SECONDS_OF_A_DAY;
    let allowed = [per_hour.map(|hour| hour * 24), per_day];
    let allowed = allowed.into_iter().flatten().map(|mails| mails as f64);
    allowed.fold(pace, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_of_pace_and_quotas_counts_and_a_day_that_is_begun_is_one() {
        let mailer = |per_hour, per_day| Mailer {
            limits: Limits { per_hour, per_day },
            server: None,
            hook_secret: None,
            return_path: None,
            per_second: 10.0,
            lease: std::time::Duration::ZERO,
            retry: std::time::Duration::ZERO,
            first_wave_wait: std::time::Duration::ZERO,
            connections: 1,
            domain: String::new(),
        };
        let free = mailer(None, None);
        assert_eq!(days(0, None, &free), 0);
        assert_eq!(days(20_000, None, &free), 1);
        assert_eq!(days(20_000, Some(0.1), &free), 3);
        assert_eq!(days(300, None, &mailer(None, Some(100))), 3);
        assert_eq!(days(301, None, &mailer(None, Some(100))), 4);
        assert_eq!(days(300, None, &mailer(Some(5), Some(250))), 3);
        let left = |mails, pace, mailer| seconds(mails, pace, &mailer).round() as i64;
        assert_eq!(left(0, None, mailer(None, None)), 0);
        assert_eq!(left(50, None, mailer(None, None)), 5);
        assert_eq!(left(50, Some(0.5), mailer(None, None)), 100);
        assert_eq!(left(50, None, mailer(Some(100), None)), 1_800);
    }
}
