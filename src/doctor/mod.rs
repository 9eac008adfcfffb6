//! `freshmint doctor`: one line a check.

mod checkout;
mod mail;

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::{app::App, config, gateway::CallError, sweep::silent_since};

pub use self::checkout::examine_session;

/// Signatures are refused beyond five minutes of difference, so that is where a clock is wrong.
const SKEW_ALLOWED: chrono::Duration = chrono::Duration::minutes(5);
/// One check waits no longer: somebody sits before it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a check ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is as it should be; a remark, if there is one.
    Fine(String),
    /// It is not, and what to do.
    Wrong(String),
}

/// A check and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it is.
    pub finding: Finding,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mark, remark) = match &self.finding {
            Finding::Fine(remark) => ("ok  ", remark),
            Finding::Wrong(remark) => ("FAIL", remark),
        };
        write!(f, "{mark}  {:<16} {remark}", self.name)
    }
}

/// Looks at everything a payment needs.
pub async fn examine(app: &App) -> Vec<Check> {
    let (database, migrations) = database(app).await;
    let ping = app.stripe.ping(Instant::now() + PATIENCE).await;
    let skew = clock_skew(ping.date, app.clock.now());
    let check = |name, finding| Check { name, finding };
    vec![
        check("database", database),
        check("migrations", migrations),
        check(
            "link keys",
            Finding::Fine(format!("{} usable, the first signs", app.keys.len())),
        ),
        check("Stripe key", stripe_key(ping.answer, app.livemode)),
        check(
            "webhook secret",
            Finding::Fine(format!("{} set", app.webhook_secrets.len())),
        ),
        check("webhooks", webhooks(app).await),
        check("mail", mail::finding(app).await),
        check("public URL", public_url(&app.public_url)),
        check("clock", skew),
    ]
}

async fn database(app: &App) -> (Finding, Finding) {
    let db = app.db.clone();
    let asked = tokio::task::spawn_blocking(move || db.pending_migrations());
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(Ok(pending))) if pending.is_empty() => (
            Finding::Fine("answers".to_owned()),
            Finding::Fine("all applied".to_owned()),
        ),
        Ok(Ok(Ok(pending))) => (
            Finding::Fine("answers".to_owned()),
            Finding::Wrong(format!("{} pending: run freshmint migrate", pending.len())),
        ),
        _ => (
            Finding::Wrong(
                "cannot be reached: check DATABASE_URL and that PostgreSQL runs".to_owned(),
            ),
            Finding::Wrong("unknown while the database cannot be reached".to_owned()),
        ),
    }
}

fn stripe_key(answer: Result<(), CallError>, livemode: bool) -> Finding {
    let mode = if livemode {
        "live mode"
    } else {
        "test mode: no real money moves"
    };
    match answer {
        Ok(()) => Finding::Fine(format!("answers, {mode}")),
        // A restricted key that may not read the balance is a key that Stripe knows.
        Err(CallError::Refused { status: 403, .. }) => {
            Finding::Fine(format!("answers (restricted), {mode}"))
        }
        Err(CallError::Refused { status: 401, .. }) => Finding::Wrong(
            "Stripe does not know STRIPE_SECRET_KEY: copy it again from the dashboard".to_owned(),
        ),
        Err(error) => Finding::Wrong(format!("{error}: check STRIPE_API_BASE and the network")),
    }
}

/// What the sweep last found out.
async fn webhooks(app: &App) -> Finding {
    match app.db.run(silent_since).await {
        Ok(None) => Finding::Fine("none is known to be missing".to_owned()),
        Ok(Some(since)) => Finding::Wrong(format!(
            "Stripe has events since {} that never came: check in its dashboard that the endpoint \
             is on, sends the events that README.md names, and has a secret that is set here",
            since.format("%Y-%m-%d %H:%M UTC")
        )),
        Err(_) => Finding::Wrong("unknown while the database cannot be read".to_owned()),
    }
}

fn public_url(url: &url::Url) -> Finding {
    match (url.scheme(), config::is_on_this_machine(url)) {
        ("https", false) => Finding::Fine(url.to_string()),
        (_, true) => Finding::Fine(format!(
            "{url} works on this machine only: nobody else can follow these links"
        )),
        _ => Finding::Wrong(format!(
            "{url} is not https: put a TLS proxy in front and set PUBLIC_URL to its address"
        )),
    }
}

fn clock_skew(theirs: Option<DateTime<Utc>>, ours: DateTime<Utc>) -> Finding {
    let Some(theirs) = theirs else {
        return Finding::Wrong("unknown while Stripe does not answer".to_owned());
    };
    let skew = ours - theirs;
    if skew.abs() < SKEW_ALLOWED {
        Finding::Fine(format!(
            "within {} s of Stripe's",
            skew.num_seconds().abs() + 1
        ))
    } else {
        Finding::Wrong(format!(
            "{} s off Stripe's: switch time synchronisation on (NTP)",
            skew.num_seconds()
        ))
    }
}

#[cfg(test)]
fn wrong(finding: &Finding) -> bool {
    matches!(finding, Finding::Wrong(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_five_minutes_off_fails_in_both_directions() {
        let noon = DateTime::from_timestamp(1_795_000_000, 0).expect("a time");
        let minutes = |minutes| clock_skew(Some(noon + chrono::Duration::minutes(minutes)), noon);
        assert!(!wrong(&minutes(4)) && !wrong(&minutes(-4)));
        assert!(wrong(&minutes(5)) && wrong(&minutes(-5)));
    }

    #[test]
    fn links_need_https_but_may_stay_on_this_machine() {
        let finding = |url: &str| public_url(&url.parse().expect("a URL"));
        assert!(!wrong(&finding("https://pay.example.org")));
        assert!(
            !wrong(&finding("http://127.0.0.1:8080")) && !wrong(&finding("http://localhost:8080"))
        );
        assert!(wrong(&finding("http://pay.example.org")));
    }
}
