//! Where the database is, and how a connection to it is opened.

use std::time::Instant;

use diesel::{
    Connection, ConnectionError, PgConnection,
    connection::{CacheSize, TransactionManager},
};

use super::limits::Limits;
use crate::config::{self, Secret};

/// Where the database is.
pub(super) struct Address {
    url: Secret,
    /// A transaction pooler is between: each transaction may have another of the server's connections.
    pub pooled: bool,
}

/// A connection, and since when it stands.
pub(super) struct Link {
    pub connection: PgConnection,
    pub opened: Instant,
    pub used: Instant,
}

impl Address {
    /// PostgreSQL itself, whose deadlines are set when a connection is opened.
    pub fn direct(url: &Secret, limits: Limits) -> Self {
        let options = limits.options();
        Self {
            url: with_defaults(url, Some(&options)),
            pooled: false,
        }
    }

    /// PostgreSQL itself, or the pooler before it. A pooler refuses `options`, and what is set for a
    /// session there meets somebody else's transaction: deadlines are set in each transaction.
    pub fn of(database: &config::Database, limits: Limits) -> Self {
        if database.is_pooled() {
            Self {
                url: with_defaults(&database.database_url, None),
                pooled: true,
            }
        } else {
            Self::direct(&database.database_url, limits)
        }
    }

    /// Opens a connection.
    pub fn connect(&self) -> Result<Link, ConnectionError> {
        let mut connection = PgConnection::establish(self.url.expose())?;
        if self.pooled {
            // A named statement stays on the server's connection, which somebody else has next.
            connection.set_prepared_statement_cache_size(CacheSize::Disabled);
        }
        let now = Instant::now();
        Ok(Link {
            connection,
            opened: now,
            used: now,
        })
    }

    /// For [`super::refusal`], which asks libpq about the server.
    pub fn url(&self) -> &Secret {
        &self.url
    }
}

impl Link {
    /// Whether the driver itself would not use it any more.
    pub fn is_broken(&mut self) -> bool {
        type Manager = <PgConnection as Connection>::TransactionManager;
        Manager::is_broken_transaction_manager(&mut self.connection)
    }
}

/// The address of a connection that is opened apart from any pool.
pub fn listening(url: &Secret) -> Secret {
    with_defaults(url, None)
}

/// The address with our name, and with limits for a server that has gone without a word (a failover, a
/// cut network): libpq's own would let a connection wait for a quarter of an hour. What the address
/// says itself stays. It is a URL, or libpq's `key=value` words, which have no limits of ours.
fn with_defaults(url: &Secret, options: Option<&str>) -> Secret {
    let text = url.expose();
    if !text.contains("://") {
        return url.clone();
    }
    let mut address = match (options, own_options(text)) {
        // The later one counts: what the address says.
        (Some(ours), Some(theirs)) => text.replacen(
            &format!("options={theirs}"),
            &format!("options={ours}%20{theirs}"),
            1,
        ),
        (Some(ours), None) => with(text, "options", ours),
        (None, _) => text.to_owned(),
    };
    for (name, value) in DEFAULTS {
        if !parameters(text).any(|(said, _)| said == name) {
            address = with(&address, name, value);
        }
    }
    Secret::new(address)
}

const DEFAULTS: [(&str, &str); 4] = [
    ("application_name", "freshmint"),
    // Seconds: a caller waits no longer for a connection.
    ("connect_timeout", "3"),
    // Milliseconds without an answer to what was sent: a busy network, and not yet a dead one.
    ("tcp_user_timeout", "10000"),
    // Seconds: an idle connection whose server has gone is found before it is needed.
    ("keepalives_idle", "30"),
];

fn with(address: &str, name: &str, value: &str) -> String {
    let sign = if address.contains('?') { '&' } else { '?' };
    format!("{address}{sign}{name}={value}")
}

/// As they are written, percent signs and all.
fn parameters(address: &str) -> impl Iterator<Item = (&str, &str)> {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|pair| pair.split_once('='))
}

fn own_options(address: &str) -> Option<&str> {
    parameters(address).find_map(|(name, value)| (name == "options").then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults(url: &str, options: Option<&str>) -> String {
        with_defaults(&Secret::new(url), options)
            .expose()
            .to_owned()
    }

    #[test]
    fn what_the_address_says_itself_stays() {
        let url = "postgres://u@h/d?application_name=mine&connect_timeout=2&options=-c%20a%3Db";
        let full = defaults(url, Some("-c%20x%3D1"));
        assert!(full.contains("options=-c%20x%3D1%20-c%20a%3Db"), "{full}");
        assert!(
            !full.contains("freshmint") && !full.contains("connect_timeout=3"),
            "{full}"
        );
        assert_eq!(defaults("host=h dbname=d", Some("x")), "host=h dbname=d");
    }

    #[test]
    fn several_hosts_are_an_address_too_and_a_pooler_gets_no_options() {
        let full = defaults("postgres://u@a:5432,b:5432/d", None);
        assert!(full.starts_with("postgres://u@a:5432,b:5432/d?application_name=freshmint&"));
        assert!(!full.contains("options="));
    }
}
