//! The judge is judged.

use std::time::{Duration, Instant};

use super::{
    due::{Due, Heard, Troubles, first_told, of_a_row, of_memory},
    false_alarms,
};
use crate::torture::{Happened, troubles::Lane, watch::Span};

struct Time(Instant);

impl Time {
    fn at(&self, seconds: u64) -> Instant {
        self.0 + Duration::from_secs(seconds)
    }

    fn span(&self, began: u64, ended: u64) -> Span {
        Span {
            began: self.at(began),
            ended: Some(self.at(ended)),
        }
    }

    fn heard(&self, at: u64, state: &str, cause: &str) -> Heard {
        Heard {
            at: self.at(at),
            state: state.to_owned(),
            cause: cause.to_owned(),
        }
    }

    fn database(&self, began: u64, ended: u64) -> Happened {
        Happened {
            lane: Lane::Database,
            began: self.at(began),
            ended: self.at(ended),
            may_cause: &["database"],
            ends_the_database: true,
        }
    }
}

fn unmet(dues: &[Due]) -> Vec<&str> {
    let unmet = dues.iter().filter(|due| !due.met);
    unmet.map(|due| due.what.as_str()).collect()
}

#[test]
fn the_judge_sees_what_was_told_late_or_never_or_not_to_be_over() {
    let time = Time(Instant::now());
    let spans = [time.span(0, 40)];
    let judged = |heard: &[Heard]| {
        let dues = of_a_row("pause", &spans, heard, &Troubles(&[]));
        unmet(&dues).len()
    };
    let (begins, over) = (
        time.heard(60, "begins", "pause"),
        time.heard(130, "over", "pause"),
    );
    assert_eq!(judged(&[begins, over]), 0);
    assert_eq!(judged(&[]), 1, "never");
    assert_eq!(judged(&[time.heard(60, "begins", "pause")]), 1, "no end");
    let other = time.heard(60, "begins", "pause:nothing_gets_through");
    assert_eq!(judged(&[other]), 1, "another cause");
    let (late, too_late) = (
        time.heard(61, "begins", "pause"),
        time.heard(131, "over", "pause"),
    );
    assert_eq!(judged(&[late, too_late]), 2, "late");
}

#[test]
fn what_is_short_need_not_be_told_and_many_are_told_as_one() {
    let time = Time(Instant::now());
    let short = [time.span(0, 9)];
    assert!(of_a_row("pause", &short, &[], &Troubles(&[])).is_empty());
    let many = [time.heard(5, "begins", "unknown_mail")];
    let open = [Span {
        began: time.at(0),
        ended: None,
    }];
    let told = of_a_row("unknown_mail:1", &open, &many, &Troubles(&[]));
    assert_eq!(unmet(&told), [""; 0]);
}

#[test]
fn a_database_that_cannot_be_written_to_puts_it_off_by_as_much() {
    let time = Time(Instant::now());
    let (spans, away) = ([time.span(0, 40)], [time.database(50, 55)]);
    let heard = |at| [time.heard(at, "begins", "pause")];
    let judged = |heard: &[Heard]| first_told("pause", &spans, heard, &Troubles(&away));
    assert!(judged(&heard(65)).is_some_and(|due| due.met));
    assert!(judged(&heard(66)).is_some_and(|due| !due.met));
}

#[test]
fn the_judge_sees_a_database_that_was_away_and_not_told_of() {
    let time = Time(Instant::now());
    let away = [time.database(0, 61), time.database(70, 75)];
    let judged = |heard: &[Heard]| unmet(&of_memory(heard, &Troubles(&away))).join(", ");
    assert_eq!(judged(&[]), "database");
    let begins = |at| time.heard(at, "begins", "database");
    assert_eq!(judged(&[begins(60)]), "that database is over");
    assert_eq!(
        judged(&[begins(60), time.heard(165, "over", "database")]),
        ""
    );
    let late = [begins(61), time.heard(166, "over", "database")];
    assert_eq!(judged(&late), "database, that database is over");
    let twice = [
        begins(50),
        time.heard(62, "over", "database"),
        begins(63),
        time.heard(61, "begins", "worker"),
    ];
    assert_eq!(judged(&twice), "that database is over, that worker is over");
}

#[test]
fn the_judge_sees_what_was_told_for_nothing() {
    let time = Time(Instant::now());
    let away = [time.database(10, 61)];
    let heard = [
        time.heard(5, "begins", "database"),
        time.heard(50, "begins", "database"),
        time.heard(51, "begins", "worker"),
        time.heard(52, "over", "case:1"),
    ];
    let troubles = Troubles(&away);
    let told: Vec<_> = false_alarms(&heard, &troubles).collect();
    assert_eq!(told.len(), 2, "{told:#?}");
}
