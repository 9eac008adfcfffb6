//! `freshmint recovery`: checkouts that the shop's own site opened, and nobody finished.

mod backfill;
mod simulate;

use clap::Subcommand;

use crate::Done;

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
