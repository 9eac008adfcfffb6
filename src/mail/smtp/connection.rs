//! One connection to the mail server, kept open from mail to mail.

use std::{
    error::Error as _,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use lettre::{
    Address,
    transport::smtp::{
        Error as SmtpError,
        authentication::DEFAULT_MECHANISMS,
        client::{AsyncSmtpConnection, AsyncTokioStream},
        commands::{Data, Mail, Rcpt, Rset},
        extension::ClientId,
        response::{Response, Severity},
    },
};
use tokio::{net::TcpStream, time::timeout};

use super::{
    filtered::{Filtered, Heard},
    gate::{Gate, Gated, Lease},
    server::{Refused, Security, SmtpServer},
    starttls, tls,
};
use crate::{
    clock::Moment,
    mail::refusal::{Refusal, Reply, Stage},
};

/// Connecting, TLS and log-in together take no longer. No mail is claimed yet, so no lease runs
/// meanwhile.
const TO_CONNECT: Duration = Duration::from_secs(15);
/// Bytes that the server's machine has not confirmed for so long are given up, so that a final dot
/// does not arrive after the lease.
const UNCONFIRMED: Duration = Duration::from_secs(10);
/// A connection that was idle for longer is asked whether it still stands.
const TRUSTED_FOR: Duration = Duration::from_secs(2);
/// After a refusal RSET is answered within this, or the connection is given up: what became of the mail
/// is known already and does not wait.
const TO_RESET: Duration = Duration::from_secs(2);
/// One that was idle for longer is closed: servers do so, too, within some minutes.
const KEPT_FOR: Duration = Duration::from_secs(30);

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandOver {
    /// The server has taken it.
    Accepted,
    /// The server has said no. It does not have the mail.
    Refused(Refusal),
    /// Nothing that can be understood was said before the mail was handed over. The server does not have
    /// it.
    BrokenOff(String),
    /// The final dot was written and no answer came: nobody can know.
    Unknown(String),
    /// A kept connection turned out to be closed before anything was said: try on a fresh one.
    Stale,
}

/// An open connection, logged in.
pub struct Connection {
    smtp: AsyncSmtpConnection,
    gate: Gate,
    heard: Heard,
    /// Whether it has been used for a mail already.
    kept: bool,
    broken: bool,
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
        let (gate, heard) = (Gate::default(), Heard::default());
        let connecting = connect(server, hello, gate.clone(), heard.clone());
        match timeout(TO_CONNECT, connecting).await {
            Ok(connected) => connected.map(|smtp| Self {
                smtp,
                gate,
                heard,
                kept: false,
                broken: false,
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

    /// Whether nobody has needed it for a while.
    pub fn is_idle(&self) -> bool {
        self.used_at.after(KEPT_FOR) <= Moment::now()
    }

    /// Says good-bye.
    pub async fn close(mut self) {
        self.gate.open();
        let _ = timeout(TRUSTED_FOR, self.smtp.quit()).await;
    }

    /// Hands one mail over, within its lease. The connection can be used again afterwards if
    /// [`Connection::still_stands`].
    pub async fn hand_over(
        &mut self,
        from: &Address,
        to: &Address,
        message: &[u8],
        lease: Lease,
    ) -> HandOver {
        self.gate.open_for(lease);
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
        // Asked for another part, the message has been written and the final dot comes.
        let written = AtomicBool::new(false);
        let no_more = std::iter::from_fn(|| {
            written.store(true, Ordering::SeqCst);
            None
        });
        let parts = std::iter::once(message).chain(no_more);
        let told = timeout(lease.answer_by().left(), self.smtp.message_iter(parts)).await;
        let no = match told {
            Ok(answer) => yes(answer, Severity::PositiveCompletion).err(),
            Err(_) => Some(No::Unheard),
        };
        match no {
            None => HandOver::Accepted,
            Some(No::Said(code, said)) => self.refused(Stage::Message, code, &said).await,
            _ if !written.load(Ordering::SeqCst) || self.gate.has_refused() => self.broken_off(),
            _ => self.half_heard(),
        }
    }

    /// Everything before the message.
    async fn envelope(&mut self, from: &Address, to: &Address) -> Result<(), HandOver> {
        let sender = Mail::new(Some(from.clone()), vec![]);
        let answer = self.smtp.command(sender).await;
        match yes(answer, Severity::PositiveCompletion) {
            Err(No::Unheard | No::Said(421, _)) if self.kept => {
                self.drop_it();
                return Err(HandOver::Stale);
            }
            answer => self.must_be(answer, Stage::Sender).await?,
        }
        let answer = self.smtp.command(Rcpt::new(to.clone(), vec![])).await;
        let answer = yes(answer, Severity::PositiveCompletion);
        self.must_be(answer, Stage::Recipient).await?;
        let answer = self.smtp.command(Data).await;
        let answer = yes(answer, Severity::PositiveIntermediate);
        self.must_be(answer, Stage::Data).await
    }

    async fn must_be(&mut self, answer: Result<(), No>, stage: Stage) -> Result<(), HandOver> {
        match answer {
            Ok(()) => Ok(()),
            Err(No::Said(code, said)) => Err(self.refused(stage, code, &said).await),
            Err(No::Unheard) => Err(self.broken_off()),
        }
    }

    /// After a refusal the server waits for the next mail.
    async fn refused(&mut self, stage: Stage, code: u16, said: &str) -> HandOver {
        if code == 421 || !self.can_reset().await {
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

    async fn can_reset(&mut self) -> bool {
        matches!(timeout(TO_RESET, self.smtp.command(Rset)).await, Ok(Ok(_)))
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
            Some((200..300, _)) => HandOver::Accepted,
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

/// What was answered in place of a yes.
enum No {
    /// A code, and words of the server's.
    Said(u16, String),
    /// Nothing, or nothing that is an answer to what was asked.
    Unheard,
}

/// Whether an answer is the yes that was asked for: `354 go on` takes no mail, and `250 ok` asks for no
/// message.
fn yes(answer: Result<Response, SmtpError>, wanted: Severity) -> Result<(), No> {
    match answer {
        Ok(response) if response.code().severity == wanted => Ok(()),
        Ok(_) => Err(No::Unheard),
        Err(error) => Err(error.status().map_or(No::Unheard, |code| {
            let said = error.source().map(ToString::to_string);
            No::Said(code.into(), said.unwrap_or_default())
        })),
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
        Security::Tls => Box::new(Filtered::new(tls::encrypt(server, stream).await?, heard)),
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
