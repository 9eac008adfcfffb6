//! TLS to the mail server, with the certificates that this machine trusts.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use lettre::transport::smtp::client::{AsyncTokioStream, TlsParameters};
use rustls::{ClientConfig, crypto::ring, pki_types::ServerName};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    gate::Gated,
    server::{Refused, SmtpServer},
};

/// For STARTTLS, which the library does.
pub(super) fn parameters(server: &SmtpServer) -> Result<TlsParameters, Refused> {
    TlsParameters::new_rustls(server.host.clone()).map_err(|error| trouble(server, &error))
}

/// TLS before the greeting, which the library does not do over a stream of ours.
pub(super) async fn from_the_first_byte(
    server: &SmtpServer,
    stream: Gated,
) -> Result<Box<dyn AsyncTokioStream>, Refused> {
    let name =
        ServerName::try_from(server.host.clone()).map_err(|error| trouble(server, &error))?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|error| trouble(server, &error))?
        .with_no_client_auth();
    let encrypted = TlsConnector::from(Arc::new(config)).connect(name, stream);
    match encrypted.await {
        Ok(stream) => Ok(Box::new(Encrypted(stream))),
        Err(error) => Err(trouble(server, &error)),
    }
}

fn trouble(server: &SmtpServer, error: &dyn std::error::Error) -> Refused {
    Refused(format!("{server} cannot be trusted over TLS: {error}"))
}

#[derive(Debug)]
struct Encrypted(TlsStream<Gated>);

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
