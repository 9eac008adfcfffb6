//! How a mailbox is set up.

use std::{net::SocketAddr, sync::Arc};

use tokio_rustls::rustls;

use crate::Clock;

/// How a mailbox starts.
#[derive(Clone)]
pub struct Settings {
    /// Where mail comes in. Port 0 takes any free one.
    pub smtp: SocketAddr,
    /// Where the page is. Port 0 takes any free one. Who reaches it reads all mail.
    pub web: SocketAddr,
    /// Without it everything is in the clear. With it no mail is taken in the clear.
    pub tls: Option<Tls>,
    /// User and password; with them no mail is taken before the log-in.
    pub login: Option<(String, String)>,
    /// Says when a mail was received.
    pub clock: Clock,
}

/// When a connection is encrypted.
#[derive(Clone)]
pub enum Tls {
    /// From the first byte (`smtps`).
    Implicit(Arc<rustls::ServerConfig>),
    /// After `STARTTLS`.
    StartTls(Arc<rustls::ServerConfig>),
}

impl Default for Settings {
    fn default() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            smtp: any,
            web: any,
            tls: None,
            login: None,
            clock: Clock::system(),
        }
    }
}
