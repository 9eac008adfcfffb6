//! `DATA`: takes in the message, and decides whether it is kept.

use std::sync::atomic::Ordering;

use super::super::rules::Stage;
use super::{
    reply::{End, Reply},
    session::{Envelope, Session},
    strict::{self, LARGEST_MAIL, LONGEST_LINE},
};

impl Session {
    pub async fn data(&mut self) -> Result<Reply, End> {
        let Some(envelope) = self.envelope.take() else {
            return Ok(Reply::bad_sequence("say MAIL first"));
        };
        if envelope.to.is_empty() {
            return Ok(Reply::new(554, "5.5.1 there is no recipient"));
        }
        let reply = self.rules(Stage::Data, &envelope.to).await?;
        let usual = || Reply::new(354, "end with a dot on a line of its own");
        let reply = reply.unwrap_or_else(usual);
        if reply.code != 354 {
            return Ok(reply);
        }
        self.connection.say(&reply).await?;
        let taken = self.take_in(&envelope.to).await;
        if taken.is_err() {
            self.shared.unfinished.fetch_add(1, Ordering::SeqCst);
        }
        match taken? {
            Taken::Whole(message) => self.decide(envelope, message).await,
            Taken::Refused(reply) => Ok(reply),
            Taken::BrokenOff(reply) => {
                self.shared.unfinished.fetch_add(1, Ordering::SeqCst);
                self.connection.say(&reply).await?;
                Err(End::Drop)
            }
        }
    }

    /// Reads to the final dot, also of a message that will be refused.
    async fn take_in(&mut self, recipients: &[String]) -> Result<Taken, End> {
        let mut message = Vec::new();
        let mut refusal = None;
        let mut is_first = true;
        loop {
            // One dot may come on top of the longest line, and one byte tells that it is longer.
            let line = self.connection.line(LONGEST_LINE + 2).await?;
            if line.bytes == b"." {
                let taken = refusal.map_or(Taken::Whole(message), Taken::Refused);
                return Ok(taken);
            }
            if is_first && let Some(reply) = self.rules(Stage::Body, recipients).await? {
                return Ok(Taken::BrokenOff(reply));
            }
            is_first = false;
            let stuffed = usize::from(line.bytes.starts_with(b"."));
            let text = &line.bytes[stuffed..];
            if line.is_broken {
                refusal.get_or_insert_with(strict::broken_line);
            } else if line.length - stuffed > LONGEST_LINE {
                refusal.get_or_insert_with(strict::long_line);
            } else if message.len() + text.len() + 2 > LARGEST_MAIL {
                refusal.get_or_insert_with(strict::too_large);
            }
            if refusal.is_none() {
                message.extend_from_slice(text);
                message.extend_from_slice(b"\r\n");
            }
        }
    }

    async fn decide(&mut self, envelope: Envelope, message: Vec<u8>) -> Result<Reply, End> {
        if let Err(refusal) = strict::check(&message, &envelope.parameters) {
            return Ok(refusal);
        }
        let met = self.rules(Stage::Message, &envelope.to).await;
        let is_kept = match &met {
            Ok(None) | Err(End::Drop | End::Hang | End::Endless(_) | End::Left(_)) => true,
            Ok(Some(reply)) if reply.is_raw() => !matches!(reply.code, 400..600),
            Ok(Some(reply)) => reply.is_yes(),
            Err(End::DropUnkept) => false,
        };
        if is_kept {
            self.shared.keep(envelope.from, envelope.to, message);
        }
        let usual = || Reply::new(250, "2.0.0 it is in the mailbox");
        met.map(|reply| reply.unwrap_or_else(usual))
    }
}

/// What became of a message on the wire.
enum Taken {
    Whole(Vec<u8>),
    /// Whole, and not to be had.
    Refused(Reply),
    /// A rule interrupts with this.
    BrokenOff(Reply),
}
