//! What an older system has done about an order: the checkouts that it sent out, and a payment.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::{
    gateway::{SessionId, SessionIdError},
    zone,
};

/// What an older system has done about an order. Empty: nothing that we are told of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriorSystem {
    /// The Checkout Sessions that it sent out, the newest last, each once.
    pub sessions: Vec<SessionId>,
    /// When it was paid there.
    pub paid_at: Option<DateTime<Utc>>,
}

impl PriorSystem {
    /// Whether there is nothing to know.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.paid_at.is_none()
    }
}

/// Reads the ids of a cell, with blanks between them.
pub(super) fn sessions(cell: &str) -> Result<Vec<SessionId>, SessionIdError> {
    let mut ids = Vec::new();
    for word in cell.split_whitespace() {
        let id = SessionId::parse(word)?;
        if ids.contains(&id) {
            return Err(SessionIdError::Twice);
        }
        ids.push(id);
    }
    Ok(ids)
}

/// Why a cell is not the time of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PaidAtError {
    /// Another way of writing.
    #[error("write a date like 2026-11-03, or a time like 2026-11-03T17:20:00Z")]
    Unreadable,
    /// It has not come yet.
    #[error("this lies in the future; write when it was paid, or leave it empty")]
    Future,
    /// A slip of the pen.
    #[error("this lies before the year 2000; check the year")]
    LongAgo,
}

/// Reads when an order was paid: RFC 3339, or a date, which is its beginning in the zone of `now`, the shop's.
pub(super) fn paid_at(cell: &str, now: DateTime<Tz>) -> Result<DateTime<Utc>, PaidAtError> {
    let at = match DateTime::parse_from_rfc3339(cell) {
        Ok(at) => at.to_utc(),
        Err(_) => date(cell)
            .map(|day| zone::begin_of(day, now.timezone()))
            .ok_or(PaidAtError::Unreadable)?,
    };
    if at > now {
        Err(PaidAtError::Future)
    } else if at.year() < 2000 {
        Err(PaidAtError::LongAgo)
    } else {
        Ok(at)
    }
}

/// `2026-11-03` and nothing shorter: chrono takes `2026-1-3` and blanks too.
fn date(cell: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(cell, "%Y-%m-%d").ok()?;
    (date.format("%Y-%m-%d").to_string() == cell).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Tz> {
        let now: DateTime<Utc> = "2026-11-21T12:00:00Z".parse().expect("a time");
        now.with_timezone(&Tz::UTC)
    }

    fn ids(cell: &str) -> Result<Vec<String>, SessionIdError> {
        Ok(sessions(cell)?
            .iter()
            .map(|id| id.as_str().to_owned())
            .collect())
    }

    #[test]
    fn several_ids_stand_in_one_cell_in_their_order() {
        assert_eq!(
            ids("cs_live_b2  cs_test_a1\u{a0}cs_c3"),
            Ok(vec![
                "cs_live_b2".to_owned(),
                "cs_test_a1".into(),
                "cs_c3".into()
            ])
        );
        let modes = ["cs_live_b2", "cs_test_a1", "cs_c3"]
            .map(|id| SessionId::parse(id).expect(id).livemode());
        assert_eq!(modes, [Some(true), Some(false), None]);
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for cell in [
            "cs_",
            "cs_test_",
            "cs_live_",
            "pi_123",
            "CS_TEST_1",
            "cs_test_1,cs_test_2",
            "cs_test_1;",
            "cs_test_1/../2",
            "cs_test_ü",
            "https://checkout.stripe.com/c/pay/cs_test_1",
            "cs_test_a1 nothing",
        ] {
            assert_eq!(ids(cell), Err(SessionIdError::NoId), "{cell}");
        }
        assert_eq!(ids("cs_a cs_b cs_a"), Err(SessionIdError::Twice));
        let long = format!("cs_test_{}", "a".repeat(247));
        assert!(ids(&long).is_ok());
        assert_eq!(ids(&format!("{long}a")), Err(SessionIdError::TooLong));
    }

    #[test]
    fn a_payment_has_a_time_or_a_day() {
        let at = |cell| paid_at(cell, now()).map(|at| at.to_rfc3339());
        assert_eq!(at("2026-11-03"), Ok("2026-11-03T00:00:00+00:00".into()));
        assert_eq!(at("2026-11-21"), Ok("2026-11-21T00:00:00+00:00".into()));
        assert_eq!(
            at("2026-11-03T17:20:00+02:00"),
            Ok("2026-11-03T15:20:00+00:00".into())
        );
        assert_eq!(at("2026-11-21T12:00:00Z"), Ok(now().to_rfc3339()));
    }

    #[test]
    fn a_day_is_the_shops() {
        let at =
            |cell, zone: Tz| paid_at(cell, now().with_timezone(&zone)).map(|at| at.to_rfc3339());
        let west = Tz::America__New_York;
        assert_eq!(
            at("2026-11-03", west),
            Ok("2026-11-03T05:00:00+00:00".into())
        );
        assert_eq!(
            at("2026-11-03T17:20:00Z", west),
            Ok("2026-11-03T17:20:00+00:00".into())
        );
        // There tomorrow has begun.
        let east = Tz::Pacific__Auckland;
        assert_eq!(
            at("2026-11-22", east),
            Ok("2026-11-21T11:00:00+00:00".into())
        );
        assert_eq!(at("2026-11-22", west), Err(PaidAtError::Future));
    }

    #[test]
    fn a_time_that_cannot_be_is_refused() {
        for cell in [
            "yes",
            "03.11.2026",
            "11/3/2026",
            "2026-1-3",
            "2026-02-30",
            "2026-11-03 ",
            "2026-11-03T17:20:00",
            "1793000000",
        ] {
            assert_eq!(paid_at(cell, now()), Err(PaidAtError::Unreadable), "{cell}");
        }
        for cell in ["2026-11-22", "2026-11-21T12:00:01Z", "9999-12-31"] {
            assert_eq!(paid_at(cell, now()), Err(PaidAtError::Future), "{cell}");
        }
        assert_eq!(paid_at("0026-11-03", now()), Err(PaidAtError::LongAgo));
    }
}
