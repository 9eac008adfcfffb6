//! `freshmint blast preview NAME|ID`.

use clap::Args;
use freshmint::blast;

use super::Which;
use crate::{
    Done, block_on,
    orders::Format,
    print::{self, count, shown},
};

#[derive(Args)]
pub struct Preview {
    #[command(flatten)]
    which: Which,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl Preview {
    pub fn run(self) -> Done {
        let (app, id) = self.which.open()?;
        let preview = self.which.done(block_on(blast::preview(&app, id))?)?;
        if self.format == Format::Json {
            return print::json(&preview);
        }
        for sample in &preview.samples {
            let (to, subject) = (shown(&sample.to), shown(&sample.subject));
            say!("To: {to}\nSubject: {subject}\n");
            say!("{}", sample.body);
        }
        say!(
            "{} would be sent",
            count(preview.recipients, "mail", "mails")
        );
        for problem in &preview.problems {
            say!("problem: {}", shown(problem));
        }
        say!(
            "to approve exactly this: freshmint blast approve {id} --content-hash {}",
            preview.content_hash
        );
        Ok(())
    }
}
