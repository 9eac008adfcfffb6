//! Every setting: read once from a flag or the environment, checked, secrets redacted.
//!
//! The groups follow what a command needs, so that `freshmint link` does not ask for an SMTP server.
//! A value that is wrong is named in the error; a secret's value never is.

mod bounce_mailbox;
mod database;
mod mail;
mod return_path;
mod value;

use std::{fmt, str::FromStr};

use clap::{Args, FromArgMatches, ValueEnum};
use url::Url;

use self::value::{api_base, as_it_is, base_url, email_address, header_name, host, not_blank};
pub use self::{
    bounce_mailbox::BounceMailbox,
    database::{Database, FEWEST_CONNECTIONS},
    mail::{Mail, Reminder},
    return_path::ReturnPath,
};
use crate::{caller_address::Network, link::token::LinkKeys};

/// A value that must not reach a log: its `Debug` and its errors do not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

/// What the pay links are made of.
#[derive(Args, Clone, Debug)]
pub struct Links {
    /// What the links begin with: the https address under which payers reach this service
    #[arg(long, env, hide_env_values = true, value_parser = base_url)]
    pub public_url: Url,
    /// Keys that sign the links, as kid:base64[,kid:base64…]; the first signs, all verify
    #[arg(long, env, hide_env_values = true)]
    link_keys: Secret,
}

impl Links {
    /// The link keys.
    ///
    /// # Errors
    /// A sentence that names the setting and the key, never its value.
    pub fn keys(&self) -> Result<LinkKeys, WrongSetting> {
        LinkKeys::parse(self.link_keys.expose())
            .map_err(|error| WrongSetting::new("LINK_KEYS", error))
    }
}

/// How Stripe is reached.
#[derive(Args, Clone, Debug)]
pub struct Stripe {
    /// Stripe's secret (or restricted) key, sk_… or rk_…
    #[arg(long, env, hide_env_values = true)]
    pub stripe_secret_key: Secret,
    /// Where Stripe's API is
    #[arg(long, env, hide_env_values = true, default_value = "https://api.stripe.com", value_parser = api_base)]
    pub stripe_api_base: Url,
    /// Whole budget of one click in seconds, retries included
    #[arg(long, env, hide_env_values = true, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub stripe_timeout_seconds: u64,
    /// Hosts that a redirect may lead to, comma-separated
    #[arg(long, env, hide_env_values = true, value_delimiter = ',', default_value = "checkout.stripe.com", value_parser = host)]
    pub checkout_hosts: Vec<String>,
}

impl Stripe {
    /// Whether the key is of Stripe's live mode (else of a test mode), from its prefix:
    /// <https://docs.stripe.com/keys#obtain-api-keys>.
    pub fn livemode(&self) -> bool {
        let key = self.stripe_secret_key.expose();
        key.starts_with("sk_live_") || key.starts_with("rk_live_")
    }

    fn check(&self) -> Result<(), WrongSetting> {
        let key = self.stripe_secret_key.expose();
        if (key.starts_with("sk_") || key.starts_with("rk_"))
            && key.chars().all(|c| c.is_ascii_graphic())
        {
            return Ok(());
        }
        let what = "it must be a secret key that begins with sk_ or rk_, copied whole from Stripe's dashboard";
        Err(WrongSetting::new("STRIPE_SECRET_KEY", what))
    }
}

/// Whose signature on a webhook counts.
#[derive(Args, Clone, Debug)]
pub struct Webhook {
    /// Signing secrets of the webhook endpoint, comma-separated: all are accepted, so that one can be rolled
    #[arg(long, env, hide_env_values = true, value_parser = as_it_is)]
    stripe_webhook_secrets: Secret,
}

impl Webhook {
    /// The signing secrets, at least one.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn secrets(&self) -> Result<Vec<Secret>, WrongSetting> {
        let secrets: Vec<_> = self
            .stripe_webhook_secrets
            .expose()
            .split(',')
            .map(|secret| secret.trim_matches(' '))
            .collect();
        // With marks or a line end from a file it would fit no signature, and nobody would know why.
        let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '`');
        let is_wrong = |secret: &&str| secret.is_empty() || !secret.chars().all(is_plain);
        if secrets.iter().any(is_wrong) {
            let what = "it must be one secret (whsec_…) or several with commas between, none of them empty, \
                        without quotation marks, blanks or line ends";
            return Err(WrongSetting::new("STRIPE_WEBHOOK_SECRETS", what));
        }
        Ok(secrets.into_iter().map(Secret::new).collect())
    }
}

