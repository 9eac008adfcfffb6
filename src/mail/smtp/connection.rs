//! One connection to the mail server, kept open from mail to mail.

mod clear;
mod would_take;

use std::{error::Error as _, time::Duration};

use lettre::{
    Address,
    transport::smtp::{
        Error as SmtpError,
        authentication::DEFAULT_MECHANISMS,
        client::{AsyncSmtpConnection, AsyncTokioStream},
        commands::{Data, Mail, Rcpt},
        extension::ClientId,
        response::Severity,
    },
};
use tokio::{net::TcpStream, time::timeout};

pub use self::would_take::WouldTake;
use super::{
    answer::{No, yes},
    filtered::{Filtered, Heard},
    gate::{Gate, Gated, Lease},
    handed::{HandOver, Written},
    server::{Refused, Security, SmtpServer},
    starttls, tls,
};
use crate::{
    clock::Moment,
    mail::{
        refusal::{Refusal, Reply, Stage},
        report::server_id,
    },
};

/// Connecting, TLS and log-in together take no longer. No mail is claimed yet, so no lease runs
/// meanwhile.
const TO_CONNECT: Duration = Duration::from_secs(15);
/// Bytes that the server's machine has not confirmed for so long are given up, so that a final dot
/// does not arrive after the lease.
const UNCONFIRMED: Duration = Duration::from_secs(10);
/// A connection that was idle for longer is asked whether it still stands.
const TRUSTED_FOR: Duration = Duration::from_secs(2);
/// One that was idle for longer is closed: servers do so, too, within some minutes.
const KEPT_FOR: Duration = Duration::from_secs(30);

/// An open connection, logged in.
pub struct Connection {
    smtp: AsyncSmtpConnection,
    gate: Gate,
    heard: Heard,
    /// Whether it has been used for a mail already.
    kept: bool,
    broken: bool,
    /// The server has refused the mail and may still hold what it was told of it.
    refused: bool,
    written: Written,
    /// The server has asked for the message of the mail that is handed over.
    begun: bool,
    used_at: Moment,
    /// Whose mail it is about, and whose it is for.
    sender: String,
    recipient: String,
}

impl Connection {
    /// Connects and logs in. `hello` is our name where the server's address gives none.
    ///
    /// # Errors
    /// [`Refused`], with what the server said.
    pub async fn open(server: &SmtpServer, hello: &str) -> Result<Self, Refused> {
        Self::open_within(server, hello, TO_CONNECT).await
    }

