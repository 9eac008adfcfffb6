//! `freshmint prune`: one retention run, now.

use clap::Args;
use freshmint::{app::App, clock::Clock, config, retention};

use crate::{Done, block_on, orders::Format};

#[derive(Args)]
pub struct Prune {
    #[command(flatten)]
    settings: config::Service,
    /// How to print what was pruned
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl Prune {
    pub fn run(self) -> Done {
        let app = App::new(&self.settings, Clock::system())?;
        let pruned = block_on(retention::prune(&app, "command line"))?;
        match self.format {
            Format::Json => say!("{}", serde_json::json!(pruned)),
            Format::Text => say!(
                "Pruned: {} carts, {} orders made of them, {} mails about those, {} purchases, {} events, {} lines of the log.",
                pruned.carts,
                pruned.orders,
                pruned.mails,
                pruned.purchases,
                pruned.events,
                pruned.activity
            ),
        }
        Ok(())
    }
}
