//! `AUTH PLAIN` and `AUTH LOGIN` (RFC 4954).

use base64::{Engine, engine::general_purpose::STANDARD};

use super::super::rules::Stage;
use super::{
    reply::{End, Reply},
    session::Session,
};

/// Bytes of an answer to a challenge (RFC 4954, 4).
const LONGEST_ANSWER: usize = 12_288;

impl Session {
    pub async fn login(&mut self, mechanism: &str, initial: Option<String>) -> Result<Reply, End> {
        let Some(login) = self.shared.settings.login.clone() else {
            return Ok(Reply::new(502, "5.5.1 there is no log-in here"));
        };
        if self.lacks_encryption() {
            return Ok(Reply::new(538, "5.7.11 say STARTTLS first"));
        }
        if !self.is_introduced {
            return Ok(Reply::bad_sequence("say EHLO first"));
        }
        if self.is_logged_in || self.envelope.is_some() {
            return Ok(Reply::bad_sequence("it is too late for that"));
        }
        let given = match mechanism {
            "PLAIN" => self.plain(initial).await?,
            "LOGIN" => self.user_and_password(initial).await?,
            _ => return Ok(Reply::new(504, "5.5.4 only PLAIN and LOGIN are known")),
        };
        let given = match given {
            Ok(given) => given,
            Err(refusal) => return Ok(refusal),
        };
        let usual = match given == login {
            true => Reply::new(235, "2.7.0 welcome"),
            false => Reply::new(535, "5.7.8 user or password is wrong"),
        };
        let reply = self.rules(Stage::Login, &[]).await?.unwrap_or(usual);
        self.is_logged_in = reply.is_yes();
        Ok(reply)
    }

    /// For whom, user and password in one word, zeros between them (RFC 4616).
    async fn plain(
        &mut self,
        initial: Option<String>,
    ) -> Result<Result<(String, String), Reply>, End> {
        let word = match initial {
            Some(word) => decode(&word),
            None => self.ask("").await?,
        };
        Ok(word.and_then(|word| {
            let mut parts = word.split('\0').skip(1).map(str::to_owned);
            match (parts.next(), parts.next(), parts.next()) {
                (Some(user), Some(password), None) => Ok((user, password)),
                _ => Err(Reply::new(501, "5.5.2 this is not how PLAIN is written")),
            }
        }))
    }

    async fn user_and_password(
        &mut self,
        initial: Option<String>,
    ) -> Result<Result<(String, String), Reply>, End> {
        let user = match initial {
            Some(word) => decode(&word),
            None => self.ask("Username:").await?,
        };
        let user = match user {
            Ok(user) => user,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let password = self.ask("Password:").await?;
        Ok(password.map(|password| (user, password)))
    }

    /// The answer to a challenge, decoded.
    async fn ask(&mut self, challenge: &str) -> Result<Result<String, Reply>, End> {
        let challenge = Reply::new(334, STANDARD.encode(challenge));
        self.connection.say(&challenge).await?;
        let line = self.connection.line(LONGEST_ANSWER).await?;
        if line.length > LONGEST_ANSWER {
            return Ok(Err(Reply::new(500, "5.5.6 this line is too long")));
        }
        Ok(decode(&String::from_utf8_lossy(&line.bytes)))
    }
}

/// `=` is the empty word, `*` gives up.
fn decode(word: &str) -> Result<String, Reply> {
    let fault = || Reply::new(501, "5.5.2 this is no base64 of a text");
    match word {
        "=" => Ok(String::new()),
        "*" => Err(Reply::new(501, "5.7.0 as you like")),
        word => {
            let bytes = STANDARD.decode(word).map_err(|_| fault())?;
            String::from_utf8(bytes).map_err(|_| fault())
        }
    }
}
