//! `freshmint ops token add NAME --role …`.

use clap::{Args, Subcommand};
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use freshmint::{
    clock::Clock,
    config,
    db::{Db, DbError},
    token::{self, Role},
};

use crate::{Done, Failure, words};

#[derive(Subcommand)]
pub enum Ops {
    /// API tokens
    #[command(subcommand)]
    Token(Token),
}

#[derive(Subcommand)]
pub enum Token {
    /// Make a token and print it, this once
    Add(Add),
}

#[derive(Args)]
pub struct Add {
    #[command(flatten)]
    database: config::Database,
    /// What the history calls it
    #[arg(value_parser = not_blank)]
    name: String,
    /// What it may do
    #[arg(long, value_parser = words::role())]
    role: Role,
}

impl Ops {
    pub fn run(self) -> Done {
        match self {
            Self::Token(Token::Add(command)) => command.run(),
        }
    }
}

impl Add {
    fn run(self) -> Done {
        let db = Db::for_command(&self.database);
        let now = Clock::system().now();
        let added =
            db.run_blocking(|connection| token::add(connection, &self.name, self.role, now));
        match added {
            Ok(token) => say!("{}", token.expose()),
            Err(DbError::Query(QueryError::DatabaseError(
                DatabaseErrorKind::UniqueViolation,
                _,
            ))) => {
                return Err(Failure::new(format!(
                    "A token named {} stands already: choose another name.",
                    self.name
                )));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

fn not_blank(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it must not be blank".to_owned()),
        name => Ok(name.to_owned()),
    }
}
