//! Where a page of a list that is sorted by time ended.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};

/// Where a list that is sorted by time ended: `2026-11-27T18:00:00.000000Z_evt_1`. Two that came in the
/// same moment are told apart by their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The last row's time.
    pub at: DateTime<Utc>,
    /// Its key.
    pub key: String,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        write!(f, "{at}_{}", self.key)
    }
}

/// A text that is no moment of any row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoMoment;

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        let (at, key) = text.split_once('_').ok_or(NoMoment)?;
        let at: DateTime<Utc> = at.parse().map_err(|_| NoMoment)?;
        // chrono knows years and leap seconds that PostgreSQL does not.
        let is_kept = (1970..=9999).contains(&at.year()) && at.nanosecond() < 1_000_000_000;
        if !is_kept || key.is_empty() || key.contains(char::is_control) {
            return Err(NoMoment);
        }
        let key = key.to_owned();
        Ok(Self { at, key })
    }
}
