//! `freshmint keys new`.

use clap::Subcommand;
use freshmint::{link::token::LinkKeys, random};

use crate::Done;

#[derive(Subcommand)]
pub enum Keys {
    /// Print a fresh link key for LINK_KEYS
    New,
}

impl Keys {
    pub fn run(self) -> Done {
        match self {
            Self::New => say!("{}", LinkKeys::generate(&mut random::generator())),
        }
        Ok(())
    }
}
