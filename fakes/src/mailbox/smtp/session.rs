//! What is known of one client, and the rules that its commands meet.

use std::sync::Arc;

use super::super::{
    rules::{Action, Stage},
    settings::Tls,
    shared::{Shared, lock},
};
use super::{
    command::Parameters,
    connection::Connection,
    reply::{End, Reply},
};

pub struct Session {
    pub connection: Connection,
    pub shared: Arc<Shared>,
    /// The client was refused at the greeting; only `QUIT` is left to it.
    pub turned_away: bool,
    /// `EHLO` or `HELO` was said, since the encryption if there is one.
    pub is_introduced: bool,
    pub is_logged_in: bool,
    /// Between `MAIL` and the end of the message.
    pub envelope: Option<Envelope>,
}

/// From whom a mail is, and to whom.
pub struct Envelope {
    pub from: String,
    pub to: Vec<String>,
    pub parameters: Parameters,
}

impl Session {
    /// With somebody who has said nothing yet.
    pub fn new(connection: Connection, shared: Arc<Shared>) -> Self {
        Self {
            connection,
            shared,
            turned_away: false,
            is_introduced: false,
            is_logged_in: false,
            envelope: None,
        }
    }

    /// Encryption is to be had, and not there yet.
    pub fn lacks_encryption(&self) -> bool {
        matches!(self.shared.settings.tls, Some(Tls::StartTls(_))) && !self.connection.is_encrypted
    }

    /// Lets the rules of a stage happen: a reply in place of the usual one, or the end.
    pub async fn rules(&self, stage: Stage, recipients: &[String]) -> Result<Option<Reply>, End> {
        let actions = lock(&self.shared.rules).take(stage, recipients);
        for action in actions {
            match action {
                Action::Wait(pause) => tokio::time::sleep(pause).await,
                Action::Reply(code, text) => return Ok(Some(Reply::new(code, text))),
                Action::Raw(bytes) => return Ok(Some(Reply::raw(bytes))),
                Action::Endless(beginning) => return Err(End::Endless(beginning)),
                Action::Greylist => {
                    return Ok(Some(Reply::new(451, "4.7.1 greylisted, come again")));
                }
                Action::Drop => return Err(End::Drop),
                Action::DropUnkept => return Err(End::DropUnkept),
                Action::Hang => return Err(End::Hang),
            }
        }
        Ok(None)
    }
}
