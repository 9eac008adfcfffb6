//! `freshmint blast recall` and `retry-failed`.

use clap::Args;
use freshmint::blast::{self, Correction, Recall, RecallDraft};

use super::{Which, create::read};
use crate::{
    Done, Failure, block_on,
    print::{count, shown},
};

#[derive(Args)]
pub struct RecallIt {
    #[command(flatten)]
    which: Which,
    /// What payers read who follow its links: what was wrong, in a sentence
    #[arg(long)]
    note: String,
    /// The subject of the right mail, to those who have the wrong one: a draft, approved like any other
    #[arg(long, value_name = "SUBJECT", requires = "correction_body_file")]
    correction_subject: Option<String>,
    /// A file with its body, or - for standard input
    #[arg(long, value_name = "FILE|-", requires = "correction_subject")]
    correction_body_file: Option<String>,
}

#[derive(Args)]
pub struct RetryFailed {
    #[command(flatten)]
    which: Which,
}

impl RecallIt {
    pub fn run(self) -> Done {
        let (app, id) = self.which.open()?;
        let correction = match &self.correction_body_file {
            Some(file) => Some(Correction {
                subject: self.correction_subject.clone(),
                body: Some(read(file)?),
            }),
            None => None,
        };
        let draft = RecallDraft {
            note: Some(self.note.clone()),
            correction,
        };
        let recall = Recall::try_from(draft)
            .map_err(|problems| Failure::new(format!("Nothing was recalled: {problems}.")))?;
        let doing = self.which.doing(&app);
        let blast = self
            .which
            .done(block_on(blast::recall(&app, id, recall, &doing))?)?;
        say!("{} is {}", shown(&blast.name), blast.state.name());
        if let Some(recall) = &blast.recall {
            let orders = count(recall.to_go, "link is", "links are");
            say!("{orders} still to be withdrawn; a worker does it: freshmint blast status {id}");
            if let Some(correction) = recall.correction {
                say!("the correction: freshmint blast preview {correction}");
            }
        }
        Ok(())
    }
}

impl RetryFailed {
    pub fn run(self) -> Done {
        let (app, id) = self.which.open()?;
        let doing = self.which.doing(&app);
        let done = self
            .which
            .done(block_on(blast::retry_failed(&app, id, &doing))?)?;
        say!(
            "{} queued again",
            count(done.retried, "mail is", "mails are")
        );
        if done.left > 0 {
            say!(
                "{} as they are: paid, changed since the approval, or with no other address",
                count(done.left, "stays", "stay")
            );
        }
        Ok(())
    }
}
