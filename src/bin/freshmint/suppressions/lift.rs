//! `freshmint suppressions lift`: one address, or all that an earlier version put there without reason.

use clap::Args;
use freshmint::{
    config,
    order::{email::Email, text::Text},
    outbox::wrongly_suppressed,
    suppression::{self, AddressKey},
};
use lettre::message::Mailbox;
use serde_json::json;

use super::{doing, open};
use crate::{
    Done, Failure,
    orders::Format,
    print::{self, count, shown},
};

#[derive(Args)]
pub struct Lift {
    #[command(flatten)]
    database: config::Database,
    /// The address
    #[arg(value_parser = Email::parse, required_unless_present = "wrong")]
    email: Option<Email>,
    /// All that were put there as no_such_address by a refusal that does not say so
    #[arg(long, conflicts_with = "email")]
    wrong: bool,
    /// Only say which
    #[arg(long, requires = "wrong", conflicts_with = "email")]
    dry_run: bool,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Whom mails come from: a refusal that names this address is not about a recipient
    #[arg(long, env, hide_env_values = true)]
    mail_from: Option<Mailbox>,
    /// A remark for the history
    #[arg(long, value_parser = Text::<2_000>::parse)]
    note: Option<Text<2_000>>,
}

impl Lift {
    pub fn run(self) -> Done {
        match &self.email {
            Some(email) => self.one(email),
            None => self.wrong(),
        }
    }

    fn one(&self, email: &Email) -> Done {
        let doing = doing(self.note.clone().map(String::from));
        let lifted = open(&self.database).run_blocking(|connection| {
            let hash = AddressKey::load(connection)?.hash(email.as_str());
            suppression::lift(connection, hash, &doing)
        })?;
        if !lifted {
            return Err(Failure::new(
                "The address is not on the list: freshmint suppressions list shows it.",
            ));
        }
        match self.format {
            Format::Json => say!("{}", json!({ "lifted": [{ "email": email.as_str() }] })),
            Format::Text => say!("The address may be written to again."),
        }
        Ok(())
    }

    fn wrong(&self) -> Done {
        let doing = doing(self.note.clone().map(String::from));
        let sender = self.mail_from.as_ref().map(|from| from.email.to_string());
        let judged = open(&self.database).run_blocking(|connection| {
            let sender = sender.as_deref().unwrap_or_default();
            if self.dry_run {
                wrongly_suppressed::find(connection, sender)
            } else {
                wrongly_suppressed::lift(connection, sender, &doing)
            }
        })?;
        if self.format == Format::Json {
            let told = json!({ "lifted": judged.wrong, "kept": judged.kept });
            return print::json(&told);
        }
        for row in &judged.wrong {
            let address = row.address.as_deref().unwrap_or("(erased)");
            say!("{}: {}", shown(address), shown(&row.note));
        }
        let lifted = if self.dry_run {
            count(judged.wrong.len(), "address would be", "addresses would be")
        } else {
            count(judged.wrong.len(), "address is", "addresses are")
        };
        say!(
            "{lifted} lifted and may be written to again; {}, of which it is said, or somebody says, that they do not exist.",
            count(judged.kept, "stays", "stay")
        );
        Ok(())
    }
}
