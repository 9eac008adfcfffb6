//! `freshmint ops user|token`: who signs in to the pages, and who calls the API.

mod token;
mod user;

use clap::Subcommand;
use freshmint::{activity::Doing, clock::Clock};

use crate::Done;

#[derive(Subcommand)]
pub enum Ops {
    /// People who sign in to the pages: add, list, role, password, disable, enable
    #[command(subcommand)]
    User(user::User),
    /// API tokens
    #[command(subcommand)]
    Token(token::Token),
}

impl Ops {
    pub fn run(self) -> Done {
        match self {
            Self::User(command) => command.run(),
            Self::Token(command) => command.run(),
        }
    }
}

fn doing() -> Doing {
    Doing {
        actor: "command line".to_owned(),
        at: Clock::system().now(),
        note: None,
    }
}
