//! Mails: what they say, how they look on the wire, and the way to the mail server.
//!
//! Plain text only. [`letter`] writes the mails about an order in the payer's language, [`template`]
//! fills the shop's own words, [`message`] makes a mail of a text, [`smtp`] hands it over, [`report`] reads what
//! is said of it later, and
//! [`refusal`] says whose fault a server's no is. Nothing here decides whether a mail is sent: that is the outbox's.

pub mod account;
pub mod imap;
pub mod layout;
pub mod letter;
pub mod message;
pub mod refusal;
pub mod report;
#[cfg(test)]
pub(crate) mod samples;
pub mod smtp;
pub mod template;
mod tls;
mod words;

use std::time::Duration;

use lettre::message::Mailbox;
use url::Url;

use self::smtp::SmtpServer;
pub use self::words::{BlastState, Kind, State, Wave};
use crate::config::{self, ReturnPath, Secret, WrongSetting};

/// How this service sends mail.
#[derive(Debug, Clone)]
pub struct Mailer {
    /// Where mails go and whom they come from; without it they wait in the outbox.
    pub server: Option<(SmtpServer, Mailbox)>,
    /// Where mails that come back go, if not to whom they come from.
    pub return_path: Option<ReturnPath>,
    /// Lets reports of a mail provider in.
    pub hook_secret: Option<Secret>,
    /// Mails a second, over all replicas.
    pub per_second: f64,
    /// What the mail provider allows, over all replicas.
    pub limits: Limits,
    /// After that a mail in hand without an outcome is `unknown`.
    pub lease: Duration,
    /// The first wait after a temporary refusal.
    pub retry: Duration,
    /// How long a mailing waits after its first wave.
    pub first_wave_wait: Duration,
    /// Connections of this process at most.
    pub connections: usize,
    /// Our name in greetings and message ids.
    pub domain: String,
}

impl Mailer {
    /// The mailer that the settings ask for.
    ///
    /// # Errors
    /// The first wrong setting.
    pub fn new(settings: &config::Mail, public_url: &Url) -> Result<Self, WrongSetting> {
        let server = server(settings)?;
        let domain = match &server {
            Some((_, from)) => from.email.domain().to_owned(),
            None => public_url.host_str().unwrap_or("localhost").to_owned(),
        };
        Ok(Self {
            server,
            hook_secret: hook_secret(settings)?,
            return_path: settings.mail_return_path.clone(),
            per_second: settings.mail_per_second,
            limits: Limits {
                per_hour: settings.mail_per_hour.map(i64::from),
                per_day: settings.mail_per_day.map(i64::from),
            },
            lease: Duration::from_secs(settings.mail_lease_seconds.into()),
            retry: Duration::from_secs(settings.mail_retry_seconds.into()),
            first_wave_wait: Duration::from_secs(settings.first_wave_wait_seconds.into()),
            connections: usize::try_from(settings.mail_connections).unwrap_or(1),
            domain,
        })
    }
}

/// Mails that may be handed over in any hour and in any day; none: as many as there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// In any 60 minutes.
    pub per_hour: Option<i64>,
    /// In any 24 hours.
    pub per_day: Option<i64>,
}

impl Limits {
    /// Whether nothing is limited.
    pub fn is_none(&self) -> bool {
        self.per_hour.is_none() && self.per_day.is_none()
    }
}

/// The mail server and the sender, if mail is set up. A sentence about what is wrong names the setting,
/// never the password in it.
fn server(settings: &config::Mail) -> Result<Option<(SmtpServer, Mailbox)>, WrongSetting> {
    match (&settings.smtp_url, &settings.mail_from) {
        (None, None) => Ok(None),
        (Some(url), Some(from)) => SmtpServer::parse(url)
            .map(|server| Some((server, from.clone())))
            .map_err(|error| WrongSetting::new("SMTP_URL", error)),
        (Some(_), None) => Err(WrongSetting::new(
            "MAIL_FROM",
            "it is needed beside SMTP_URL: the address that mails come from",
        )),
        (None, Some(_)) => Err(WrongSetting::new(
            "SMTP_URL",
            "it is needed beside MAIL_FROM: the mail server, as smtp://user:password@host:587?tls=required",
        )),
    }
}

/// Letters of a secret that cannot be guessed.
const FEWEST_LETTERS: usize = 16;

/// The hook's secret, which is a part of its address.
fn hook_secret(settings: &config::Mail) -> Result<Option<Secret>, WrongSetting> {
    let secret = settings.mail_hook_secret.as_ref().map(Secret::expose);
    let fits = |secret: &str| {
        let in_a_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
        secret.len() >= FEWEST_LETTERS && secret.chars().all(in_a_path)
    };
    match secret {
        Some(secret) if !fits(secret) => Err(WrongSetting::new(
            "MAIL_HOOK_SECRET",
            "it must have at least 16 letters, digits, - or _, such as `openssl rand -hex 20` prints",
        )),
        secret => Ok(secret.map(Secret::new)),
    }
}

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line.
    pub subject: String,
    /// A paragraph is one line; it is broken when the mail is made.
    pub body: String,
}
