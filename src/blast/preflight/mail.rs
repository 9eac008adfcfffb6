//! Would the mail server take our mail? Asked by connection, log-in and `MAIL FROM`, which is taken back.

use std::time::Duration;

use tokio::time::timeout;

use super::check::{Check, Probe};
use crate::{
    app::App,
    mail::{
        refusal::Fault,
        smtp::{Connection, SmtpServer, WouldTake},
    },
};

/// For all of it: connecting takes fifteen seconds at most, an answer ten. Somebody sits before it.
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn check(app: &App) -> Check {
    let Some((server, from)) = &app.mailer.server else {
        return Check::warning(
            Probe::Mail,
            "this process has no mail server, so nobody asked it: mails wait for a worker with SMTP_URL and MAIL_FROM",
        );
    };
    if server.shows_its_password() {
        return Check::error(
            Probe::Mail,
            "the password would reach the mail server in clear: add ?tls=required to SMTP_URL, or write smtps://",
        );
    }
    match timeout(PATIENCE, ask(app, server, &from.email)).await {
        Ok(check) => check,
        Err(_) => Check::error(
            Probe::Mail,
            format!(
                "{server} gives no answer within {} seconds: check SMTP_URL",
                PATIENCE.as_secs()
            ),
        ),
    }
}

async fn ask(app: &App, server: &SmtpServer, from: &lettre::Address) -> Check {
    let mut connection = match Connection::open(server, &app.mailer.domain).await {
        Ok(connection) => connection,
        Err(refused) => return refusal(refused.fault(), refused.to_string()),
    };
    let answer = connection.would_take_from(from).await;
    if connection.can_go_on() {
        connection.close().await;
    }
    match answer {
        WouldTake::Yes => Check::fine(
            Probe::Mail,
            format!("{server} takes our connection, log-in and sender"),
        ),
        WouldTake::No(_, said) => refusal(
            said.fault,
            format!("{server} refuses our sender (MAIL FROM): {said}"),
        ),
        WouldTake::Unheard(_) => Check::error(
            Probe::Mail,
            format!("{server} gives no answer to our sender (MAIL FROM)"),
        ),
    }
}

/// What passes by itself makes mails wait; what does not keeps all of them back.
fn refusal(fault: Fault, what: String) -> Check {
    match fault {
        Fault::Quota(_) | Fault::TooFast | Fault::Later(None) => Check::warning(
            Probe::Mail,
            format!("{what}: mails wait until it takes them"),
        ),
        Fault::Ours(_) | Fault::Later(Some(_)) | Fault::Address { .. } | Fault::Mail => {
            Check::error(
                Probe::Mail,
                format!("{what}: freshmint doctor says what to do"),
            )
        }
    }
}
