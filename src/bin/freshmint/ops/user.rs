//! `freshmint ops user add|list|role|password|disable|enable`.

use std::io::{self, BufRead, IsTerminal, Read};

use chrono_tz::Tz;
use clap::{Args, Subcommand};
use freshmint::{
    config,
    db::Db,
    order::{email::Email, text::Text},
    password::Password as Typed,
    people::{self, Change, MailSetUp, New, User as Row},
    token::Role as May,
};

use super::doing;
use crate::{
    Done, Failure,
    orders::Format,
    print::{self, shown},
    words,
};

/// Bytes of the line that a password is read from.
const LINE: u64 = 4_096;

#[derive(Subcommand)]
pub enum User {
    /// Give somebody an account: with a password from standard input or a prompt, or by a mailed invitation
    Add(Box<Add>),
    /// List the accounts
    List(List),
    /// Change what somebody may do
    Role(Role),
    /// Give somebody another password, and sign them out everywhere
    Password(Password),
    /// Let nobody in with an account any more, and sign it out everywhere
    Disable(Named),
    /// Let somebody in again
    Enable(Named),
}

#[derive(Args)]
pub struct Add {
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    mail: config::Mail,
    /// What they sign in with, and where their mails go
    #[arg(value_parser = Email::parse)]
    email: Email,
    /// What pages and the history call them
    #[arg(long, value_parser = Text::<100>::parse)]
    name: Text<100>,
    /// What they may do
    #[arg(long, value_parser = words::role())]
    role: May,
    /// Mail them a link to choose a password, good once and for 24 hours
    #[arg(long)]
    invite: bool,
}

#[derive(Args)]
pub struct List {
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    time: config::Time,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Args)]
pub struct Role {
    #[command(flatten)]
    named: Named,
    /// What they may do
    #[arg(value_parser = words::role(), required_unless_present = "role")]
    may: Option<May>,
    /// The same
    #[arg(long, value_parser = words::role(), conflicts_with = "may")]
    role: Option<May>,
}

#[derive(Args)]
pub struct Password {
    #[command(flatten)]
    named: Named,
}

#[derive(Args)]
pub struct Named {
    #[command(flatten)]
    database: config::Database,
    /// The address that they sign in with
    email: String,
}

impl User {
    pub fn run(self) -> Done {
        match self {
            Self::Add(command) => command.run(),
            Self::List(command) => command.run(),
            Self::Role(command) => {
                let role = command.role.or(command.may);
                let change = Change {
                    role,
                    ..Change::default()
                };
                let row = command.named.change(&change)?;
                say!("{} has the role {} now.", shown(&row.name), row.role);
                Ok(())
            }
            Self::Password(command) => command.run(),
            Self::Disable(named) => {
                let row = named.change(&disabled(true))?;
                say!("{} is signed out, and gets in no more.", shown(&row.name));
                Ok(())
            }
            Self::Enable(named) => {
                let row = named.change(&disabled(false))?;
                say!("{} may sign in again.", shown(&row.name));
                Ok(())
            }
        }
    }
}

fn disabled(disabled: bool) -> Change {
    Change {
        disabled: Some(disabled),
        ..Change::default()
    }
}

impl Add {
    fn run(self) -> Done {
        let mail = self.invite.then(|| self.mail_set_up()).transpose()?;
        let db = Db::for_command(&self.database);
        let taken = || {
            Failure::new(format!(
                "Somebody has this address already: freshmint ops user list shows them, {}.",
                self.name
            ))
        };
        // Asked before anybody types a password in vain.
        let email = self.email.as_str();
        if db
            .run_blocking(|c| people::find_by_email(c, email))?
            .is_some()
        {
            return Err(taken());
        }
        let password_hash = match self.invite {
            true => None,
            false => Some(read_password()?.hash()),
        };
        let new = New {
            email: self.email.clone(),
            name: self.name.clone(),
            role: self.role,
            password_hash,
        };
        let doing = doing();
        let added = db.transaction_blocking(|connection| {
            let added = people::add(connection, &new, &doing)?;
            if let (Some(user), Some(mail)) = (&added, &mail) {
                people::send_link(connection, user, mail, &doing)?;
            }
            Ok(added)
        })?;
        let user = added.ok_or_else(taken)?;
        let name = shown(&user.name);
        match self.invite {
            true => say!("{name} is mailed a link to choose a password, good for 24 hours."),
            false => say!("{name} may sign in, with the role {}.", user.role),
        }
        Ok(())
    }

