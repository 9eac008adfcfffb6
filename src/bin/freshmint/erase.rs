//! `freshmint erase EMAIL`: one person's address, removed wherever payers have one.

use clap::Args;
use freshmint::{
    activity::Doing,
    clock::Clock,
    config,
    db::Db,
    outbox, people,
    retention::{self, Address, Erased, Refused},
};

use crate::{
    Done, Failure,
    orders::Format,
    print::{count, shown},
};

#[derive(Args)]
pub struct Erase {
    #[command(flatten)]
    database: config::Database,
    /// The address of the person who asks
    #[arg(value_parser = Address::parse)]
    email: Address,
    /// How to print what was done
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl Erase {
    pub fn run(self) -> Done {
        let db = Db::for_command(&self.database);
        let doing = Doing {
            actor: "command line".to_owned(),
            at: Clock::system().now(),
            note: None,
        };
        // A mail whose worker died is in nobody's hands.
        db.run_blocking(|connection| outbox::give_up_overdue(connection, doing.at))?;
        let erased = match retention::erase(&db, &self.email, &doing) {
            Ok(erased) => erased,
            Err(Refused::Database(error)) => return Err(error.into()),
            Err(Refused::Sending) => {
                return Err(Failure::new(
                    "A mail to this address is being sent at this moment, and nothing was changed: run it again in a minute.",
                ));
            }
        };
        match self.format {
            Format::Json => say!("{}", serde_json::json!(erased)),
            Format::Text => say_what_was_erased(&erased),
        }
        let email = self.email.as_str();
        let account = db.run_blocking(|connection| people::find_by_email(connection, email))?;
        if account.is_some() {
            complain!(
                "An account of the ops pages has this address, and is kept with it. So that nobody gets in with it any more: freshmint ops user disable {}",
                shown(email)
            );
        }
        Ok(())
    }
}

fn say_what_was_erased(erased: &Erased) {
    let nothing = Erased {
        events_left: erased.events_left,
        suppressed: erased.suppressed,
        ..Erased::default()
    };
    if *erased == nothing {
        say!("Nothing was found under this address.");
    } else {
        say!(
            "Erased: {} pruned, the address taken out of {}, {}, {} and {}.",
            count(erased.carts, "cart", "carts"),
            count(erased.orders, "order", "orders"),
            count(erased.mails, "mail", "mails"),
            count(erased.cases, "case", "cases"),
            count(erased.events, "event", "events")
        );
    }
    if erased.suppressed {
        say!("The address stays on the list of those who are not written to, as a hash.");
    }
    match erased.events_left {
        0 => {}
        1 => say!(
            "1 event that names the address is still to be worked on and stays: run it again once it is."
        ),
        left => say!(
            "{left} events that name the address are still to be worked on and stay: run it again once they are."
        ),
    }
}
