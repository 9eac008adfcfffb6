//! `freshmint link REFERENCE`.

use clap::Args;
use freshmint::{config, db::Db, link::pay_url, order};

use crate::{Done, Failure};

#[derive(Args)]
pub struct Link {
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    links: config::Links,
    /// The order's reference
    reference: String,
}

impl Link {
    pub fn run(self) -> Done {
        let keys = self.links.keys()?;
        let db = Db::for_command(&self.database);
        let order = db
            .run_blocking(|connection| order::find_by_reference(connection, &self.reference))?
            .ok_or_else(|| Failure::no_order(&self.reference))?;
        let token = keys.sign_pay(order.link());
        say!("{}", pay_url(&self.links.public_url, &token));
        Ok(())
    }
}