    fn mail_set_up(&self) -> Result<MailSetUp, Failure> {
        match (&self.mail.smtp_url, &self.mail.mail_from) {
            (Some(_), Some(from)) => Ok(MailSetUp {
                domain: from.email.domain().to_owned(),
            }),
            _ => Err(Failure::new(
                "An invitation is a mail: set SMTP_URL and MAIL_FROM, or leave --invite out and type a password.",
            )),
        }
    }
}

impl List {
    fn run(self) -> Done {
        let rows: Vec<Row> = Db::for_command(&self.database).run_blocking(people::all)?;
        if self.format == Format::Json {
            return print::json_list(&rows);
        }
        for row in rows {
            say!(
                "{:<40} {:<8}  {}, {}",
                row.email,
                row.role,
                shown(&row.name),
                standing(&row, self.time.time_zone)
            );
        }
        Ok(())
    }
}

fn standing(row: &Row, zone: Tz) -> String {
    match (row.disabled_at, row.last_seen_at) {
        (Some(at), _) => format!("disabled since {}", print::moment(at, zone)),
        (None, Some(at)) => format!("last here {}", print::moment(at, zone)),
        (None, None) if row.has_password => "not yet here".to_owned(),
        (None, None) => "invited, not yet here".to_owned(),
    }
}

impl Password {
    fn run(self) -> Done {
        self.named.find()?;
        let change = Change {
            password_hash: Some(read_password()?.hash()),
            ..Change::default()
        };
        let row = self.named.change(&change)?;
        say!(
            "{} has another password, and is signed out everywhere.",
            shown(&row.name)
        );
        Ok(())
    }
}

impl Named {
    fn find(&self) -> Result<Row, Failure> {
        let found = Db::for_command(&self.database)
            .run_blocking(|connection| people::find_by_email(connection, &self.email))?;
        found.ok_or_else(|| {
            Failure::new("Nobody has this address: freshmint ops user list shows all accounts.")
        })
    }

    fn change(&self, change: &Change) -> Result<Row, Failure> {
        let (id, doing) = (self.find()?.id, doing());
        let changed = Db::for_command(&self.database)
            .run_blocking(|connection| people::change(connection, id, change, &doing))?;
        changed.ok_or_else(|| Failure::new("The account was deleted meanwhile."))
    }
}

/// Reads a password: at a prompt, twice and unseen, or the first line of standard input.
fn read_password() -> Result<Typed, Failure> {
    let unreadable =
        |error: io::Error| Failure::new(format!("The password cannot be read: {error}."));
    let typed = if io::stdin().is_terminal() {
        let once = rpassword::prompt_password("Password: ").map_err(unreadable)?;
        let again = rpassword::prompt_password("Once more: ").map_err(unreadable)?;
        if once != again {
            return Err(Failure::new(
                "The two are not the same; nothing was changed.",
            ));
        }
        once
    } else {
        let mut line = String::new();
        let mut input = io::stdin().lock().take(LINE);
        input.read_line(&mut line).map_err(unreadable)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if typed.is_empty() {
        return Err(Failure::new(
            "No password came on standard input: type one, or invite with --invite.",
        ));
    }
    Typed::parse(&typed)
        .map_err(|error| Failure::new(format!("The password was not taken: {error}.")))
}
