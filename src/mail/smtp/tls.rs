//! TLS to the mail server, with the certificates that this machine trusts.

use std::{
    fmt::Display,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

use super::{
    certificate,
    gate::Gated,
    server::{Refused, SmtpServer},
};
use crate::mail::tls::connector;

/// Does the handshake: before the greeting, or after STARTTLS. The library does the one not at all over a
/// stream of ours, and the other beneath our filter.
pub(super) async fn encrypt(server: &SmtpServer, stream: Gated) -> Result<Encrypted, Refused> {
    let name =
        ServerName::try_from(server.host.clone()).map_err(|error| trouble(server, &error))?;
    let connector = connector().map_err(|error| trouble(server, &error))?;
    connector
        .connect(name, stream)
        .await
        .map(Encrypted)
        .map_err(|error| handshake(server, &error))
}

/// The handshake's error is within the connection's.
fn handshake(server: &SmtpServer, error: &io::Error) -> Refused {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    let words = inner.and_then(|inner| certificate::in_words(inner, &server.host));
    match words {
        Some(words) => trouble(server, &words),
        None => trouble(server, error),
    }
}

fn trouble(server: &SmtpServer, why: &dyn Display) -> Refused {
    Refused::new(format!("{server} cannot be trusted over TLS: {why}")).over_tls()
}

/// An encrypted stream.
#[derive(Debug)]
pub(super) struct Encrypted(TlsStream<Gated>);

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
