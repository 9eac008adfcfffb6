//! `freshmint blast …`: mailings.

mod act;
mod create;
mod preview;
mod status;

use clap::{Args, Subcommand};
use freshmint::{
    activity::Doing,
    app::App,
    blast::{self, Asked, preflight::refusal},
    clock::Clock,
    config,
};
use uuid::Uuid;

use crate::{Done, Failure};

#[derive(Subcommand)]
pub enum Blast {
    /// Write a mailing: a draft, of which nothing is sent
    Create(create::Create),
    /// Look at a mailing before it goes, and print how to approve it
    Preview(preview::Preview),
    /// Send its first mail to somebody of the shop
    Test(act::Test),
    /// Approve it as its preview shows it
    Approve(act::Approve),
    /// Queue all its mails
    Start(act::Start),
    /// Hold what is queued
    Pause(act::Pause),
    /// Let it go on
    Resume(act::Resume),
    /// Give up what is queued
    Cancel(act::Cancel),
    /// Show how far it is
    Status(status::Status),
    /// List mailings, newest first
    List(status::List),
}

impl Blast {
    pub fn run(self) -> Done {
        match self {
            Self::Create(command) => command.run(),
            Self::Preview(command) => command.run(),
            Self::Test(command) => command.run(),
            Self::Approve(command) => command.run(),
            Self::Start(command) => command.run(),
            Self::Pause(command) => command.run(),
            Self::Resume(command) => command.run(),
            Self::Cancel(command) => command.run(),
            Self::Status(command) => command.run(),
            Self::List(command) => command.run(),
        }
    }
}

/// Which mailing, and the settings that it takes to work on it.
#[derive(Args)]
struct Which {
    #[command(flatten)]
    settings: config::Service,
    /// The mailing's name or id
    #[arg(value_name = "NAME|ID")]
    blast: String,
}

impl Which {
    /// The service, and the mailing's id.
    fn open(&self) -> Result<(App, Uuid), Failure> {
        let app = App::new(&self.settings, Clock::system())?;
        if let Ok(id) = self.blast.parse() {
            return Ok((app, id));
        }
        let named = app
            .db
            .run_blocking(|connection| blast::named(connection, &self.blast))?;
        match named[..] {
            [id] => Ok((app, id)),
            [] => Err(self.not_there()),
            _ => Err(Failure::new(format!(
                "Several mailings are named {}: give the id, freshmint blast list shows it.",
                self.blast
            ))),
        }
    }

    fn not_there(&self) -> Failure {
        Failure::new(format!(
            "There is no mailing {}: freshmint blast list shows them.",
            self.blast
        ))
    }

    /// What came of it, or the sentence that says why nothing did.
    fn done<T>(&self, asked: Asked<T>) -> Result<T, Failure> {
        match asked {
            Asked::Done(done) => Ok(done),
            Asked::Invalid(problems) => Err(Failure::new(format!("{}: {problems}.", self.blast))),
            Asked::NotNow(why) | Asked::Busy(why) => {
                Err(Failure::new(format!("{}: {why}.", self.blast)))
            }
            Asked::Grounded(checks) => Err(Failure::new(format!(
                "{}: {}.",
                self.blast,
                refusal(&checks)
            ))),
            Asked::NoBlast => Err(self.not_there()),
        }
    }
}

fn doing(app: &App) -> Doing {
    Doing {
        actor: "command line".to_owned(),
        at: app.clock.now(),
        note: None,
    }
}
