//! `freshmint prune`: one retention run, now.

use clap::Args;
use freshmint::{app::App, clock::Clock, config, retention};

use crate::{Done, block_on, orders::Format, print::count};

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
                "Pruned: {}, {} made of them, {} about those, {}, {}, {} of the log.",
                count(pruned.carts, "cart", "carts"),
                count(pruned.orders, "order", "orders"),
                count(pruned.mails, "mail", "mails"),
                count(pruned.purchases, "purchase", "purchases"),
                count(pruned.events, "event", "events"),
                count(pruned.activity, "line", "lines")
            ),
        }
        Ok(())
    }
}
