//! `freshmint blast preview NAME|ID`.

use std::collections::BTreeMap;

use clap::Args;
use freshmint::{
    app::App,
    blast::{self, RowsAsked},
    order::money::as_told,
};
use uuid::Uuid;

use super::Which;
use crate::{
    Done, block_on,
    orders::Format,
    print::{self, count, shown},
};

/// Mails that are held in memory at once.
const PAGE: i64 = 200;

#[derive(Args)]
pub struct Preview {
    #[command(flatten)]
    which: Which,
    /// Print every mail, not the first five
    #[arg(long, conflicts_with = "format")]
    all: bool,
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
        if self.all {
            self.print_all(&app, id)?;
        } else {
            for sample in &preview.samples {
                print_mail(&sample.to, &sample.subject, &sample.body);
            }
        }
        say!(
            "{} would be sent{}, in {}",
            count(preview.recipients, "mail", "mails"),
            sums(&preview.amounts),
            count(
                usize::try_from(preview.days).unwrap_or(usize::MAX),
                "day",
                "days"
            )
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

    fn print_all(&self, app: &App, id: Uuid) -> Done {
        let mut after = None;
        loop {
            let asked = RowsAsked {
                after,
                limit: PAGE,
                mail: true,
                state: None,
            };
            let rows = self
                .which
                .done(block_on(blast::recipients(app, id, asked))?)?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = Some(last.recipient.order_id);
            for row in &rows {
                let words = row.words.clone().unwrap_or_default();
                let (subject, body) = (
                    words.subject.unwrap_or_default(),
                    words.body.unwrap_or_default(),
                );
                print_mail(
                    row.recipient.to.as_deref().unwrap_or_default(),
                    &subject,
                    &body,
                );
                for problem in &row.problems {
                    say!(
                        "problem of {}: {}",
                        shown(&row.recipient.reference),
                        shown(problem)
                    );
                }
            }
        }
    }
}

fn print_mail(to: &str, subject: &str, body: &str) {
    say!("To: {}\nSubject: {}\n", shown(to), shown(subject));
    say!("{body}");
}

/// What they come to, by currency.
fn sums(amounts: &BTreeMap<String, i64>) -> String {
    let told = amounts.iter().map(|(code, minor)| as_told(*minor, code));
    let told: Vec<String> = told.collect();
    match told.len() {
        0 => String::new(),
        _ => format!(" over {}", told.join(" and ")),
    }
}
