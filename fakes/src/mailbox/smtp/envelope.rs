//! `MAIL` and `RCPT`: from whom a mail is, and to whom.

use super::super::rules::Stage;
use super::{
    command::Parameters,
    reply::{End, Reply},
    session::{Envelope, Session},
    strict::{LARGEST_MAIL, too_large},
};

/// As many as every server has to take (RFC 5321, 4.5.3.1.8).
const MOST_RECIPIENTS: usize = 100;

impl Session {
    pub async fn sender(&mut self, from: String, parameters: Parameters) -> Result<Reply, End> {
        if let Some(refusal) = self.not_yet() {
            return Ok(refusal);
        }
        if self.envelope.is_some() {
            return Ok(Reply::bad_sequence("there is a sender already"));
        }
        if parameters.size.is_some_and(|size| size > LARGEST_MAIL) {
            return Ok(too_large());
        }
        if !from.is_ascii() && !parameters.utf8 {
            return Ok(needs_utf8());
        }
        let reply = self.rules(Stage::Sender, &[]).await?;
        let reply = reply.unwrap_or_else(|| Reply::new(250, "2.1.0 go on"));
        if reply.is_yes() {
            self.envelope = Some(Envelope {
                from,
                to: Vec::new(),
                parameters,
            });
        }
        Ok(reply)
    }

    /// What has to happen before a mail may begin.
    fn not_yet(&self) -> Option<Reply> {
        let is_stranger = self.shared.settings.login.is_some() && !self.is_logged_in;
        if !self.is_introduced {
            Some(Reply::bad_sequence("say EHLO first"))
        } else if self.lacks_encryption() {
            Some(Reply::new(530, "5.7.0 say STARTTLS first"))
        } else if is_stranger {
            Some(Reply::new(530, "5.7.0 log in first"))
        } else {
            None
        }
    }

    pub async fn recipient(&mut self, address: String) -> Result<Reply, End> {
        let Some(envelope) = &self.envelope else {
            return Ok(Reply::bad_sequence("say MAIL first"));
        };
        if !address.is_ascii() && !envelope.parameters.utf8 {
            return Ok(needs_utf8());
        }
        if envelope.to.len() >= MOST_RECIPIENTS {
            return Ok(Reply::new(452, "4.5.3 too many recipients for one mail"));
        }
        let recipients = [address];
        let reply = self.rules(Stage::Recipient, &recipients).await?;
        let reply = reply.unwrap_or_else(|| Reply::new(250, "2.1.5 go on"));
        if let Some(envelope) = &mut self.envelope
            && reply.is_yes()
        {
            envelope.to.extend(recipients);
        }
        Ok(reply)
    }
}

fn needs_utf8() -> Reply {
    Reply::new(553, "5.6.7 such an address needs SMTPUTF8")
}
