//! `freshmint migrate`.

use clap::Args;
use freshmint::config;

use crate::Done;

#[derive(Args)]
pub struct Migrate {
    #[command(flatten)]
    database: config::Database,
}

impl Migrate {
    pub fn run(self) -> Done {
        let applied = freshmint::db::migrate(self.database.direct())?;
        for name in &applied {
            say!("applied {name}");
        }
        if applied.is_empty() {
            say!("nothing to do");
        }
        Ok(())
    }
}
