//! `freshmint recovery`: checkouts that the shop's own site opened, and nobody finished.

mod backfill;
mod simulate;

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use clap::Subcommand;

use crate::{Done, print::count};

#[derive(Subcommand)]
pub enum Recovery {
    /// Look at carts of the past, through the same gates as live ones
    Backfill(backfill::Backfill),
    /// Tell what the rule would have said of the carts that are kept, and write nobody
    Simulate(simulate::Simulate),
}

impl Recovery {
    pub fn run(self) -> Done {
        match self {
            Self::Backfill(command) => command.run(),
            Self::Simulate(command) => command.run(),
        }
    }
}

/// A day of the shop.
fn day(text: &str) -> Result<NaiveDate, &'static str> {
    let day: Option<NaiveDate> = text.trim().parse().ok();
    // chrono knows years that PostgreSQL does not.
    day.filter(|day| (1970..=9999).contains(&day.year()))
        .ok_or("write it as 2026-11-01")
}

/// `3 carts: 2 scheduled, 1 too_old`.
fn total(carts: usize, verdicts: &BTreeMap<&'static str, usize>) -> String {
    let each = verdicts.iter();
    let each: Vec<String> = each
        .map(|(verdict, carts)| format!("{carts} {verdict}"))
        .collect();
    match carts {
        0 => "no carts".to_owned(),
        carts => format!("{}: {}", count(carts, "cart", "carts"), each.join(", ")),
    }
}
