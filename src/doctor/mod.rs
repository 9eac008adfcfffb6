//! `freshmint doctor`: one line a check.

mod checkout;
mod mail;
mod sender;

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use diesel::result::Error as QueryError;
use tokio::time::Instant;

pub use self::{checkout::examine_session, sender::Sender};
use crate::{
    app::App,
    bounce_mailbox, config,
    db::{self, DbError},
    gateway::CallError,
    order,
    sweep::silent_since,
};

/// Signatures are refused beyond five minutes of difference, so that is where a clock is wrong.
const SKEW_ALLOWED: chrono::Duration = chrono::Duration::minutes(5);
/// One check waits no longer: somebody sits before it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a check ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is as it should be; a remark, if there is one.
    Fine(String),
    /// It works, and could be better; or nothing is known of it. What to do.
    Remark(String),
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
            Finding::Remark(remark) => ("note", remark),
            Finding::Wrong(remark) => ("FAIL", remark),
        };
        write!(f, "{mark}  {:<16} {remark}", self.name)
    }
}

/// Looks at everything a payment needs.
pub async fn examine(app: &App, sender: &Sender) -> Vec<Check> {
    let (database, migrations) = database(app).await;
    let ping = app.stripe.ping(Instant::now() + PATIENCE).await;
    let skew = clock_skew(ping.date, app.clock.now());
    let check = |name, finding| Check { name, finding };
    let mut checks = vec![
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
        check(
            "public URL",
            public_url(&app.public_url, app.trusted_proxies.is_empty()),
        ),
        check("clock", skew),
    ];
    checks.extend(sender::checks(app, sender).await);
    checks.extend(bounces(app).await.map(|finding| check("bounces", finding)));
    checks.extend(
        references(app)
            .await
            .map(|finding| check("references", finding)),
    );
    checks
}

/// The mailbox that reports come into, if one is set.
async fn bounces(app: &App) -> Option<Finding> {
    let mailbox = app.bounce_mailbox.as_ref()?;
    Some(match bounce_mailbox::lets_us_in(mailbox).await {
        Ok(()) => Finding::Fine(format!("{mailbox} lets us in")),
        Err(why) => Finding::Wrong(format!(
            "{mailbox} cannot be read: {why}: check BOUNCE_MAILBOX"
        )),
    })
}

/// Two orders for one name, if there are any.
async fn references(app: &App) -> Option<Finding> {
    let found = app.db.run(order::colliding_references).await.ok()?;
    let quoted: Vec<String> = found
        .iter()
        .map(|it| format!("\u{201c}{it}\u{201d}"))
        .collect();
    (!quoted.is_empty()).then(|| {
        Finding::Fine(format!(
            "{} differ from another order's in how their letters are typed alone: cancel the one that is \
             not meant",
            quoted.join(", ")
        ))
    })
}

async fn database(app: &App) -> (Finding, Finding) {
    match app.db.run(db::ready).await {
        Ok(pending) if pending.is_empty() => (
            Finding::Fine(answers(app).await),
            Finding::Fine("all applied".to_owned()),
        ),
        Ok(pending) => (
            Finding::Fine(answers(app).await),
            Finding::Wrong(format!("{} pending: run freshmint migrate", pending.len())),
        ),
        Err(error) => (
            Finding::Wrong(no_database(&error)),
            Finding::Wrong("unknown while the database gives no answer".to_owned()),
        ),
    }
}

/// Behind a transaction pooler nothing can be set for a connection, so that a single statement costs a
/// transaction unless the role has deadlines of its own.
async fn answers(app: &App) -> String {
    match app.db.missing_role_settings().await {
        Ok(Some(missing)) => format!(
            "answers; behind a pooler each statement sets its deadlines, which is slower; spare it that: \
             {missing}"
        ),
        _ => "answers".to_owned(),
    }
}

/// What is wrong is said in PostgreSQL's own words: they name the host, the user, the right.
fn no_database(error: &DbError) -> String {
    match error {
        DbError::Unreachable(words) => format!(
            "cannot be reached: check DATABASE_URL and that PostgreSQL runs; it says: {words}"
        ),
        DbError::NotLetIn(words) => {
            format!("answers and refuses the connection: check DATABASE_URL; it says: {words}")
        }
        DbError::Query(QueryError::DatabaseError(_, said)) => {
            format!("answers and refuses to be read: {}", said.message())
        }
        DbError::ReadOnly => {
            "can be read and not written to: DATABASE_URL must lead to the main server".to_owned()
        }
        error => error.to_string(),
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

/// Whoever serves https has a proxy before this service, which speaks http alone.
fn public_url(url: &url::Url, no_proxy_is_trusted: bool) -> Finding {
    match (url.scheme(), config::is_on_this_machine(url)) {
        ("https", false) if no_proxy_is_trusted => Finding::Fine(format!(
            "{url}; TRUSTED_PROXIES is empty, so that nobody is limited by address behind a proxy on this \
             machine or in its network, and all callers are one behind any other: name the proxy"
        )),
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
    fn behind_a_proxy_that_nobody_has_named_there_is_a_remark() {
        let url = "https://pay.example.org".parse().expect("a URL");
        let Finding::Fine(remark) = public_url(&url, true) else {
            panic!("a remark is no failure");
        };
        assert!(remark.contains("TRUSTED_PROXIES is empty"), "{remark}");
        assert_eq!(public_url(&url, false), Finding::Fine(url.to_string()));
    }

    #[test]
    fn links_need_https_but_may_stay_on_this_machine() {
        let finding = |url: &str| public_url(&url.parse().expect("a URL"), false);
        assert!(!wrong(&finding("https://pay.example.org")));
        assert!(
            !wrong(&finding("http://127.0.0.1:8080")) && !wrong(&finding("http://localhost:8080"))
        );
        assert!(wrong(&finding("http://pay.example.org")));
    }
}
