//! Carrying one mail to the server.

use std::time::Duration;

use lettre::message::Mailbox;
use tokio::{
    sync::{mpsc::UnboundedSender, watch},
    time::sleep,
};

use super::{Kind, claim::Claimed, connecting::stopped, outcome::Outcome};
use crate::{
    app::App,
    language::Language,
    link,
    mail::{
        message::{self, Draft},
        refusal::{Fault, Refusal},
        smtp::{Connection, HandOver, Lease, SmtpServer, Written},
    },
};

/// A worker that stops waits no longer for a server that does not have the mail yet: one that answers at
/// all mostly does so within a second, and the process ends within 30.
const AT_A_STOP: Duration = Duration::from_secs(3);

/// A mail that was carried.
pub struct Carried {
    outcome: Outcome,
    connection: Option<Connection>,
}

impl Carried {
    /// Tells what became of it at once: outcomes are written in the order in which the server has said
    /// them, and a refusal takes it another answer to wait for the next mail. Gives the connection then.
    pub async fn tell(self, told: &UnboundedSender<Outcome>, lease: Lease) -> Option<Connection> {
        // Nobody listens any more where the courier has gone.
        let _ = told.send(self.outcome);
        let mut connection = self.connection?;
        connection.clear(lease).await;
        connection.can_go_on().then_some(connection)
    }
}

/// Hands one mail over. A kept connection that turns out to be closed costs a fresh one.
pub async fn carry(
    app: App,
    server: SmtpServer,
    from: Mailbox,
    mut connection: Connection,
    mail: Claimed,
    lease: Lease,
    stop: watch::Receiver<bool>,
) -> Carried {
    let unsubscribe = (mail.kind.is_to_a_payer()).then(|| unsubscribe_url(&app, &mail));
    let made = message::make(&Draft {
        from: &from,
        reply_to: app.shop.support_email.as_deref(),
        return_path: app.mailer.return_path.as_ref(),
        to: &mail.address,
        is_bulk: mail.kind == Kind::Blast,
        is_for_postmark: server.is_postmark(),
        message_id: &mail.message_id,
        text: &mail.text,
        unsubscribe_url: unsubscribe.as_deref(),
        now: app.clock.now(),
    });
    let ready = match made {
        Ok(ready) => ready,
        Err(error) => {
            let refusal = Refusal::known(Fault::Mail, &error.to_string());
            let handed = HandOver::Refused(refusal);
            return Carried {
                outcome: Outcome {
                    mail,
                    handed,
                    was_asked: false,
                    begun: false,
                },
                connection: Some(connection),
            };
        }
    };
    let mut handed = unless_stopped(&connection.written(), &stop, async {
        connection
            .hand_over(&ready.from, &ready.to, &ready.bytes, lease)
            .await
    })
    .await;
    if handed == Some(HandOver::Stale) {
        let fresh = Connection::open_for(&server, &app.mailer.domain, lease);
        let nothing = Written::default();
        handed = match unless_stopped(&nothing, &stop, fresh).await {
            Some(Ok(fresh)) => {
                connection = fresh;
                unless_stopped(&connection.written(), &stop, async {
                    connection
                        .hand_over(&ready.from, &ready.to, &ready.bytes, lease)
                        .await
                })
                .await
            }
            Some(Err(refused)) => Some(HandOver::Refused(refused.into())),
            None => None,
        };
    }
    // What was left in the middle is no use for another mail; the server does not have this one.
    let usable = handed.is_some() && connection.can_go_on();
    let handed = handed.unwrap_or(HandOver::Stale);
    Carried {
        outcome: Outcome {
            mail,
            handed,
            was_asked: true,
            begun: connection.has_begun(),
        },
        connection: usable.then_some(connection),
    }
}

/// The link that the mail has in its text, where its page has a language: mail programs show both. It is
/// signed once.
fn unsubscribe_url(app: &App, mail: &Claimed) -> String {
    let url = app.unsubscribe_url(mail.address_hash, None);
    let in_languages = Language::ALL
        .into_iter()
        .map(|it| link::in_language(&url, it));
    let in_text = in_languages
        .into_iter()
        .find(|url| mail.text.body.contains(url));
    in_text.unwrap_or(url)
}

/// Does it to the end, unless the worker stops and the mail has not been written by then.
async fn unless_stopped<T>(
    written: &Written,
    stop: &watch::Receiver<bool>,
    doing: impl Future<Output = T>,
) -> Option<T> {
    let left = async {
        stopped(stop).await;
        sleep(AT_A_STOP).await;
        // Looked at in the very turn that drops the rest: from here on nothing is written.
        if written.is_whole() {
            std::future::pending().await
        }
    };
    tokio::select! {
        biased;
        done = doing => Some(done),
        () = left => None,
    }
}
