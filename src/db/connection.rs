//! A pooled connection, and how one is opened.

use diesel::{Connection, ConnectionError, PgConnection};
use r2d2::ManageConnection;
use url::Url;

use crate::config::Secret;

/// A pooled connection, and whether a statement found it dead.
pub(super) struct Link {
    pub connection: PgConnection,
    pub dead: bool,
}

pub(super) struct Manager {
    url: Secret,
}

impl Manager {
    /// Opens connections to this address.
    pub fn new(url: &Secret) -> Self {
        Self {
            url: impatient(url),
        }
    }
}

impl ManageConnection for Manager {
    type Connection = Link;
    type Error = ConnectionError;

    fn connect(&self) -> Result<Link, ConnectionError> {
        let connection = PgConnection::establish(self.url.expose())?;
        Ok(Link {
            connection,
            dead: false,
        })
    }

    fn is_valid(&self, _link: &mut Link) -> Result<(), ConnectionError> {
        Ok(())
    }

    fn has_broken(&self, link: &mut Link) -> bool {
        use diesel::r2d2::R2D2Connection;
        link.dead || link.connection.is_broken()
    }
}

/// The address with limits for a server that has gone without a word (a failover, a cut network):
/// libpq's own would let a connection wait for a quarter of an hour. What the address says itself
/// stays, and so does one that is not written as a URL.
fn impatient(url: &Secret) -> Secret {
    let Ok(mut address) = Url::parse(url.expose()) else {
        return url.clone();
    };
    let said: Vec<String> = address
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    let limits = [
        // Seconds: a caller waits no longer for a connection.
        ("connect_timeout", "4"),
        // Milliseconds without an answer to what was sent: a busy network, and not yet a dead one.
        ("tcp_user_timeout", "10000"),
        // Seconds: an idle connection whose server has gone is found before it is needed.
        ("keepalives_idle", "30"),
    ];
    for (name, value) in limits
        .iter()
        .filter(|(name, _)| !said.iter().any(|said| said == name))
    {
        address.query_pairs_mut().append_pair(name, value);
    }
    Secret::new(address)
}
