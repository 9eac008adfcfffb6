//! `freshmint bounce < message.eml`: what a mail alias was sent about a mail of ours.

use std::io::{self, Read};

use clap::Args;
use freshmint::{
    clock::Clock,
    config,
    db::Db,
    mail::report::message,
    outbox::reported::{self, Outcome, Taken},
};

use crate::{Done, Failure, orders::Format, print};

/// Bytes of a message that are read: a report and the mail that it is about.
const LARGEST: u64 = 1024 * 1024;
/// What mail servers take for "try again later" (sysexits.h, EX_TEMPFAIL): they keep the message then.
const LATER: u8 = 75;

#[derive(Args)]
pub struct Bounce {
    #[command(flatten)]
    database: config::Database,
    /// How to print what was done
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl Bounce {
    pub fn run(self) -> Done {
        let mut message = Vec::new();
        io::stdin()
            .take(LARGEST)
            .read_to_end(&mut message)
            .map_err(|error| later(Failure::new(format!("The message cannot be read: {error}"))))?;
        let (reports, now) = (message::read(&message), Clock::system().now());
        let taken = match &reports[..] {
            [] => Ok(Vec::new()),
            reports => Db::for_command(&self.database).run_blocking(|connection| {
                let taken = reports
                    .iter()
                    .map(|report| reported::take(connection, report, now));
                taken.collect::<Result<Vec<Taken>, _>>()
            }),
        };
        // Also where the database answers and refuses: it may be of another version for a while, and what the
        // server gives up now is lost.
        let taken = taken.map_err(|error| later(Failure::from(error)))?;
        if self.format == Format::Json {
            return print::json_list(&taken);
        }
        if taken.is_empty() {
            say!("This message is no report that a mail came back; nothing was changed.");
        }
        taken
            .iter()
            .for_each(|taken| say!("{}", sentence(taken.outcome)));
        Ok(())
    }
}

fn later(failure: Failure) -> Failure {
    Failure {
        code: LATER,
        ..failure
    }
}

fn sentence(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Bounced => "The mail came back.",
        Outcome::Suppressed => "The address is no longer written to.",
        Outcome::Nothing => "Nothing was changed: it is known, or the mail is still on its way.",
        Outcome::AnotherAddress => {
            "Nothing was changed: it is about an address that the mail was forwarded to."
        }
        Outcome::NoMail => "Nothing was changed: it names no mail of this service.",
        Outcome::InHand => "Nothing was changed: the mail is being sent at this moment.",
    }
}
