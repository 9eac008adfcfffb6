//! What `orders import --update` needs besides: it closes open checkouts at Stripe, and says what changes.

use clap::{ArgMatches, Args, Command, FromArgMatches};
use freshmint::{
    app::App,
    clock::Clock,
    config,
    import::{Closed, Difference, Taken, close_open, file::Entry},
};
use tokio::time::{Duration, Instant};
use uuid::Uuid;

use crate::{Done, Failure, WRONG_USAGE, block_on, print::shown};

/// So long payment pages are closed for, all in all.
const TIME: Duration = Duration::from_secs(60 * 60);

/// The settings of the database, and all others where they are there: only a change asks Stripe.
pub struct Settings {
    pub database: config::Database,
    pub time: config::Time,
    service: Result<Box<config::Service>, clap::Error>,
}

impl Settings {
    /// The service, for a change.
    pub fn app(&self) -> Result<App, Failure> {
        match &self.service {
            Ok(settings) => Ok(App::new(settings, Clock::system())?),
            Err(error) => {
                let why = error.to_string();
                let why = why.lines().next().unwrap_or_default();
                let why = why.trim_start_matches("error: ").trim_end_matches('.');
                Err(Failure {
                    code: WRONG_USAGE,
                    ..Failure::new(format!(
                        "--update asks Stripe, and needs every setting of the service: {why}."
                    ))
                })
            }
        }
    }
}

impl FromArgMatches for Settings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self {
            database: config::Database::from_arg_matches(matches)?,
            time: config::Time::from_arg_matches(matches)?,
            service: config::Service::from_arg_matches(matches).map(Box::new),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Settings {
    fn augment_args(command: Command) -> Command {
        let names = |command: Command| -> Vec<clap::Id> {
            let arguments = command.get_arguments();
            arguments
                .map(|argument| argument.get_id().clone())
                .collect()
        };
        let needed = names(config::Database::augment_args(Command::new("")));
        let all = names(config::Service::augment_args(Command::new("")));
        let mut command = config::Service::augment_args(command);
        for name in all.into_iter().filter(|name| !needed.contains(name)) {
            command = command.mut_arg(name, |argument| argument.required(false));
        }
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// Closes the open checkouts of these orders.
pub fn close(app: &App, orders: Vec<Uuid>) -> Done {
    let closed = block_on(close_open(app, orders, Instant::now() + TIME))?;
    match closed {
        Closed::All => Ok(()),
        Closed::NoAnswer | Closed::Late => Err(Failure::new(
            "Nothing was changed: Stripe did not confirm that the open checkouts of all orders are closed. Try again.",
        )),
    }
}

/// Old beside new, and what stays as it is.
pub fn print(entries: &[Entry], taken: &[Taken]) {
    let rows: Vec<[String; 4]> = entries.iter().zip(taken).flat_map(rows_of).collect();
    if rows.is_empty() {
        return;
    }
    let head = ["ORDER", "WHAT", "NOW", "WOULD BE"].map(str::to_owned);
    let all: Vec<&[String; 4]> = std::iter::once(&head).chain(&rows).collect();
    let width = |at: usize| {
        let letters = all.iter().map(|row| row[at].chars().count());
        letters.max().unwrap_or(0)
    };
    let (order, what, now) = (width(0), width(1), width(2));
    for row in &all {
        let line = format!(
            "{:order$}  {:what$}  {:now$}  {}",
            row[0], row[1], row[2], row[3]
        );
        say!("{}", line.trim_end());
    }
}

fn rows_of((entry, taken): (&Entry, &Taken)) -> Vec<[String; 4]> {
    let reference = shown(&entry.order.reference);
    match taken {
        Taken::Changed(differs, _) => {
            let row = |difference: &Difference| {
                [
                    reference.clone(),
                    shown(difference.what.field()),
                    shown(&difference.now),
                    shown(&difference.would_be),
                ]
            };
            differs.differences.iter().map(row).collect()
        }
        Taken::LeftAlone(left, differs) => {
            let row = |difference: &Difference| {
                [
                    reference.clone(),
                    shown(difference.what.field()),
                    shown(&difference.now),
                    format!("left alone: {}", left.sentence()),
                ]
            };
            differs.differences.iter().map(row).collect()
        }
        Taken::New(_) | Taken::Updated(_) | Taken::Unchanged | Taken::Refused(_) => Vec::new(),
    }
}
