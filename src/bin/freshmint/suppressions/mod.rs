//! `freshmint suppressions …`: who is not written to.

mod lift;

use std::{fs, path::PathBuf};

use clap::{Args, Subcommand};
use freshmint::{
    activity::Doing,
    clock::Clock,
    config,
    db::Db,
    order::{email::Email, text::Text},
    suppression::{self, AddressKey, Cause, Suppression, file},
};

use self::lift::Lift;
use crate::{
    Done, Failure,
    orders::Format,
    print::{self, count, shown},
    read,
};

/// Rows that are read at once.
const PAGE: i64 = 1_000;

#[derive(Subcommand)]
pub enum Suppressions {
    /// List them, newest first
    List(List),
    /// Put an address on the list
    Add(Add),
    /// Take an address off the list, or all that were put there wrongly
    Lift(Lift),
    /// Write the list as CSV: email, reason, note, since
    Export(Export),
    /// Put the addresses of a CSV on the list, all of them or none
    Import(Import),
}

impl Suppressions {
    pub fn run(self) -> Done {
        match self {
            Self::List(command) => command.run(),
            Self::Add(command) => command.run(),
            Self::Lift(command) => command.run(),
            Self::Export(command) => command.run(),
            Self::Import(command) => command.run(),
        }
    }
}

#[derive(Args)]
pub struct List {
    #[command(flatten)]
    database: config::Database,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Args)]
pub struct Add {
    #[command(flatten)]
    database: config::Database,
    /// The address
    #[arg(value_parser = Email::parse)]
    email: Email,
    /// Why
    #[arg(long, default_value = "manual", value_parser = Text::<200>::parse)]
    reason: Text<200>,
    /// A remark
    #[arg(long, value_parser = Text::<2_000>::parse)]
    note: Option<Text<2_000>>,
}

#[derive(Args)]
pub struct Export {
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    time: config::Time,
    /// Where to write; standard output if nothing is said
    file: Option<PathBuf>,
}

#[derive(Args)]
pub struct Import {
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    time: config::Time,
    /// The file: email; optional reason, note, since
    file: PathBuf,
}

impl List {
    fn run(self) -> Done {
        let rows = all(&open(&self.database))?;
        if self.format == Format::Json {
            return print::json_list(&rows);
        }
        for row in rows {
            say!(
                "{}  {:<40} {}{}",
                row.since.format("%Y-%m-%d"),
                shown(row.address.as_deref().unwrap_or("(erased)")),
                shown(row.reason),
                row.note
                    .map(|note| format!(": {}", shown(note)))
                    .unwrap_or_default()
            );
        }
        Ok(())
    }
}

impl Add {
    fn run(self) -> Done {
        let cause = Cause {
            reason: self.reason.into(),
            doing: doing(self.note.map(String::from)),
        };
        let (_, is_new) = open(&self.database).run_blocking(|connection| {
            let hash = AddressKey::load(connection)?.hash(self.email.as_str());
            suppression::add(connection, hash, Some(self.email.as_str()), &cause)
        })?;
        say!(
            "{}",
            if is_new {
                "The address is no longer written to."
            } else {
                "The address was on the list already, and stays as it was."
            }
        );
        Ok(())
    }
}

impl Export {
    fn run(self) -> Done {
        let rows = all(&open(&self.database))?;
        let text = file::write(&rows, self.time.time_zone);
        match &self.file {
            Some(path) => fs::write(path, text).map_err(|error| {
                Failure::new(format!("{} cannot be written: {error}.", path.display()))
            })?,
            None => print::file(&text),
        }
        let erased = rows.iter().filter(|row| row.address.is_none()).count();
        complain!(
            "{} written; {} on the list as hashes alone, and cannot be.",
            count(rows.len() - erased, "address", "addresses"),
            count(erased, "more is", "more are")
        );
        Ok(())
    }
}

impl Import {
    fn run(self) -> Done {
        let name = self.file.display();
        let now = Clock::system().now().with_timezone(&self.time.time_zone);
        let parsed = file::parse(&read(&self.file)?, now)
            .map_err(|error| Failure::new(format!("{name}: {error}.")))?;
        if !parsed.bad.is_empty() {
            for bad in &parsed.bad {
                complain!("line {}: {}", bad.line, bad.reason);
            }
            return Err(Failure::new(format!(
                "Nothing was taken in: correct {} of {name}, and run it again.",
                count(parsed.bad.len(), "line", "lines")
            )));
        }
        let doing = doing(None);
        let new = open(&self.database)
            .run_blocking(|connection| suppression::import(connection, &parsed.entries, &doing))?;
        say!(
            "{} no longer written to; {} unchanged.",
            count(new, "address is", "addresses are"),
            parsed.entries.len() - new
        );
        Ok(())
    }
}

fn open(database: &config::Database) -> Db {
    Db::for_command(database)
}

fn all(db: &Db) -> Result<Vec<Suppression>, Failure> {
    let mut rows: Vec<Suppression> = Vec::new();
    loop {
        let before = rows.last().map(|row| (row.since, row.address_hash.clone()));
        let page =
            db.run_blocking(|connection| suppression::list(connection, before.clone(), PAGE))?;
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page);
    }
}

fn doing(note: Option<String>) -> Doing {
    Doing {
        actor: "command line".to_owned(),
        at: Clock::system().now(),
        note,
    }
}
