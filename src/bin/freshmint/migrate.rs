//! `freshmint migrate`.

use clap::Args;
use freshmint::{config, db::Db};

use crate::Done;

#[derive(Args)]
pub struct Migrate {
    #[command(flatten)]
    database: config::Database,
}

impl Migrate {
    pub fn run(self) -> Done {
        let applied = Db::new(&self.database.database_url, 1).migrate()?;
        for name in &applied {
            say!("applied {name}");
        }
        if applied.is_empty() {
            say!("nothing to do");
        }
        Ok(())
    }
}
