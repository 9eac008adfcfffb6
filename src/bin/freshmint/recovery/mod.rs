//! `freshmint recovery`: checkouts that the shop's own site opened, and nobody finished.

mod backfill;
mod list;

use clap::Subcommand;

use crate::Done;

#[derive(Subcommand)]
pub enum Recovery {
    /// Look at carts of the past, through the same gates as live ones
    Backfill(backfill::Backfill),
}

impl Recovery {
    pub fn run(self) -> Done {
        match self {
            Self::Backfill(command) => command.run(),
        }
    }
}
