//! `freshmint mail resume`: lets mail go on that has paused.

use clap::{Args, Subcommand};
use freshmint::{
    activity::{Doing, Note},
    app::App,
    clock::Clock,
    config, outbox,
};

use crate::{Done, print::shown};

#[derive(Subcommand)]
pub enum Mail {
    /// Let mail go on that has paused
    Resume(Resume),
}

#[derive(Args)]
pub struct Resume {
    #[command(flatten)]
    settings: config::Service,
    /// Why, for the history
    #[arg(long, value_parser = Note::parse)]
    note: Option<Note>,
}

impl Mail {
    pub fn run(self) -> Done {
        match self {
            Self::Resume(command) => command.run(),
        }
    }
}

impl Resume {
    fn run(self) -> Done {
        let app = App::new(&self.settings, Clock::system())?;
        let doing = Doing {
            actor: "command line".to_owned(),
            at: app.clock.now(),
            note: self.note.map(String::from),
        };
        let (resumed, waiting) = app.db.run_blocking(|connection| {
            let resumed = outbox::resume(connection, &doing)?;
            let waiting = outbox::waiting(connection, Some(&app.mailer), doing.at)?;
            Ok((resumed, waiting))
        })?;
        match (resumed, waiting) {
            (_, Some(waiting)) => say!("{}", shown(&waiting.sentence)),
            (true, None) => {
                say!("Mail goes on. The same refusal bounces now, until a mail is accepted.")
            }
            (false, None) => say!("Mail was not paused."),
        }
        Ok(())
    }
}
