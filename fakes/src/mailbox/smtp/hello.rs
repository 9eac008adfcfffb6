//! `EHLO`, what is offered in answer to it, and `STARTTLS` (RFC 3207).

use super::super::{rules::Stage, settings::Tls};
use super::{
    reply::{End, Reply},
    session::Session,
    strict::LARGEST_MAIL,
};

impl Session {
    pub async fn hello(&mut self, extended: bool) -> Result<Reply, End> {
        if let Some(reply) = self.rules(Stage::Hello, &[]).await?
            && (reply.is_raw() || !reply.is_yes())
        {
            self.is_introduced |= reply.is_yes();
            return Ok(reply);
        }
        self.is_introduced = true;
        self.envelope = None;
        let mut lines = vec!["mailbox.invalid".to_owned()];
        if extended {
            lines.extend(self.offers());
        }
        Ok(Reply::with_lines(250, lines))
    }

    fn offers(&self) -> Vec<String> {
        let mut offers = vec![
            format!("SIZE {LARGEST_MAIL}"),
            "8BITMIME".to_owned(),
            "SMTPUTF8".to_owned(),
            "ENHANCEDSTATUSCODES".to_owned(),
        ];
        if self.lacks_encryption() {
            offers.push("STARTTLS".to_owned());
        } else if self.shared.settings.login.is_some() {
            offers.push("AUTH PLAIN LOGIN".to_owned());
        }
        offers
    }

    /// Says the reply itself when the handshake follows it.
    pub async fn start_tls(&mut self) -> Result<Option<Reply>, End> {
        let shared = self.shared.clone();
        let Some(Tls::StartTls(config)) = &shared.settings.tls else {
            return Ok(Some(Reply::new(502, "5.5.1 there is no encryption here")));
        };
        if self.connection.is_encrypted {
            return Ok(Some(Reply::bad_sequence("this is encrypted already")));
        }
        if !self.is_introduced {
            return Ok(Some(Reply::bad_sequence("say EHLO first")));
        }
        let reply = self.rules(Stage::StartTls, &[]).await?;
        let reply = reply.unwrap_or_else(|| Reply::new(220, "2.0.0 go ahead"));
        if !reply.is_yes() {
            return Ok(Some(reply));
        }
        self.connection.say(&reply).await?;
        self.connection.encrypt(config).await?;
        // What was said in the clear may have been said by anybody (RFC 3207, 4.2).
        self.is_introduced = false;
        self.envelope = None;
        Ok(None)
    }
}
