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
    },
};
use tokio::{net::TcpStream, time::timeout};

use super::{
    gate::{Gate, Gated, Lease},
    reply::{Refusal, Stage, judge},
    server::{Refused, Security, SmtpServer},
    tls,
};
use crate::clock::Moment;

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

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandOver {
    /// The server has taken it.
    Accepted,
    /// Not taken, and it may be later. The server does not have it.
    Later(String),
    /// This recipient will not get it.
    Bounced {
        /// What the server said.
        why: String,
        /// There is no such address.
        no_such_address: bool,
    },
    /// The server refuses us, not this mail.
    Ours(String),
    /// The final dot was written and no answer came: nobody can know.
    Unknown(String),
    /// A kept connection turned out to be closed before anything was said: try on a fresh one.
    Stale,
}

/// An open connection, logged in.
pub struct Connection {
    smtp: AsyncSmtpConnection,
    gate: Gate,
    /// Whether it has been used for a mail already.
    kept: bool,
    broken: bool,
    used_at: Moment,
}

impl Connection {
    /// Connects and logs in. `hello` is our name where the server's address gives none.
    ///
    /// # Errors
    /// [`Refused`], with what the server said.
    pub async fn open(server: &SmtpServer, hello: &str) -> Result<Self, Refused> {
        let gate = Gate::default();
        match timeout(TO_CONNECT, connect(server, hello, gate.clone())).await {
            Ok(connected) => connected.map(|smtp| Self {
                smtp,
                gate,
                kept: false,
                broken: false,
                used_at: Moment::now(),
            }),
            Err(_) => Err(Refused(format!("{server} did not answer in time"))),
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
                return HandOver::Later("the mail server did not answer in time".to_owned());
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
        match told {
            Ok(Ok(_)) => HandOver::Accepted,
            Ok(Err(error)) if error.status().is_some() => {
                self.refused(Stage::Message, &error).await
            }
            _ if !written.load(Ordering::SeqCst) || self.gate.has_refused() => {
                self.drop_it();
                HandOver::Later("the connection ended before the mail was handed over".to_owned())
            }
            _ => {
                self.drop_it();
                HandOver::Unknown(
                    "the mail server has the mail and did not say whether it took it".to_owned(),
                )
            }
        }
    }

    /// Everything before the message.
    async fn envelope(&mut self, from: &Address, to: &Address) -> Result<(), HandOver> {
        if let Err(error) = self
            .smtp
            .command(Mail::new(Some(from.clone()), vec![]))
            .await
        {
            let closing = error.status().is_none_or(|code| u16::from(code) == 421);
            if self.kept && closing {
                self.drop_it();
                return Err(HandOver::Stale);
            }
            return Err(self.refused(Stage::Sender, &error).await);
        }
        if let Err(error) = self.smtp.command(Rcpt::new(to.clone(), vec![])).await {
            return Err(self.refused(Stage::Recipient, &error).await);
        }
        match self.smtp.command(Data).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.refused(Stage::Data, &error).await),
        }
    }

    /// After a refusal the server waits for the next mail; after silence the connection is no use.
    async fn refused(&mut self, stage: Stage, error: &SmtpError) -> HandOver {
        let Some(code) = error.status().map(u16::from) else {
            self.drop_it();
            return HandOver::Later(
                "the connection ended before the mail was handed over".to_owned(),
            );
        };
        let said = error.source().map(ToString::to_string).unwrap_or_default();
        if code == 421 || self.smtp.command(Rset).await.is_err() {
            self.drop_it();
        }
        let why = format!("{code} {said}");
        match judge(stage, code, &said) {
            Refusal::Later => HandOver::Later(why),
            Refusal::Bounce { no_such_address } => HandOver::Bounced {
                why,
                no_such_address,
            },
            Refusal::Ours => HandOver::Ours(why),
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
) -> Result<AsyncSmtpConnection, Refused> {
    let hello = ClientId::Domain(server.hello.clone().unwrap_or_else(|| hello.to_owned()));
    let connected = TcpStream::connect((server.host.as_str(), server.port)).await;
    let stream = connected
        .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
        .map_err(|error| Refused(format!("{server} cannot be reached: {error}")))?;
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(UNCONFIRMED));
    let trouble = |what: &str, error: &SmtpError| {
        let said = error.source().map(ToString::to_string);
        let code = error
            .status()
            .map(|code| format!("{code} "))
            .unwrap_or_default();
        Refused(format!(
            "{server} {what}: {code}{}",
            said.unwrap_or_default()
        ))
    };
    let stream = Gated { stream, gate };
    let stream: Box<dyn AsyncTokioStream> = if server.security == Security::Tls {
        tls::from_the_first_byte(server, stream).await?
    } else {
        Box::new(stream)
    };
    let mut smtp = AsyncSmtpConnection::connect_with_transport(stream, &hello)
        .await
        .map_err(|error| trouble("did not greet us", &error))?;
    if server.security == Security::StartTls
        || (server.security == Security::Opportunistic && smtp.can_starttls())
    {
        smtp.starttls(tls::parameters(server)?, &hello)
            .await
            .map_err(|error| trouble("did not start TLS", &error))?;
    }
    if let Some(credentials) = &server.credentials {
        smtp.auth(DEFAULT_MECHANISMS, credentials)
            .await
            .map_err(|error| trouble("refused our log-in", &error))?;
    }
    Ok(smtp)
}
