//! `freshmint orders …`.

mod end;
mod export;
mod import;
mod list;
mod update;
mod wanted;

use clap::{Subcommand, ValueEnum};

use crate::Done;

#[derive(Subcommand)]
pub enum Orders {
    /// Take orders in from a CSV file
    Import(import::Import),
    /// List orders, newest first
    List(list::List),
    /// Show one order
    Show(list::Show),
    /// Cancel an order: it is no longer owed
    Cancel(end::Cancel),
    /// Close an order that was settled without Stripe
    Settle(end::Settle),
    /// Write orders as CSV to standard output, newest first
    Export(export::Export),
}

impl Orders {
    pub fn run(self) -> Done {
        match self {
            Self::Import(command) => command.run(),
            Self::List(command) => command.run(),
            Self::Show(command) => command.run(),
            Self::Cancel(command) => command.run(),
            Self::Settle(command) => command.run(),
            Self::Export(command) => command.run(),
        }
    }
}

/// How a command prints.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}
