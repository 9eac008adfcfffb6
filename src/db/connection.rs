//! Where the database is, how a connection to it is opened, and when the pool gives one up.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use diesel::{
    Connection, ConnectionError, PgConnection, QueryResult,
    connection::CacheSize,
    dsl::sql,
    prelude::*,
    r2d2::R2D2Connection,
    sql_types::{Double, Text},
};
use r2d2::ManageConnection;

use super::{DbError, limits::Limits, refusal::Refusal};
use crate::config::{self, Secret};

/// Where the database is, and what is known of the connections to it.
pub(super) struct Address {
    url: Secret,
    /// A transaction pooler is between: each transaction may have another of the server's connections.
    pooled: bool,
    limits: Limits,
    /// Counts the times that a connection turned out to be dead or unable to write. Those that were
    /// opened before are like it.
    age: AtomicU64,
    /// Why the last attempt to connect failed.
    refusal: Mutex<Option<Refusal>>,
}

/// PostgreSQL compiles what it believes to be costly, which takes seconds where a statement has three and a
/// half; and whatever reads a whole table counts as costly where that is to be avoided.
const NO_JIT: &str = "-c%20jit%3Doff";

/// Whether a prepared statement is planned again for the values that it has this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plans {
    /// One plan for all values. Of a list of keys PostgreSQL expects ten: where one comes at a time, as on a
    /// quiet day, it finds a plan of its own cheaper each time, and to make it takes four times as long as to
    /// carry it out.
    AreKept,
    /// PostgreSQL chooses: a filter of a list may be met by five rows, or by a million.
    AsItComes,
}

/// For look-ups alone, without other processes: to start those of a parallel plan takes ten milliseconds, as it
/// was made before there were statistics. A search through all orders is worth it, on the API's connections.
const KEPT_PLANS: &str =
    "%20-c%20plan_cache_mode%3Dforce_generic_plan%20-c%20max_parallel_workers_per_gather%3D0";

/// Opens connections for the pool.
pub(super) struct Manager(pub Arc<Address>);

/// A connection of the pool.
pub(super) struct Link {
    pub connection: PgConnection,
    /// Every statement has its deadlines without our setting them.
    pub has_limits: bool,
    age: u64,
}

impl Address {
    /// PostgreSQL itself, whose deadlines are set when a connection is opened.
    pub fn direct(url: &Secret, limits: Limits) -> Self {
        Self::directly(url, limits, NO_JIT)
    }

    /// PostgreSQL itself, or the pooler before it. A pooler refuses `options`, and what is set for a
    /// session there meets somebody else's transaction: deadlines are the role's, or are set in each
    /// transaction.
    pub fn of(database: &config::Database, limits: Limits) -> Self {
        if database.is_pooled() {
            Self::new(with_defaults(&database.database_url, None), true, limits)
        } else {
            Self::direct(&database.database_url, limits)
        }
    }

    /// The same for whoever looks up a few rows by their keys and must never wait for a whole table to be
    /// read. PostgreSQL plans so for tables that it believes to be small: without statistics, as after an
    /// import into a fresh database, or with a plan that was kept from when they were. A pooler's
    /// statements are planned each time.
    pub fn for_look_ups(database: &config::Database, limits: Limits, plans: Plans) -> Self {
        if database.is_pooled() {
            return Self::of(database, limits);
        }
        let kept = match plans {
            Plans::AreKept => KEPT_PLANS,
            Plans::AsItComes => "",
        };
        let planner = format!("{NO_JIT}%20-c%20enable_seqscan%3Doff{kept}");
        Self::directly(&database.database_url, limits, &planner)
    }

    fn directly(url: &Secret, limits: Limits, planner: &str) -> Self {
        let options = format!("{}%20{planner}", limits.options());
        Self::new(with_defaults(url, Some(&options)), false, limits)
    }

    fn new(url: Secret, pooled: bool, limits: Limits) -> Self {
        Self {
            url,
            pooled,
            limits,
            age: AtomicU64::new(0),
            refusal: Mutex::default(),
        }
    }

    /// Whether a transaction pooler is between.
    pub fn is_pooled(&self) -> bool {
        self.pooled
    }

    /// Connections that stand are used no more: one of them was dead, or could not write.
    pub fn forget_connections(&self) {
        self.age.fetch_add(1, Ordering::Relaxed);
    }

    /// Why there is no connection.
    pub fn refusal(&self) -> DbError {
        let refusal = self.last_refusal().clone();
        refusal.map_or(DbError::Late, DbError::from)
    }

    fn last_refusal(&self) -> MutexGuard<'_, Option<Refusal>> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Result<Link, ConnectionError> {
        let age = self.age.load(Ordering::Relaxed);
        let mut connection = PgConnection::establish(self.url.expose())?;
        let mut has_limits = true;
        if self.pooled {
            // A named statement stays on the server's connection, which somebody else has next.
            connection.set_prepared_statement_cache_size(CacheSize::Disabled);
            has_limits = missing_role_settings(&mut connection, self.limits)
                .map_err(ConnectionError::CouldntSetupConfiguration)?
                .is_none();
        }
        Ok(Link {
            connection,
            has_limits,
            age,
        })
    }
}

impl ManageConnection for Manager {
    type Connection = Link;
    type Error = ConnectionError;

    fn connect(&self) -> Result<Link, ConnectionError> {
        let Self(address) = self;
        let opened = address.open();
        let refusal = opened.as_ref().err();
        let refusal = refusal.map(|error| Refusal::new(&address.url, error));
        // Those who wait for a connection are told what is known when their time is over.
        address.last_refusal().clone_from(&refusal);
        if let Some(refusal) = refusal {
            let refusal = refusal.looked_at(&address.url);
            *address.last_refusal() = Some(refusal);
        }
        opened
    }

    /// Asks nothing: a question before each use would double every look-up. A dead connection is found
    /// by its first statement.
    fn is_valid(&self, link: &mut Link) -> Result<(), ConnectionError> {
        if self.has_broken(link) {
            let why = "an earlier connection was dead or could not write".to_owned();
            return Err(ConnectionError::BadConnection(why));
        }
        Ok(())
    }

    fn has_broken(&self, link: &mut Link) -> bool {
        link.age != self.0.age.load(Ordering::Relaxed) || link.connection.is_broken()
    }
}

/// What gives the role deadlines of its own, in SQL; `None` if each is set, and no longer than ours.
pub(super) fn missing_role_settings(
    connection: &mut PgConnection,
    limits: Limits,
) -> QueryResult<Option<String>> {
    let mut missing = Vec::new();
    for (name, ours) in limits.settings() {
        // What a transaction in hand has set for itself is not asked for.
        let theirs =
            sql::<Double>("SELECT reset_val::double precision FROM pg_settings WHERE name = ")
                .bind::<Text, _>(name);
        let theirs: f64 = theirs.get_result(connection)?;
        if theirs == 0.0 || theirs > f64::from(ours) {
            missing.push(format!("ALTER ROLE CURRENT_USER SET {name} = {ours};"));
        }
    }
    Ok(Some(missing.join(" ")).filter(|missing| !missing.is_empty()))
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
    // Seconds without a word: then the server's machine is asked, and given up by the time above. A
    // caller whose answer never comes gives its connection back by then.
    ("keepalives_idle", "10"),
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
