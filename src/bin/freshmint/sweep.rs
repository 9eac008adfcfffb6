//! `freshmint sweep`: one full look at Stripe, now.

use clap::Args;
use freshmint::{
    app::App,
    clock::Clock,
    config,
    sweep::{self, Look},
    upstream::UpstreamError,
};

use crate::{Done, Failure, block_on, orders::Format, print::count};

#[derive(Args)]
pub struct Sweep {
    #[command(flatten)]
    settings: config::Service,
    /// How to print what was found
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl Sweep {
    pub fn run(self) -> Done {
        let app = App::new(&self.settings, Clock::system())?;
        let found = match block_on(sweep::look(&app, Look::Full)) {
            Ok(found) => found,
            Err(UpstreamError::Database(error)) => return Err(error.into()),
            Err(UpstreamError::Stripe(error)) => {
                return Err(Failure::new(format!(
                    "Stripe did not tell everything ({error}); what was found is kept, run it again. \
                     A restricted key needs the right to read events and checkout sessions."
                )));
            }
        };
        match self.format {
            Format::Json => say!("{}", serde_json::json!(found)),
            Format::Text => say!(
                "Stripe has {} of interest; {} of them had not reached us.\n\
                 {} past their time, or their orders were settled.\n\
                 {} found by this.",
                count(found.events, "event", "events"),
                found.missed,
                count(found.overdue, "session was", "sessions were"),
                count(found.payments, "payment was", "payments were")
            ),
        }
        Ok(())
    }
}
