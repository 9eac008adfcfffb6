//! `freshmint doctor`: one line a check.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use diesel::result::Error as QueryError;
use tokio::time::Instant;

use crate::{
    app::App,
    config,
    db::{self, DbError},
    gateway::{CallError, Session},
    mail::smtp::Connection,
    order::{self, email::Email},
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
        check("mail", mail(app).await),
        check("public URL", public_url(&app.public_url)),
        check("clock", skew),
    ];
    checks.extend(
        references(app)
            .await
            .map(|finding| check("references", finding)),
    );
    checks
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

/// Looks at a checkout that the shop's own site opened, and at nothing else: may its payer be reminded
/// of the cart?
pub async fn examine_session(app: &App, stripe_id: &str) -> Vec<Check> {
    let check = |name, finding| Check { name, finding };
    let session = match app.stripe.read(stripe_id, Instant::now() + PATIENCE).await {
        Ok(session) => session,
        Err(error) => {
            return vec![check("session", unread(stripe_id, &error, app.livemode))];
        }
    };
    vec![
        check("address", address(&session)),
        check("notice", notice(session.notice.as_deref())),
    ]
}

fn unread(stripe_id: &str, error: &CallError, livemode: bool) -> Finding {
    let mode = if livemode { "live" } else { "test" };
    Finding::Wrong(match error {
        CallError::Refused { status: 404, .. } => format!(
            "Stripe knows no {stripe_id} under this key: was the id copied completely, and is it of \
             the account and the mode ({mode}) of STRIPE_SECRET_KEY?"
        ),
        CallError::Refused {
            status: 401 | 403, ..
        } => format!(
            "{stripe_id} cannot be read: {error}; STRIPE_SECRET_KEY needs the right to read checkout \
             sessions"
        ),
        error => format!("{stripe_id} cannot be read: {error}; try again"),
    })
}

fn address(session: &Session) -> Finding {
    match (&session.email, &session.customer) {
        (Some(_), _) => Finding::Fine("Stripe knows one".to_owned()),
        (None, Some(_)) => Finding::Fine(
            "the session has a customer, whose address is used if the customer has one".to_owned(),
        ),
        (None, None) => Finding::Wrong(
            "Stripe knows none: pass customer_email or a customer when you open the session"
                .to_owned(),
        ),
    }
}

/// A program sees whether there is a way to refuse, and no more.
fn notice(text: Option<&str>) -> Finding {
    match text {
        None => Finding::Wrong(
            "the page says nothing of a mail that may follow: add custom_text[submit][message], \
             docs/recovery.md has a sentence"
                .to_owned(),
        ),
        Some(text) if names_a_way_to_refuse(text) => Finding::Fine(format!(
            "the page says: {text} (read it yourself, too: does it say that a mail may follow, and how \
             to refuse it?)"
        )),
        Some(text) => Finding::Wrong(format!(
            "the page names no way to refuse: add an e-mail address or a link to what it says, as the \
             sentence in docs/recovery.md does. It says: {text}"
        )),
    }
}

fn names_a_way_to_refuse(text: &str) -> bool {
    let link = |scheme| {
        let mut after = text.split(scheme).skip(1);
        after.any(|rest| rest.starts_with(char::is_alphanumeric))
    };
    let around = |c: char| c.is_whitespace() || "()[]<>,;:!?\"'“”„’".contains(c);
    let mut words = text.split(around);
    link("https://")
        || link("http://")
        || words.any(|word| Email::parse(word.trim_end_matches('.')).is_ok())
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

/// Logs in at the mail server, and sends nothing.
async fn mail(app: &App) -> Finding {
    let Some((server, from)) = &app.mailer.server else {
        return Finding::Fine(
            "off: set SMTP_URL and MAIL_FROM, or mails and reminders wait".to_owned(),
        );
    };
    if server.shows_its_password() {
        return Finding::Wrong(format!(
            "the password would reach {server} in clear: add ?tls=required to SMTP_URL, or write smtps://"
        ));
    }
    match Connection::open(server, &app.mailer.domain).await {
        Ok(connection) => {
            connection.close().await;
            Finding::Fine(format!(
                "{server} takes our log-in, mails come from {}",
                from.email.domain()
            ))
        }
        Err(refused) => Finding::Wrong(format!("{refused}: check SMTP_URL")),
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
mod tests {
    use super::*;

    fn wrong(finding: &Finding) -> bool {
        matches!(finding, Finding::Wrong(_))
    }

    #[test]
    fn a_clock_five_minutes_off_fails_in_both_directions() {
        let noon = DateTime::from_timestamp(1_795_000_000, 0).expect("a time");
        let minutes = |minutes| clock_skew(Some(noon + chrono::Duration::minutes(minutes)), noon);
        assert!(!wrong(&minutes(4)) && !wrong(&minutes(-4)));
        assert!(wrong(&minutes(5)) && wrong(&minutes(-5)));
    }

    #[test]
    fn a_notice_names_an_address_or_a_link_to_refuse_at() {
        for text in [
            "We may write once. Rather not? Tell shop@example.org.",
            "Rather not? (shop@example.org)",
            "Lieber nicht? Schreiben Sie an „shop@example.org“!",
            "One mail may follow: [not to me](https://shop.example/no).",
            "mailto:shop@example.org",
        ] {
            assert!(!wrong(&notice(Some(text))), "{text}");
        }
        for text in [
            "One mail may follow.",
            "We are @example on every network.",
            "See https:// or http://",
            "shop@localhost",
            "",
        ] {
            assert!(wrong(&notice(Some(text))), "{text}");
        }
        assert!(wrong(&notice(None)));
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
