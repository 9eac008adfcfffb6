//! What happened, in plain words, oldest first: the rows of the timeline, folded.
//!
//! What a row tells is not told by a line of the log once more: a mail is one row with what became of it, a
//! payment one row with what it did.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{told, told::Told};
use crate::{
    order::state::State,
    timeline::PageFacts,
    web::ops::{
        prose::{Prose, Times, prose},
        when::{When, day, day_in_words},
    },
};

/// One fact.
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    at: When,
    mark: &'static str,
    tone: &'static str,
    what: Prose,
    means: Prose,
}

/// The facts of one day.
#[derive(Debug, Clone, Serialize)]
pub struct Day {
    called: String,
    facts: Vec<Fact>,
}

/// The story by days.
pub fn story(facts: &PageFacts, times: Times) -> Vec<Day> {
    let mut rows: Vec<(DateTime<Utc>, Told)> = facts
        .happened
        .iter()
        .filter_map(|happened| told::happened(facts, happened, times))
        .chain(
            facts
                .payments
                .iter()
                .filter_map(|payment| told::payment(facts, payment)),
        )
        .chain(looks(facts))
        .collect();
    rows.sort_by_key(|(at, _)| *at);
    let mut days: Vec<Day> = Vec::new();
    for (at, told) in rows {
        let called = day_in_words(day(at, times.zone), Some(day(times.now, times.zone)));
        let fact = Fact {
            at: When::of(at, times.zone),
            mark: told.mark,
            tone: told.tone,
            what: told.what,
            means: told.means,
        };
        match days.last_mut().filter(|day| day.called == called) {
            Some(day) => day.facts.push(fact),
            None => days.push(Day {
                called,
                facts: vec![fact],
            }),
        }
    }
    days
}

/// Several looks are one row: the last is known, and no earlier one.
fn looks(facts: &PageFacts) -> Vec<(DateTime<Utc>, Told)> {
    let person = facts.looks.by_person.map(|at| {
        let what = prose!["Somebody opened the link"];
        let means = prose!["The last time that somebody did."];
        (at, Told::of("person", what, means))
    });
    let machine = facts.looks.by_machine.map(|at| {
        let what = prose!["A machine looked at the link"];
        let means = prose![
            "The last time that one did. Mail servers do that to check for viruses. It opened nothing and blocks nobody."
        ];
        (at, Told::of("machine", what, means))
    });
    machine.into_iter().chain(person).collect()
}

/// What is so now.
pub fn now(facts: &PageFacts) -> Option<Prose> {
    match facts.order.state {
        State::Open => {
            let amount = super::money::owed_or(&facts.order);
            Some(prose!["Nothing since. The link works, for ", amount, "."])
        }
        _ => None,
    }
}
