//! `freshmint ops token add|list|revoke`.

use clap::{Args, Subcommand};
use freshmint::{
    config,
    db::Db,
    order::text::Text,
    token::{self, Role, Token as Row},
};

use super::doing;
use crate::{
    Done, Failure,
    orders::Format,
    print::{self, shown},
    words,
};

/// Rows that are read at once.
const PAGE: i64 = 1_000;

#[derive(Subcommand)]
pub enum Token {
    /// Make a token and print it, this once
    Add(Add),
    /// List the tokens by name, newest first, with their last use
    List(List),
    /// Revoke a token: no call gets in with it any more
    Revoke(Revoke),
}

#[derive(Args)]
pub struct Add {
    #[command(flatten)]
    database: config::Database,
    /// What the history calls it
    #[arg(value_parser = Text::<100>::parse)]
    name: Text<100>,
    /// What it may do
    #[arg(long, value_parser = words::role())]
    role: Role,
}

#[derive(Args)]
pub struct List {
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    time: config::Time,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Args)]
pub struct Revoke {
    #[command(flatten)]
    database: config::Database,
    /// Its name, as the list has it
    name: String,
}

impl Token {
    pub fn run(self) -> Done {
        match self {
            Self::Add(command) => command.run(),
            Self::List(command) => command.run(),
            Self::Revoke(command) => command.run(),
        }
    }
}

impl Add {
    fn run(self) -> Done {
        let (db, doing) = (Db::for_command(&self.database), doing());
        let issued = db.run_blocking(|connection| {
            token::issue(connection, self.name.as_str(), self.role, &doing)
        })?;
        let Some((token, _)) = issued else {
            return Err(Failure::new(format!(
                "A token named {} stands already: choose another name.",
                self.name
            )));
        };
        say!("{}", token.expose());
        Ok(())
    }
}

impl List {
    fn run(self) -> Done {
        let rows = all(&Db::for_command(&self.database))?;
        if self.format == Format::Json {
            return print::json_list(&rows);
        }
        for row in rows {
            let used = row.last_used_at.map_or("never used".to_owned(), |at| {
                format!("last used {}", print::moment(at, self.time.time_zone))
            });
            say!(
                "{:<30} {:<8}  made {}, {used}",
                shown(&row.name),
                row.role,
                row.created_at.format("%Y-%m-%d")
            );
        }
        Ok(())
    }
}

impl Revoke {
    fn run(self) -> Done {
        let (db, doing) = (Db::for_command(&self.database), doing());
        let revoked =
            db.run_blocking(|connection| token::revoke(connection, &self.name, &doing))?;
        if !revoked {
            return Err(Failure::new(format!(
                "There is no token named {}: freshmint ops token list shows them.",
                self.name
            )));
        }
        say!(
            "{} is revoked: no call gets in with it any more.",
            shown(&self.name)
        );
        Ok(())
    }
}

fn all(db: &Db) -> Result<Vec<Row>, Failure> {
    let mut rows: Vec<Row> = Vec::new();
    loop {
        let before = rows.last().map(|row| row.id);
        let page = db.run_blocking(|connection| token::list(connection, before, PAGE))?;
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page);
    }
}
