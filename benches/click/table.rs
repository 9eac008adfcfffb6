//! The table that the bench prints.

use std::{fmt::Write, thread::available_parallelism};

use crate::{
    CONNECTIONS, PAYERS, STRIPE_TAKES,
    bare::THREADS,
    load::{Driver, Figures},
};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Bare,
    Checked,
    Reuse,
    Few,
    BesideLocks,
    BesideCallers,
    BesidePreviews,
    Mint,
    Simulator,
    Intake,
    Insert,
}

impl Row {
    /// In the order in which they are shown, with what each is, its durability, and what it is
    /// compared with.
    const ALL: [(Row, &str, &str, Option<Row>); 11] = [
        (Row::Bare, "a  bare 303", "no database", None),
        (
            Row::Checked,
            "b  303 after the token's check",
            "no database",
            Some(Row::Bare),
        ),
        (
            Row::Reuse,
            "c  click, session handed out again",
            "thrown away",
            Some(Row::Bare),
        ),
        (Row::Few, "c2 the same, 2 connections", "thrown away", None),
        (
            Row::BesideLocks,
            "   beside locks on other tables",
            "thrown away",
            Some(Row::Few),
        ),
        (
            Row::BesideCallers,
            "   and 20 callers who wait for them",
            "thrown away",
            Some(Row::Few),
        ),
        (
            Row::BesidePreviews,
            "   beside 20 callers of a preview",
            "thrown away",
            Some(Row::Few),
        ),
        (
            Row::Mint,
            "d  click that mints",
            "thrown away",
            Some(Row::Simulator),
        ),
        (
            Row::Simulator,
            "   the simulator alone",
            "no database",
            None,
        ),
        (Row::Intake, "e  webhook kept", "durable", Some(Row::Insert)),
        (
            Row::Insert,
            "   bare insert, a commit each",
            "durable",
            None,
        ),
    ];
}

/// The figures so far.
#[derive(Default)]
pub struct Table(Vec<(Row, Figures)>);

impl Table {
    pub fn add(&mut self, row: Row, figures: Figures) {
        self.0.push((row, figures));
    }

    fn get(&self, row: Row) -> Option<&Figures> {
        let found = self.0.iter().find(|(known, _)| *known == row);
        found.map(|(_, figures)| figures)
    }

    /// The whole, for people.
    pub fn print(&self, driver: Driver, quick: bool) -> String {
        let mut text = format!(
            "\nThe service and the bare servers on {THREADS} threads each, driven by {}, on {} cores, \
             {CONNECTIONS} connections;\nd with {PAYERS} payers at once, each with another order, and a \
             Stripe that takes {} ms.{}\n\n{:<36}{:>12}{:>11}{:>11}{:>8}  {:<12} {}\n",
            driver.name(),
            available_parallelism().map_or(1, usize::from),
            STRIPE_TAKES.as_millis(),
            if quick {
                "\nQUICK: to see that it runs; the figures mean little."
            } else {
                ""
            },
            "",
            "requests/s",
            "p50 ms",
            "p99 ms",
            "failed",
            "database",
            "ratio",
        );
        for (row, name, database, against) in Row::ALL {
            let Some(figures) = self.get(row) else {
                continue;
            };
            let ratio = against.and_then(|other| self.get(other)).map(|other| {
                format!(
                    "{:.2} of the {}",
                    figures.per_second / other.per_second,
                    Self::short(against)
                )
            });
            let millis = |time: std::time::Duration| time.as_secs_f64() * 1_000.0;
            let _ = writeln!(
                text,
                "{name:<36}{:>12.0}{:>11.1}{:>11.1}{:>8}  {database:<12} {}",
                figures.per_second,
                millis(figures.p50),
                millis(figures.p99),
                figures.failed,
                ratio.unwrap_or_default(),
            );
        }
        text
    }

    fn short(row: Option<Row>) -> &'static str {
        match row {
            Some(Row::Simulator) => "simulator alone",
            Some(Row::Insert) => "bare insert",
            Some(Row::Few) => "quiet one",
            _ => "bare 303",
        }
    }
}
