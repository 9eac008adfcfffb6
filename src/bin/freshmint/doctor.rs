//! `freshmint doctor`.

use clap::Args;
use freshmint::{
    app::App,
    clock::Clock,
    config,
    doctor::{Finding, examine, examine_session},
};

use crate::{Done, Failure, block_on};

#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    settings: config::Service,
    /// Look at this checkout of the shop's own site instead: address and notice
    #[arg(long, value_name = "cs_…")]
    session: Option<String>,
}

impl Doctor {
    pub fn run(self) -> Done {
        let app = App::new(&self.settings, Clock::system())?;
        let checks = match &self.session {
            Some(session) => block_on(examine_session(&app, session)),
            None => block_on(examine(&app)),
        };
        for check in &checks {
            say!("{check}");
        }
        let failed = checks
            .iter()
            .filter(|check| matches!(check.finding, Finding::Wrong(_)))
            .count();
        match failed {
            0 => Ok(()),
            _ => Err(Failure::new(format!(
                "{failed} of {} checks failed; each line above says what to do.",
                checks.len()
            ))),
        }
    }
}
