//! What trusts a mail server's certificate, by SMTP and by IMAP: this machine's authorities.

use std::sync::Arc;

use rustls::{ClientConfig, Error, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_rustls::TlsConnector;

/// Encrypts a connection, and trusts whom this machine trusts.
pub(super) fn connector() -> Result<TlsConnector, Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)?
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
