//! Would the mail server take our mail? Asked up to the recipient, and nothing is sent.

use lettre::message::Mailbox;

use super::Finding;
use crate::{
    app::App,
    mail::{
        refusal::{Fault, Ours, Refusal, Stage},
        smtp::{Connection, SmtpServer, WouldTake},
    },
    outbox::{self, Cause, Waiting, Why},
};

/// What the server says now, and why mail waits, if it does.
pub(super) async fn finding(app: &App) -> Finding {
    let Some((server, from)) = &app.mailer.server else {
        return Finding::Fine(
            "off: set SMTP_URL and MAIL_FROM, or mails and reminders wait".to_owned(),
        );
    };
    let asked = ask(app, server, from).await;
    match waiting(app).await {
        None => asked,
        Some(waiting) => and_it_waits(asked, &waiting),
    }
}

/// Mail also waits when all is well by now: it goes on by its next try. What the settings allow is no
/// fault, and a person may have set them so.
fn and_it_waits(asked: Finding, waiting: &Waiting) -> Finding {
    let say = |asked: String| format!("{asked}. {}", waiting.sentence);
    match (asked, waiting.cause) {
        (Finding::Fine(asked), Why::Paused(Cause::Allowance)) => Finding::Fine(say(asked)),
        (Finding::Fine(asked) | Finding::Remark(asked) | Finding::Wrong(asked), _) => {
            Finding::Wrong(say(asked))
        }
    }
}

/// Where the database cannot be read, its own check says so.
async fn waiting(app: &App) -> Option<Waiting> {
    let (mailer, now) = (app.mailer.clone(), app.clock.now());
    let read = app
        .db
        .run(move |connection| outbox::waiting(connection, Some(&mailer), now));
    read.await.ok().flatten()
}

/// Logs in, and asks whether a mail from us to ourselves would be taken: where that is refused, so are
/// the others.
async fn ask(app: &App, server: &SmtpServer, from: &Mailbox) -> Finding {
    if server.shows_its_password() {
        return Finding::Wrong(format!(
            "the password would reach {server} in clear: add ?tls=required to SMTP_URL, or write smtps://"
        ));
    }
    let mut connection = match Connection::open(server, &app.mailer.domain).await {
        Ok(connection) => connection,
        Err(refused) => {
            let advice = not_connected(refused.fault(), server);
            return Finding::Wrong(format!("{refused}{advice}"));
        }
    };
    let answer = connection.would_take(&from.email, &from.email).await;
    if connection.can_go_on() {
        connection.close().await;
    }
    let log_in = log_in(server);
    match answer {
        WouldTake::Yes => Finding::Fine(format!(
            "{server} takes {log_in}, our sender and mail to it; mails come from {}",
            from.email.domain()
        )),
        WouldTake::No(stage, refusal) => Finding::Wrong(format!(
            "{server} takes {log_in}, and refuses {}: {refusal}: {}",
            refused_at(stage),
            what_to_do(&refusal, server)
        )),
        WouldTake::Unheard(stage) => Finding::Wrong(format!(
            "{server} takes {log_in}, and gives no answer to {}: its log says why",
            refused_at(stage)
        )),
    }
}

/// What it takes before it is asked for anything.
fn log_in(server: &SmtpServer) -> &'static str {
    if server.has_log_in() {
        "our log-in"
    } else {
        "our connection (no log-in: SMTP_URL has no user and password, so it has to know this machine)"
    }
}

fn refused_at(stage: Stage) -> &'static str {
    match stage {
        Stage::Sender => "our sender (MAIL FROM, the address in MAIL_FROM)",
        Stage::Recipient => "mail to our own address (RCPT TO, the address in MAIL_FROM)",
        Stage::Greeting | Stage::Tls | Stage::LogIn | Stage::Data | Stage::Message => {
            "a mail from us"
        }
    }
}

fn not_connected(fault: Fault, server: &SmtpServer) -> String {
    match fault {
        Fault::Ours(ours) | Fault::Later(Some(ours)) => format!(": {}", about_us(ours, server)),
        Fault::Later(None) | Fault::TooFast | Fault::Quota(_) => {
            ": ask again in some minutes, and check SMTP_URL if it stays".to_owned()
        }
        Fault::Address { .. } | Fault::Mail => ": check SMTP_URL".to_owned(),
    }
}

fn what_to_do(refusal: &Refusal, server: &SmtpServer) -> &'static str {
    match refusal.fault {
        Fault::Ours(ours) | Fault::Later(Some(ours)) => about_us(ours, server),
        Fault::Quota(_) => {
            "nothing goes before the provider allows more; set MAIL_PER_HOUR or MAIL_PER_DAY to what it allows"
        }
        Fault::TooFast => "ask again in a minute; MAIL_PER_SECOND says how fast mails go",
        Fault::Address { .. } => {
            "bounces and answers come to this address: create its mailbox, or set MAIL_FROM to one that exists"
        }
        Fault::Mail => "the server's log says which of its rules refused it",
        Fault::Later(None) => {
            "mails wait while it says so; ask again in some minutes, and if it stays, the server's log says which of its rules refused it"
        }
    }
}

fn about_us(ours: Ours, server: &SmtpServer) -> &'static str {
    match ours {
        Ours::Connection => "check SMTP_URL",
        Ours::Tls => {
            "docs/mail-servers.md has the forms of SMTP_URL, and which certificates are trusted"
        }
        Ours::LogIn if server.has_log_in() => "check user and password in SMTP_URL",
        Ours::LogIn => {
            "put user and password into SMTP_URL, smtp://user:password@host:587?tls=required"
        }
        Ours::Sender if !server.has_log_in() => {
            "the server has to allow this sender, or MAIL_FROM has to be an address that it allows"
        }
        Ours::Sender => {
            "the server has to allow this sender for our log-in, or MAIL_FROM has to be an address that it allows"
        }
        Ours::Relaying if server.has_log_in() => {
            "the server has to carry mail of this log-in to others (permit_sasl_authenticated in Postfix)"
        }
        Ours::Relaying => {
            "put user and password into SMTP_URL, or have the server trust this machine's address (mynetworks in Postfix)"
        }
        Ours::Reputation => {
            "ask whoever runs the server to look at our domain and our network address"
        }
        Ours::SetUp => {
            "it refuses all of our mail: docs/mail-servers.md has our name in EHLO and what else servers ask for"
        }
    }
}
