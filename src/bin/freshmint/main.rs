//! The `freshmint` command.
#![warn(clippy::print_stdout, clippy::print_stderr)]

#[macro_use]
mod print;

mod blast;
mod bounce;
mod cases;
mod doctor;
mod dotenv;
mod erase;
mod help;
mod keys;
mod link;
mod logging;
mod mail;
mod migrate;
mod ops;
mod orders;
mod prune;
mod recovery;
mod serve;
mod suppressions;
mod sweep;
mod system_user;
mod words;

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    process::ExitCode,
};

use clap::{FromArgMatches, Parser, Subcommand};
use freshmint::spreadsheet::limits;

/// Payment links that never go stale
#[derive(Parser)]
#[command(name = "freshmint", version)]
struct Cli {
    #[command(flatten)]
    log: logging::Log,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it, for a moment"
)]
enum Command {
    /// Run the service: web and worker in one process
    Serve(serve::Serve),
    /// Run the worker alone
    Work(serve::Work),
    /// Apply the database migrations
    Migrate(migrate::Migrate),
    /// Check everything a payment needs, one line a check
    Doctor(doctor::Doctor),
    /// Orders: import, list, show, cancel, settle, export
    #[command(subcommand)]
    Orders(orders::Orders),
    /// Mailings: create, preview, test, approve, start, pause, resume, cancel, status, list
    #[command(subcommand)]
    Blast(blast::Blast),
    /// All mail: resume
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Take a message that says that a mail came back, from standard input
    Bounce(bounce::Bounce),
    /// Money that does not add up: list, resolve
    #[command(subcommand)]
    Cases(cases::Cases),
    /// Look at Stripe for what its webhooks never brought
    Sweep(sweep::Sweep),
    /// Delete what is not needed any more, as the worker does every night
    Prune(prune::Prune),
    /// Remove one person's address everywhere but from an account of the ops pages
    Erase(erase::Erase),
    /// Who is not written to: list, add, lift, export, import
    #[command(subcommand)]
    Suppressions(suppressions::Suppressions),
    /// Carts that the shop's own site lost: backfill, simulate
    #[command(subcommand)]
    Recovery(recovery::Recovery),
    /// Print an order's pay link
    Link(link::Link),
    /// People and tokens
    #[command(subcommand)]
    Ops(ops::Ops),
    /// Link keys
    #[command(subcommand)]
    Keys(keys::Keys),
}

fn main() -> ExitCode {
    if let Err(why) = dotenv::load(Path::new(".env")) {
        complain!("The file .env cannot be read: {why}.");
        return ExitCode::from(WRONG_USAGE);
    }
    forget_empty_settings();
    let said = help::command().try_get_matches();
    let cli = match said.and_then(|said| Cli::from_arg_matches(&said)) {
        Ok(cli) => cli,
        Err(error) => help::refuse(error),
    };
    cli.log.init();
    let done = match cli.command {
        Command::Serve(command) => command.run(),
        Command::Work(command) => command.run(),
        Command::Migrate(command) => command.run(),
        Command::Doctor(command) => command.run(),
        Command::Orders(command) => command.run(),
        Command::Blast(command) => command.run(),
        Command::Mail(command) => command.run(),
        Command::Bounce(command) => command.run(),
        Command::Cases(command) => command.run(),
        Command::Sweep(command) => command.run(),
        Command::Prune(command) => command.run(),
        Command::Erase(command) => command.run(),
        Command::Suppressions(command) => command.run(),
        Command::Recovery(command) => command.run(),
        Command::Link(command) => command.run(),
        Command::Ops(command) => command.run(),
        Command::Keys(command) => command.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain!("{failure}");
            ExitCode::from(failure.code)
        }
    }
}

const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;

/// `NAME=` in a `.env` file means that the setting is not set.
fn forget_empty_settings() {
    for (name, _) in std::env::vars_os().filter(|(_, value)| value.is_empty()) {
        // SAFETY: no other thread runs yet that could read the environment meanwhile.
        unsafe { std::env::remove_var(name) };
    }
}

/// Why a command failed: one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
struct Failure {
    sentence: String,
    code: u8,
}

impl Failure {
    fn new(sentence: impl std::fmt::Display) -> Self {
        Self {
            sentence: sentence.to_string(),
            code: FAILED,
        }
    }

    fn no_order(reference: impl std::fmt::Display) -> Self {
        Self::new(format!(
            "There is no order {reference}: freshmint orders list shows them."
        ))
    }
}

impl From<freshmint::db::DbError> for Failure {
    fn from(error: freshmint::db::DbError) -> Self {
        use freshmint::db::DbError;
        match error {
            DbError::Unreachable(words) => Self::new(format!(
                "The database cannot be reached: check DATABASE_URL and that PostgreSQL runs. PostgreSQL says: {words}"
            )),
            DbError::NotLetIn(words) => Self::new(format!(
                "The database refuses the connection: check DATABASE_URL. PostgreSQL says: {words}"
            )),
            DbError::Query(diesel::result::Error::DatabaseError(_, said)) => {
                Self::new(format!("The database refused: {}.", said.message()))
            }
            DbError::NoTables => {
                Self::new("The database has no tables yet: run freshmint migrate.")
            }
            error => Self::new(error),
        }
    }
}

impl From<freshmint::config::WrongSetting> for Failure {
    fn from(error: freshmint::config::WrongSetting) -> Self {
        Self {
            sentence: format!("{error}."),
            code: WRONG_USAGE,
        }
    }
}

type Done = Result<(), Failure>;

/// The content of a file, or the beginning of one that is larger than is taken: a device or a pipe may
/// have no end.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    read_at_most(file, limits::FILE_BYTES + 1)
        .map_err(|error| Failure::new(format!("{} cannot be read: {error}.", file.display())))
}

fn read_at_most(file: &Path, bytes: usize) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let file = File::open(file)?;
    file.take(bytes as u64).read_to_end(&mut content)?;
    Ok(content)
}

/// Runs what waits for something.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(future)
}
