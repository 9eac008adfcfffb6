//! `freshmint orders export`.

use clap::Args;
use freshmint::{
    config,
    db::Db,
    listing::{self, Columns},
};

use super::wanted::Wanted;
use crate::{
    Done,
    print::{self, count},
};

#[derive(Args)]
pub struct Export {
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    time: config::Time,
}

impl Export {
    /// Written while it is read: some hundred orders are in memory, however many there are. What is there
    /// before the first line decides whether it is a file at all.
    pub fn run(self) -> Done {
        let db = Db::for_command(&self.database);
        let mut filter = self.wanted.filter(&db)?;
        // For people, as the pages' file; no links, each of which is its family's key.
        let columns = Columns {
            zone: Some(self.time.time_zone),
            links: false,
        };
        let mut file = listing::head(columns);
        let mut written = 0;
        loop {
            let (orders, next) =
                db.run_blocking(|connection| listing::stretch(connection, &filter))?;
            let lines = orders.iter();
            file.extend(lines.flat_map(|order| listing::record(order, columns, "")));
            print::file(&String::from_utf8_lossy(&file));
            file.clear();
            written += orders.len();
            if next.is_none() {
                break;
            }
            filter.before = next;
        }
        complain!("{} written.", count(written, "order", "orders"));
        Ok(())
    }
}
