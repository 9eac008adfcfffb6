//! What is to be told, by when, and whether it was. Pure.

use std::time::{Duration, Instant};

use crate::torture::{Happened, troubles::Lane, watch::Span};

/// What is to be told is told within this time, and so is its end.
const TOLD_WITHIN: Duration = Duration::from_secs(60);
/// What docs/alerts.md says of when a cause is over: gone for so long, or, if it came back, for so long.
const GONE: Duration = Duration::from_secs(30);
const GONE_AFTER_A_RETURN: Duration = Duration::from_secs(10 * 60);
/// A worker has so long to turn again, after which it stands still.
const A_LOOP_TURNS: Duration = Duration::from_secs(60);
/// What ends so soon may be over before anybody looks.
const SEEN_FOR_SURE: Duration = Duration::from_secs(10);

/// What the place for alerts was told.
pub struct Heard {
    pub at: Instant,
    pub state: String,
    pub cause: String,
}

impl Heard {
    /// Many of one kind at once are one message with their number.
    fn is(&self, state: &str, key: &str) -> bool {
        self.state == state && (self.cause == key || self.cause == kind_of(key))
    }
}

/// Something that is to be told.
pub struct Due {
    pub what: String,
    pub by: Instant,
    pub met: bool,
}

/// What happened, as far as it says what is to be told.
pub struct Troubles<'a>(pub &'a [Happened]);

impl Troubles<'_> {
    /// For how long of this time nothing could be written: what is told is rows first.
    fn hinder(&self, from: Instant, to: Instant) -> Duration {
        let of_the_database = self.0.iter().filter(|one| one.lane == Lane::Database);
        let overlaps = of_the_database.map(|one| {
            let (began, ended) = (one.began.max(from), one.ended.min(to));
            ended.saturating_duration_since(began)
        });
        overlaps.sum()
    }

    fn ended(&self) -> Option<Instant> {
        self.0.iter().map(|one| one.ended).max()
    }

    /// That this is told now is nobody's fault but ours.
    pub fn may_cause(&self, heard: &Heard) -> bool {
        let mut before = self.0.iter().filter(|one| one.began <= heard.at);
        before.any(|one| one.may_cause.contains(&kind_of(&heard.cause)))
    }
}

/// What rows say is open is told when it begins, if it lasts; and that it is over, if it was told.
pub fn of_a_row(key: &str, spans: &[Span], heard: &[Heard], troubles: &Troubles) -> Vec<Due> {
    let (begins, over) = (
        first_told(key, spans, heard, troubles),
        last_over(key, spans, heard, troubles),
    );
    begins.into_iter().chain(over).collect()
}

pub fn first_told(key: &str, spans: &[Span], heard: &[Heard], troubles: &Troubles) -> Option<Due> {
    let lasts = |span: &&Span| {
        let ended = span.ended.unwrap_or_else(Instant::now);
        ended - span.began > SEEN_FOR_SURE
    };
    let first = spans.iter().find(lasts)?;
    let by = first.began + TOLD_WITHIN;
    let by = by + troubles.hinder(spans[0].began, by);
    Some(Due {
        what: key.to_owned(),
        by,
        met: heard
            .iter()
            .any(|heard| heard.is("begins", key) && heard.at <= by),
    })
}

fn last_over(key: &str, spans: &[Span], heard: &[Heard], troubles: &Troubles) -> Option<Due> {
    let ended = spans.last()?.ended?;
    let was_told = heard.iter().any(|heard| heard.is("begins", key));
    let gone = match spans.len() {
        1 => GONE,
        _ => GONE_AFTER_A_RETURN,
    };
    let by = ended + gone + TOLD_WITHIN;
    let by = by + troubles.hinder(ended, by);
    let in_time = |heard: &Heard| heard.is("over", key) && (ended..=by).contains(&heard.at);
    was_told.then(|| Due {
        what: format!("that {key} is over"),
        by,
        met: heard.iter().any(in_time),
    })
}

/// What processes tell from memory: a database that was away for long enough; and the ends.
pub fn of_memory(heard: &[Heard], troubles: &Troubles) -> Vec<Due> {
    let long = |one: &&Happened| one.ended - one.began > TOLD_WITHIN;
    let away = troubles
        .0
        .iter()
        .filter(|one| one.ends_the_database)
        .filter(long);
    let begins = away.map(|one| {
        let by = one.began + TOLD_WITHIN;
        let in_time =
            |heard: &Heard| heard.is("begins", "database") && (one.began..=by).contains(&heard.at);
        Due {
            what: "database".to_owned(),
            by,
            met: heard.iter().any(in_time),
        }
    });
    // While troubles go on, what is gone comes back.
    let over = [("database", Duration::ZERO), ("worker", A_LOOP_TURNS)];
    let over = over.into_iter().filter_map(|(cause, later)| {
        let last = |state| {
            let told = heard.iter().filter(|heard| heard.is(state, cause));
            told.map(|heard| heard.at).max()
        };
        let begun = last("begins")?;
        let by = troubles.ended().map_or(begun, |ended| ended.max(begun));
        let by = by + later + GONE + TOLD_WITHIN;
        Some(Due {
            what: format!("that {cause} is over"),
            by,
            met: last("over").is_some_and(|over| over > begun && over <= by),
        })
    });
    begins.chain(over).collect()
}

/// A cause's kind stands before the colon.
pub fn kind_of(key: &str) -> &str {
    key.split(':').next().unwrap_or_default()
}