    /// The same for a mail that is claimed already, within its lease.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn open_for(server: &SmtpServer, hello: &str, lease: Lease) -> Result<Self, Refused> {
        Self::open_within(server, hello, TO_CONNECT.min(lease.write_by().left())).await
    }

    async fn open_within(
        server: &SmtpServer,
        hello: &str,
        time: Duration,
    ) -> Result<Self, Refused> {
        let (gate, heard) = (Gate::default(), Heard::default());
        let connecting = connect(server, hello, gate.clone(), heard.clone());
        match timeout(time, connecting).await {
            Ok(connected) => connected.map(|smtp| Self {
                smtp,
                gate,
                heard,
                kept: false,
                broken: false,
                refused: false,
                written: Written::default(),
                begun: false,
                used_at: Moment::now(),
                sender: String::new(),
                recipient: String::new(),
            }),
            Err(_) => Err(Refused::new(format!("{server} did not answer in time"))),
        }
    }

    /// Whether the server waits for another mail on it.
    pub fn can_go_on(&self) -> bool {
        !self.broken
    }

    /// Whether the server has asked for the message of the mail that was handed over last.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether it can still be used after a while. One that was idle for longer is asked.
    pub async fn still_stands(&mut self) -> bool {
        if self.broken {
            return false;
        }
        self.gate.open();
        self.used_at.after(TRUSTED_FOR) > Moment::now()
            || timeout(TRUSTED_FOR, self.smtp.test_connected())
                .await
                .unwrap_or(false)
    }

    /// Tells of the mail that is handed over next how far it has come.
    pub fn written(&self) -> Written {
        self.written.clone()
    }

    /// Whether nobody has needed it for a while.
    pub fn is_idle(&self) -> bool {
        self.used_at.after(KEPT_FOR) <= Moment::now()
    }

    /// Says good-bye.
    pub async fn close(mut self) {
        self.gate.open();
        self.heard.farewell();
        let _ = timeout(TRUSTED_FOR, self.smtp.quit()).await;
    }

    /// Hands one mail over, within its lease. The connection can be used again once it is
    /// [`cleared`](Connection::clear), if it [stands](Connection::still_stands).
    pub async fn hand_over(
        &mut self,
        from: &Address,
        to: &Address,
        message: &[u8],
        lease: Lease,
    ) -> HandOver {
        self.clear(lease).await;
        if self.broken {
            return HandOver::Stale;
        }
        self.gate.open_for(lease);
        self.written.is_whole_now(false);
        self.begun = false;
        (self.sender, self.recipient) = (from.to_string(), to.to_string());
        let handed = self.talk(from, to, message, lease).await;
        self.gate.open();
        self.kept = true;
        self.used_at = Moment::now();
        handed
    }

    async fn talk(
        &mut self,
        from: &Address,
        to: &Address,
        message: &[u8],
        lease: Lease,
    ) -> HandOver {
        let envelope = timeout(lease.write_by().left(), self.envelope(from, to));
        match envelope.await {
            Ok(Ok(())) => {}
            Ok(Err(refused)) => return refused,
            Err(_) => {
                self.drop_it();
                return HandOver::BrokenOff("the mail server did not answer in time".to_owned());
            }
        }
        self.begun = true;
        // Asked for another part, the message has been written and the final dot comes.
        let written = self.written.clone();
        let no_more = std::iter::from_fn(|| {
            written.is_whole_now(true);
            None
        });
        let parts = std::iter::once(message).chain(no_more);
        let told = tokio::select! {
            told = self.smtp.message_iter(parts) => Some(told),
            () = written.too_late(lease) => None,
        };
        let name = match &told {
            Some(Ok(answer)) => server_id(&answer.message().collect::<Vec<_>>().join(" ")),
            _ => None,
        };
        let no = match told {
            Some(answer) => yes(answer, Severity::PositiveCompletion).err(),
            None => Some(No::Unheard),
        };
        match no {
            None => HandOver::Accepted(name),
            Some(No::Said(code, said)) => self.refused(Stage::Message, code, &said),
            _ => match self.heard.uncalled() {
                // Said in the middle of the message, which was not ended then.
                Some(Some((code @ 400.., said))) => {
                    self.drop_it();
                    self.judged(Stage::Message, code, &said)
                }
                Some(_) => self.broken_off(),
                None if !written.is_whole() || self.gate.has_refused() => self.broken_off(),
                None => self.half_heard(),
            },
        }
    }

    /// Everything before the message.
    async fn envelope(&mut self, from: &Address, to: &Address) -> Result<(), HandOver> {
        let sender = Mail::new(Some(from.clone()), vec![]);
        let answer = self.smtp.command(sender).await;
        match yes(answer, Severity::PositiveCompletion) {
            // A refusal for good may be a late word on the mail before this one.
            Err(No::Unheard | No::Said(421 | 500.., _)) if self.kept => {
                self.drop_it();
                return Err(HandOver::Stale);
            }
            answer => self.must_be(answer, Stage::Sender)?,
        }
        let answer = self.smtp.command(Rcpt::new(to.clone(), vec![])).await;
        let answer = yes(answer, Severity::PositiveCompletion);
        self.must_be(answer, Stage::Recipient)?;
        let answer = self.smtp.command(Data).await;
        let answer = yes(answer, Severity::PositiveIntermediate);
        self.must_be(answer, Stage::Data)
    }

    fn must_be(&mut self, answer: Result<(), No>, stage: Stage) -> Result<(), HandOver> {
        match answer {
            Ok(()) => Ok(()),
            Err(No::Said(code, said)) => Err(self.refused(stage, code, &said)),
            Err(No::Unheard) => Err(self.broken_off()),
        }
    }

    /// After a refusal the server waits for the next mail, but for 421 (RFC 5321, 3.8).
    fn refused(&mut self, stage: Stage, code: u16, said: &str) -> HandOver {
        self.refused = true;
        if code == 421 {
            self.drop_it();
        }
        self.judged(stage, code, said)
    }

    fn judged(&self, stage: Stage, code: u16, text: &str) -> HandOver {
        HandOver::Refused(Refusal::said(&Reply {
            stage,
            code,
            text,
            sender: &self.sender,
            recipient: &self.recipient,
        }))
    }

    /// The server is silent, or nobody understands it: the connection is no use, and the server does
    /// not have the mail.
    fn broken_off(&mut self) -> HandOver {
        self.drop_it();
        HandOver::BrokenOff("the connection ended before the mail was handed over".to_owned())
    }

    /// The final dot was written and no whole answer came. One that has begun says its code in its
    /// first line: that is the server's word on the mail.
    fn half_heard(&mut self) -> HandOver {
        self.drop_it();
        match self.heard.begun() {
            Some((200..300, said)) => HandOver::Accepted(server_id(&said)),
            Some((code @ 400.., said)) => self.judged(Stage::Message, code, &said),
            _ => HandOver::Unknown(
                "the mail server has the mail and did not say whether it took it".to_owned(),
            ),
        }
    }

    /// It is closed without a farewell: in the middle of a message a QUIT would become part of it.
    fn drop_it(&mut self) {
        self.broken = true;
    }
}

async fn connect(
    server: &SmtpServer,
    hello: &str,
    gate: Gate,
    heard: Heard,
) -> Result<AsyncSmtpConnection, Refused> {
    let hello = ClientId::Domain(server.hello.clone().unwrap_or_else(|| hello.to_owned()));
    let connected = TcpStream::connect((server.host.as_str(), server.port)).await;
    let stream = connected
        .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
        .map_err(|error| Refused::new(format!("{server} cannot be reached: {error}")))?;
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(UNCONFIRMED));
    let stream = Gated { stream, gate };
    let stream: Box<dyn AsyncTokioStream> = match server.security {
        Security::None => Box::new(Filtered::new(stream, heard)),
        Security::Tls => Box::new(Filtered::new(
            tls::encrypt(server, stream)
                .await
                .map_err(Refused::over_tls)?,
            heard,
        )),
        Security::StartTls | Security::Opportunistic => {
            starttls::begin(server, stream, &hello, heard).await?
        }
    };
    let trouble = |stage, what: &str, error: &SmtpError| {
        let said = error.source().map(ToString::to_string).unwrap_or_default();
        match error.status() {
            Some(code) => Refused::said(server, what, stage, code.into(), &said),
            None => Refused::new(format!("{server} {what}: {said}")),
        }
    };
    let mut smtp = AsyncSmtpConnection::connect_with_transport(stream, &hello)
        .await
        .map_err(|error| trouble(Stage::Greeting, "did not greet us", &error))?;
    if let Some(credentials) = &server.credentials {
        smtp.auth(DEFAULT_MECHANISMS, credentials)
            .await
            .map_err(|error| trouble(Stage::LogIn, "refused our log-in", &error))?;
    }
    Ok(smtp)
}
