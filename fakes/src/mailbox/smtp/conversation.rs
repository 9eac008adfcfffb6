//! The conversation with one client, from the greeting to `QUIT`.

use std::sync::{Arc, atomic::Ordering};

use tokio::net::TcpStream;

use super::super::{rules::Stage, settings::Tls, shared::Shared};
use super::{
    command::{self, Command},
    connection::Connection,
    lines::Line,
    reply::{End, Reply},
    session::Session,
};

/// Bytes of a command: four times what RFC 5321 (4.5.3.1.4) asks for, since parameters add to it.
const LONGEST_COMMAND: usize = 2048;

impl Session {
    /// Serves a connection to its end.
    pub async fn run(stream: TcpStream, shared: Arc<Shared>) {
        let session = Connection::new(stream).map(|connection| Self::new(connection, shared));
        let Ok(mut session) = session else { return };
        match session.talk().await {
            Ok(()) => session.connection.close().await,
            Err(End::Left(error)) => log::debug!("the mailbox's client is gone: {error}"),
            Err(End::Drop | End::DropUnkept) => {}
            Err(End::Hang) => session.connection.until_left().await,
            Err(End::Endless(beginning)) => {
                let said = session.connection.never_end(&beginning).await;
                session.shared.endless.fetch_add(said, Ordering::SeqCst);
            }
        }
    }

    async fn talk(&mut self) -> Result<(), End> {
        if let Some(Tls::Implicit(config)) = &self.shared.settings.tls {
            self.connection.encrypt(config).await?;
        }
        let greeting = self.rules(Stage::Connect, &[]).await?;
        let greeting = greeting.unwrap_or_else(|| Reply::new(220, "mailbox.invalid ESMTP"));
        self.turned_away = greeting.code != 220;
        self.connection.say(&greeting).await?;
        let mut is_over = greeting.is_last();
        while !is_over {
            let line = self.connection.line(LONGEST_COMMAND).await?;
            if let Some(reply) = self.answer(&line).await? {
                self.connection.say(&reply).await?;
                is_over = reply.is_last();
            }
        }
        Ok(())
    }

    /// The reply to a line; none where everything was said on the way.
    async fn answer(&mut self, line: &Line) -> Result<Option<Reply>, End> {
        let command = match self.read(line) {
            Ok(command) => command,
            Err(refusal) => return Ok(Some(refusal)),
        };
        let reply = match command {
            Command::Quit => self.usual_or_rule(Stage::Quit, 221, "2.0.0 bye").await?,
            _ if self.turned_away => Reply::bad_sequence("you were asked to leave"),
            Command::Hello { extended } => self.hello(extended).await?,
            Command::StartTls => return self.start_tls().await,
            Command::Login { mechanism, initial } => self.login(&mechanism, initial).await?,
            Command::Sender {
                address,
                parameters,
            } => self.sender(address, parameters).await?,
            Command::Recipient(address) => self.recipient(address).await?,
            Command::Data => self.data().await?,
            Command::Reset => {
                self.envelope = None;
                self.usual_or_rule(Stage::Reset, 250, "2.0.0 forgotten")
                    .await?
            }
            Command::Nothing => Reply::new(250, "2.0.0 yes"),
            Command::Verify => Reply::new(252, "2.5.0 send it and see"),
        };
        Ok(Some(reply))
    }

    async fn usual_or_rule(&self, stage: Stage, code: u16, text: &str) -> Result<Reply, End> {
        let reply = self.rules(stage, &[]).await?;
        Ok(reply.unwrap_or_else(|| Reply::new(code, text)))
    }

    fn read(&self, line: &Line) -> Result<Command, Reply> {
        let text = std::str::from_utf8(&line.bytes).unwrap_or_default();
        self.shared.note(command::verb(text));
        if line.length > LONGEST_COMMAND {
            return Err(Reply::new(500, "5.5.6 this line is too long"));
        }
        if line.is_broken {
            return Err(Reply::new(500, "5.5.2 lines end in CR LF"));
        }
        Command::parse(text)
    }
}
