//! Which orders a command is about.

use clap::Args;
use freshmint::{
    clock::Clock,
    db::Db,
    listing::{Only, Search},
    order::{Kind, OrderFilter, Status},
};

use crate::{Failure, blast, words};

#[derive(Args)]
pub struct Wanted {
    /// Only orders with this status
    #[arg(long, value_parser = words::order_status())]
    status: Option<Status>,
    /// Only what the shop asks for, or only carts
    #[arg(long, value_parser = words::order_kind())]
    kind: Option<Kind>,
    /// Only orders of this address
    #[arg(long)]
    email: Option<String>,
    /// Only orders that this mailing was approved for, or was sent for
    #[arg(long, value_name = "NAME|ID")]
    blast: Option<String>,
    /// Only orders that were mailed, had a checkout that ended unpaid, and are still owed; a list tells their sum
    #[arg(long)]
    pub stranded: bool,
    /// Only orders for which no mail was sent, nor is about to be
    #[arg(long)]
    never_mailed: bool,
}

impl Wanted {
    /// What is looked for, now.
    pub fn filter(&self, db: &Db) -> Result<OrderFilter, Failure> {
        let blast = self.blast.as_deref();
        let blast = blast.map(|blast| blast::find(db, blast)).transpose()?;
        let only = [
            (self.stranded, Only::Stranded),
            (self.never_mailed, Only::NeverMailed),
        ];
        let only = only.into_iter().filter(|(wanted, _)| *wanted);
        let search = Search {
            orders: OrderFilter {
                status: self.status,
                kind: self.kind,
                email: self.email.clone(),
                blast,
                ..OrderFilter::default()
            },
            only: only.map(|(_, only)| only).collect(),
        };
        let now = Clock::system().now();
        Ok(db.run_blocking(|connection| search.clone().filter(connection, now))?)
    }
}