/// Whose links these are.
#[derive(Args, Clone, Debug)]
pub struct Shop {
    /// The shop's or club's name, as payers know it
    #[arg(long, env, hide_env_values = true, value_parser = not_blank)]
    pub shop_name: String,
    /// The shop's web address
    #[arg(long, env, hide_env_values = true, value_parser = base_url)]
    pub shop_url: Url,
    /// Where payers can ask, an e-mail address
    #[arg(long, env, hide_env_values = true, value_parser = email_address)]
    pub support_email: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub time: Time,
}

/// Whose times people read.
#[derive(Args, Clone, Debug)]
pub struct Time {
    /// The time zone of pages, mails and files for the shop's people, an IANA name such as Europe/Dublin
    #[arg(long, env, hide_env_values = true, default_value = "UTC", value_parser = time_zone)]
    pub time_zone: chrono_tz::Tz,
}

fn time_zone(text: &str) -> Result<chrono_tz::Tz, &'static str> {
    text.trim()
        .parse()
        .map_err(|_| "it must be an IANA name of a time zone, such as Europe/Dublin or UTC")
}

/// How payers' clicks are answered.
#[derive(Args, Clone, Debug)]
pub struct Web {
    /// Address to listen on
    #[arg(long, env, hide_env_values = true, default_value = "127.0.0.1:8080")]
    pub bind: std::net::SocketAddr,
    /// Proxies whose X-Forwarded-For counts, comma-separated addresses and networks (10.0.0.0/8)
    #[arg(long, env, hide_env_values = true, value_delimiter = ',')]
    pub trusted_proxies: Vec<Network>,
    /// The header in which a proxy tells the country of whoever calls, such as CF-IPCountry; without it no country is counted
    #[arg(long, env, hide_env_values = true, value_parser = header_name)]
    pub country_header: Option<String>,
    /// What a click does: lead on at once, or show a page with a button
    #[arg(long, env, hide_env_values = true, default_value = "redirect")]
    pub pay_click: PayClick,
    /// An open session with at least this many seconds to live is handed out again
    #[arg(long, env, hide_env_values = true, default_value_t = 43_200, value_parser = clap::value_parser!(u32).range(0..=86_400))]
    pub session_reuse_min_seconds: u32,
    /// How long a mailing's start waits for the webhook of its trial checkout; less where callers or a proxy wait less
    #[arg(long, env, hide_env_values = true, default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=300))]
    pub preflight_wait_seconds: u32,
}

/// What a person's click on an open order does.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayClick {
    /// It leads to the checkout at once.
    Redirect,
    /// It shows what is owed, and a button.
    Confirm,
}

/// Everything that `serve` and `work` need.
#[derive(Args, Clone, Debug)]
pub struct Service {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub database: Database,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub links: Links,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub stripe: Stripe,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub webhook: Webhook,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub shop: Shop,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub mail: Mail,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub reminder: Reminder,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub web: Web,
}

impl Service {
    /// The settings from names as in the environment, for whoever starts the service inside another
    /// program.
    ///
    /// # Errors
    /// What the command line would say.
    pub fn from_values<'a>(
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, clap::Error> {
        let flag = |(name, value): (&str, &str)| {
            format!("--{}={value}", name.to_lowercase().replace('_', "-"))
        };
        let arguments = std::iter::once("freshmint".to_owned()).chain(values.into_iter().map(flag));
        let matches =
            Self::augment_args(clap::Command::new("freshmint")).try_get_matches_from(arguments)?;
        Self::from_arg_matches(&matches)
    }

    /// Checks what only the whole can tell, but for the mail server: `mail::Mailer::new` reads that.
    ///
    /// # Errors
    /// The first wrong setting, by name.
    pub fn check(&self) -> Result<(), WrongSetting> {
        self.links.keys()?;
        self.webhook.secrets()?;
        self.stripe.check()
    }
}

/// A setting that cannot be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{name} is wrong: {what}")]
pub struct WrongSetting {
    name: &'static str,
    what: String,
}

impl WrongSetting {
    pub(crate) fn new(name: &'static str, what: impl fmt::Display) -> Self {
        Self {
            name,
            what: what.to_string(),
        }
    }
}

/// Whether an address leads to a loopback interface.
pub fn is_on_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
