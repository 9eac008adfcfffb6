//! `freshmint doctor`.

use clap::Args;
use freshmint::{
    app::App,
    clock::Clock,
    config,
    doctor::{Finding, examine},
};

use crate::{Done, Failure, block_on};

#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    settings: config::Service,
}

impl Doctor {
    pub fn run(self) -> Done {
        let app = App::new(&self.settings, Clock::system())?;
        let checks = block_on(examine(&app));
        for check in &checks {
            println!("{check}");
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
