//! Carrying one mail to the server.

use lettre::message::Mailbox;

use super::{claim::Claimed, finish::Outcome};
use crate::{
    app::App,
    mail::{
        message::{self, Draft},
        refusal::{Fault, Refusal},
        smtp::{Connection, HandOver, Lease, SmtpServer},
    },
};

/// A mail that was carried.
pub struct Carried {
    /// What became of it.
    pub outcome: Outcome,
    /// The connection, if the server waits for another mail on it.
    pub connection: Option<Connection>,
}

/// Hands one mail over. A kept connection that turns out to be closed costs a fresh one.
pub async fn carry(
    app: App,
    server: SmtpServer,
    from: Mailbox,
    mut connection: Connection,
    mail: Claimed,
    lease: Lease,
) -> Carried {
    let unsubscribe = app.unsubscribe_url(mail.address_hash);
    let made = message::make(&Draft {
        from: &from,
        reply_to: app.shop.support_email.as_deref(),
        to: &mail.address,
        message_id: &mail.message_id,
        text: &mail.text,
        unsubscribe_url: mail.kind.is_to_a_payer().then_some(&unsubscribe),
        now: app.clock.now(),
    });
    let ready = match made {
        Ok(ready) => ready,
        Err(error) => {
            let refusal = Refusal::known(Fault::Mail, &error.to_string());
            let handed = HandOver::Refused(refusal);
            return Carried {
                outcome: Outcome { mail, handed },
                connection: Some(connection),
            };
        }
    };
    let mut handed = connection
        .hand_over(&ready.from, &ready.to, &ready.bytes, lease)
        .await;
    if handed == HandOver::Stale {
        handed = match Connection::open(&server, &app.mailer.domain).await {
            Ok(fresh) => {
                connection = fresh;
                connection
                    .hand_over(&ready.from, &ready.to, &ready.bytes, lease)
                    .await
            }
            Err(refused) => HandOver::Refused(refused.into()),
        };
    }
    let usable = connection.can_go_on();
    Carried {
        outcome: Outcome { mail, handed },
        connection: usable.then_some(connection),
    }
}
