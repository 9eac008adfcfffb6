//! Would the server take a mail? Asked without sending one.

use std::{fmt::Display, time::Duration};

use lettre::{
    Address,
    transport::smtp::{
        commands::{Mail, Rcpt, Rset},
        response::Severity,
    },
};
use tokio::time::timeout;

use super::{Connection, No, yes};
use crate::mail::refusal::{Refusal, Reply, Stage};

/// Each answer is waited for this long: somebody sits before it, and servers hold a first answer back
/// for some seconds (`smtpd_error_sleep_time`, greet pauses).
const TO_ANSWER: Duration = Duration::from_secs(10);

/// Whether a mail would be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WouldTake {
    /// Sender and recipient are both good.
    Yes,
    /// At this stage the server says no.
    No(Stage, Refusal),
    /// At this stage nothing came that is an answer.
    Unheard(Stage),
}

impl Connection {
    /// Asks by MAIL and RCPT, and takes it back by RSET. There is no DATA, so there is no mail.
    pub async fn would_take(&mut self, from: &Address, to: &Address) -> WouldTake {
        self.gate.open();
        (self.sender, self.recipient) = (from.to_string(), String::new());
        let sender = Mail::new(Some(from.clone()), vec![]);
        let answer = match self.ask(Stage::Sender, sender).await {
            WouldTake::Yes => {
                self.recipient = to.to_string();
                let recipient = Rcpt::new(to.clone(), vec![]);
                self.ask(Stage::Recipient, recipient).await
            }
            no => no,
        };
        self.take_back().await;
        answer
    }

    /// Asks by MAIL alone, and takes it back by RSET: before a mailing starts, when nobody is to be written to yet.
    pub async fn would_take_from(&mut self, from: &Address) -> WouldTake {
        self.gate.open();
        (self.sender, self.recipient) = (from.to_string(), String::new());
        let answer = self
            .ask(Stage::Sender, Mail::new(Some(from.clone()), vec![]))
            .await;
        self.take_back().await;
        answer
    }

    async fn take_back(&mut self) {
        if self.can_go_on() && timeout(TO_ANSWER, self.smtp.command(Rset)).await.is_err() {
            self.drop_it();
        }
    }

    async fn ask(&mut self, stage: Stage, command: impl Display) -> WouldTake {
        let answer = timeout(TO_ANSWER, self.smtp.command(command)).await;
        match answer.map(|answer| yes(answer, Severity::PositiveCompletion)) {
            Ok(Ok(())) => WouldTake::Yes,
            Ok(Err(No::Said(code, text))) => {
                // The server closes the connection after it (RFC 5321, 3.8).
                if code == 421 {
                    self.drop_it();
                }
                let reply = Reply {
                    stage,
                    code,
                    text: &text,
                    sender: &self.sender,
                    recipient: &self.recipient,
                };
                WouldTake::No(stage, Refusal::said(&reply))
            }
            Ok(Err(No::Unheard)) | Err(_) => {
                self.drop_it();
                WouldTake::Unheard(stage)
            }
        }
    }
}
