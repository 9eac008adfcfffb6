//! Settings of the mail, and of the one reminder.

use clap::Args;
use lettre::message::Mailbox;

use super::{ReturnPath, Secret, email_address};

/// How mail leaves. Without a server it waits in the outbox.
#[derive(Args, Clone, Debug)]
pub struct Mail {
    /// The mail server: smtp://user:password@host:587?tls=required or smtps://user:password@host
    #[arg(long, env, hide_env_values = true)]
    pub smtp_url: Option<Secret>,
    /// Whom mails come from: an address, or `Name <address>`
    #[arg(long, env, hide_env_values = true, value_parser = mailbox)]
    pub mail_from: Option<Mailbox>,
    /// Where mails that come back go: an address; {id} in it names the mail, as in bounces+{id}@club.example
    #[arg(long, env, hide_env_values = true)]
    pub mail_return_path: Option<ReturnPath>,
    /// Mails a second, over all replicas together
    #[arg(long, env, hide_env_values = true, default_value_t = 10.0, value_parser = pace)]
    pub mail_per_second: f64,
    /// Mails that the mail provider allows in any 60 minutes, over all replicas; alerts do not wait
    #[arg(long, env, hide_env_values = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub mail_per_hour: Option<u32>,
    /// Mails that the mail provider allows in any 24 hours, over all replicas; alerts do not wait
    #[arg(long, env, hide_env_values = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub mail_per_day: Option<u32>,
    /// Seconds after which a mail in hand without an outcome counts as unknown
    #[arg(long, env, hide_env_values = true, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub mail_lease_seconds: u32,
    /// First wait after a temporary refusal, in seconds; it doubles up to an hour
    #[arg(long, env, hide_env_values = true, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub mail_retry_seconds: u32,
    /// Seconds that a mailing waits after its first wave: what comes back comes within minutes
    #[arg(long, env, hide_env_values = true, default_value_t = 600, value_parser = clap::value_parser!(u32).range(..=86_400))]
    pub first_wave_wait_seconds: u32,
    /// Connections to the mail server that one process uses at most
    #[arg(long, env, hide_env_values = true, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub mail_connections: u32,
    /// A mailbox that bounces come into: imaps://user:password@imap.example.org/INBOX
    #[arg(long, env, hide_env_values = true)]
    pub bounce_mailbox: Option<Secret>,
    /// The last part of the address that a mail provider reports bounces to: /hooks/mail/{provider}/…
    #[arg(long, env, hide_env_values = true)]
    pub mail_hook_secret: Option<Secret>,
    /// Who is told at once when something needs a person, and once a day of what is open
    #[arg(long, env, hide_env_values = true, value_parser = email_address)]
    pub alert_email: Option<String>,
    /// The same by POST, past the mail: an https address, a secret
    #[arg(long, env, hide_env_values = true)]
    pub alert_url: Option<Secret>,
    /// A monitor elsewhere, asked every minute while the worker goes on
    #[arg(long, env, hide_env_values = true)]
    pub heartbeat_url: Option<Secret>,
}

/// When the one reminder is sent.
#[derive(Args, Clone, Debug)]
pub struct Reminder {
    /// Seconds from a checkout's expiry to the reminder
    #[arg(long, env, hide_env_values = true, default_value_t = 3600, value_parser = clap::value_parser!(u32))]
    pub reminder_delay_seconds: u32,
    /// An expiry older than this many seconds is never reminded
    #[arg(long, env, hide_env_values = true, default_value_t = 172_800, value_parser = clap::value_parser!(u32))]
    pub reminder_max_age_seconds: u32,
}

/// An address, or a name and an address in angle brackets. The name is taken as it is written, also where
/// a mail's header would need quotation marks around it: the header gets them.
fn mailbox(text: &str) -> Result<Mailbox, String> {
    let text = text.trim();
    let (name, address) = match text
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once('<'))
    {
        Some((name, address)) => (name.trim(), address),
        None => ("", text),
    };
    let wrong = || "it must be an e-mail address, or Name <address>".to_owned();
    let address = address.trim().parse().map_err(|_| wrong())?;
    let name = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
        .map_or_else(
            || name.to_owned(),
            |name| name.replace("\\\"", "\"").replace("\\\\", "\\"),
        );
    if name.chars().any(char::is_control) {
        return Err(wrong());
    }
    Ok(Mailbox::new(
        Some(name).filter(|name| !name.is_empty()),
        address,
    ))
}

fn pace(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        // What is slower overflows where the next mail's time is worked out.
        Ok(pace) if (0.000_1..=100_000.0).contains(&pace) => Ok(pace),
        _ => Err("it must be a number from 0.0001 to 100000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_senders_name_needs_no_quotation_marks() {
        let read = |text: &str| {
            let mailbox = mailbox(text).expect(text);
            (mailbox.name.unwrap_or_default(), mailbox.email.to_string())
        };
        for (text, name) in [
            ("cup@rovers.example", ""),
            ("<cup@rovers.example>", ""),
            ("Rovers Youth FC <cup@rovers.example>", "Rovers Youth FC"),
            (
                "\"Rovers Youth FC\" <cup@rovers.example>",
                "Rovers Youth FC",
            ),
            (
                "Rovers: U12 (girls) <cup@rovers.example>",
                "Rovers: U12 (girls)",
            ),
            (
                "Müller & Söhne, e.V. <cup@rovers.example>",
                "Müller & Söhne, e.V.",
            ),
            (
                "\"The \\\"Rovers\\\"\" <cup@rovers.example>",
                "The \"Rovers\"",
            ),
            ("Rovers <3 <cup@rovers.example>", "Rovers <3"),
        ] {
            assert_eq!(
                read(text),
                (name.to_owned(), "cup@rovers.example".to_owned())
            );
        }
        for wrong in [
            "",
            "Rovers",
            "Rovers <>",
            "Rovers <a@b> x",
            "a\nb <cup@rovers.example>",
        ] {
            assert!(mailbox(wrong).is_err(), "{wrong}");
        }
    }
}
