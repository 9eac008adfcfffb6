//! The mail that lets somebody in, queued.

use diesel::{Connection, prelude::*};

use super::user::User;
use crate::{
    account_link::{self, Purpose},
    activity::Doing,
    app::App,
    outbox::{self, Kind, Letter},
    suppression::AddressKey,
};

/// Where mails come from, for their ids.
#[derive(Debug, Clone)]
pub struct MailSetUp {
    /// Our name in greetings and message ids.
    pub domain: String,
}

impl MailSetUp {
    /// Those of this service.
    pub fn of(app: &App) -> Self {
        Self {
            domain: app.mailer.domain.clone(),
        }
    }
}

/// Queues a link for somebody: an invitation until they have a password, then a new one. Whoever is not
/// written to gets it all the same: it is their own account, and they asked for it.
pub fn send_link(
    connection: &mut PgConnection,
    user: &User,
    mail: &MailSetUp,
    doing: &Doing,
) -> QueryResult<()> {
    let purpose = match user.has_password {
        true => Purpose::Reset,
        false => Purpose::Invitation,
    };
    connection.transaction(|connection| {
        let letter = Letter {
            kind: Kind::Account,
            blast_id: None,
            to: &user.email,
            to_hash: AddressKey::load(connection)?.hash(&user.email),
            text: None,
            orders: &[],
            due_at: None,
        };
        let queued = outbox::queue(connection, &mail.domain, &[letter], doing.at)?;
        for id in queued.into_iter().flatten() {
            account_link::ask(connection, id, user.id, purpose)?;
        }
        Ok(())
    })
}
