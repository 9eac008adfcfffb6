//! `freshmint blast …`: mailings.

mod act;
mod afterwards;
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
    db::Db,
};
use uuid::Uuid;

use crate::{Done, Failure, system_user};

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
    /// Explain it away: nothing more is sent, its links are withdrawn and say why
    Recall(afterwards::RecallIt),
    /// Send once more what was given up, or came back where there is another address by now
    RetryFailed(afterwards::RetryFailed),
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
            Self::Recall(command) => command.run(),
            Self::RetryFailed(command) => command.run(),
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
    #[command(flatten)]
    by: By,
}

/// Who acts.
#[derive(Args)]
struct By {
    /// A name that is shown beside your system user's; it proves nothing
    #[arg(long = "as", value_name = "NAME", value_parser = by_name)]
    shown_as: Option<String>,
}

impl By {
    /// What is done now, in whose name.
    fn doing(&self, app: &App) -> Doing {
        Doing {
            actor: blast::command_actor(&system_user::name(), self.shown_as.as_deref()),
            at: app.clock.now(),
            note: None,
        }
    }
}

fn by_name(text: &str) -> Result<String, &'static str> {
    let name = text.trim();
    let is_one = !name.is_empty() && name.chars().count() <= 80 && !name.contains(char::is_control);
    is_one
        .then(|| name.to_owned())
        .ok_or("it must be a name of at most 80 letters, in one line")
}

impl Which {
    /// The service, and the mailing's id.
    fn open(&self) -> Result<(App, Uuid), Failure> {
        let app = App::new(&self.settings, Clock::system())?;
        let id = find(&app.db, &self.blast)?;
        Ok((app, id))
    }

    fn not_there(&self) -> Failure {
        not_there(&self.blast)
    }

    fn doing(&self, app: &App) -> Doing {
        self.by.doing(app)
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

/// The id of a mailing, by its name or its id.
pub fn find(db: &Db, blast: &str) -> Result<Uuid, Failure> {
    let found = db.run_blocking(|connection| blast::called(connection, blast))?;
    match found[..] {
        [id] => Ok(id),
        [] => Err(not_there(blast)),
        _ => Err(Failure::new(format!(
            "Several mailings are named {blast}: give the id, freshmint blast list shows it."
        ))),
    }
}

fn not_there(blast: &str) -> Failure {
    Failure::new(format!(
        "There is no mailing {blast}: freshmint blast list shows them."
    ))
}
