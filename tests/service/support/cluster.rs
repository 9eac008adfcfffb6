//! One PostgreSQL for the whole run, and a clone of a migrated template for each test.
//!
//! With `DATABASE_URL` set, the databases are made on that server instead.

use std::{
    process::Command,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use freshmint::{config::Secret, db::migrate};

use crate::postgres::PrivatePostgres;

const TEMPLATE: &str = "freshmint_template";

/// A database of one test; it goes with the value.
pub struct Database {
    pub url: String,
    name: String,
    /// Its own server, for a test that stops it.
    server: Option<PrivatePostgres>,
}

impl Database {
    /// A clone of the migrated template.
    pub fn new() -> Self {
        let name = next_name();
        let cluster = Cluster::get();
        cluster.clone_template(&name);
        Self {
            url: cluster.url(&name),
            name,
            server: None,
        }
    }

    /// A migrated one on a server that no other test uses, to be stopped and started again.
    pub fn on_a_server_of_its_own() -> Self {
        let server = PrivatePostgres::start().unwrap_or_else(|error| panic!("{error}"));
        let database = Self {
            url: server.url("postgres"),
            name: "postgres".to_owned(),
            server: Some(server),
        };
        migrate(&Secret::new(&database.url)).expect("the migrations apply");
        database
    }

    /// The database goes away, with every connection to it.
    pub fn stop(&self) {
        self.server()
            .stop()
            .unwrap_or_else(|error| panic!("{error}"));
    }

    pub fn start_again(&self) {
        self.server()
            .start_again()
            .unwrap_or_else(|error| panic!("{error}"));
    }

    fn server(&self) -> &PrivatePostgres {
        self.server
            .as_ref()
            .expect("only a test with a server of its own stops it")
    }

    /// An empty one, without tables.
    pub fn empty() -> Self {
        let name = next_name();
        let cluster = Cluster::get();
        cluster.create(&name);
        Self {
            url: cluster.url(&name),
            name,
            server: None,
        }
    }

    /// The folder of the server's socket, and the database's name.
    pub fn place(&self) -> (String, String) {
        let (address, query) = self.url.split_once('?').expect("an address");
        let host = query.split('&').find_map(|pair| pair.strip_prefix("host="));
        let socket = host.expect("the private server has a socket");
        let name = address.rsplit('/').next().expect("a name");
        (socket.replace("%2F", "/"), name.to_owned())
    }

    /// Whom the server's files belong to, if we are root.
    pub fn user(&self) -> Option<String> {
        let ask = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output().ok()?;
            Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
        };
        let is_root = ask("id", &["-u"])? == "0";
        is_root.then(|| ask("stat", &["-c", "%U", &self.place().0]))?
    }

    pub fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.url).expect("the test's database answers")
    }
}

impl Drop for Database {
    /// A thousand that stay until the end of the run would take fifteen gigabytes of memory, and a server
    /// with a thousand databases starts a vacuum in one of them all the time.
    fn drop(&mut self) {
        if self.server.is_none() {
            Cluster::get().drop(&self.name);
        }
    }
}

fn next_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!(
        "freshmint_test_{}_{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

enum Cluster {
    Private(PrivatePostgres),
    Given { url: url::Url, cloning: Mutex<()> },
}

impl Cluster {
    fn get() -> &'static Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(|| {
            let cluster = Self::start();
            cluster.create(TEMPLATE);
            let template = Secret::new(cluster.url(TEMPLATE));
            migrate(&template).expect("the migrations apply");
            // What a fresh installation waits a while for is waited for by the last test of a long run, too.
            let later = "UPDATE chores SET due_at = due_at + interval '1 day' WHERE due_at > now()";
            let mut connection = PgConnection::establish(template.expose()).expect("it is there");
            sql_query(later)
                .execute(&mut connection)
                .expect("it is written");
            cluster
        })
    }

    #[expect(clippy::disallowed_methods, reason = "the tests' one setting")]
    fn start() -> Self {
        match std::env::var("DATABASE_URL") {
            Ok(url) => Self::Given {
                url: url.parse().expect("DATABASE_URL is an address"),
                cloning: Mutex::default(),
            },
            Err(_) => {
                Self::Private(PrivatePostgres::start().unwrap_or_else(|error| panic!("{error}")))
            }
        }
    }

    fn url(&self, name: &str) -> String {
        match self {
            Self::Private(server) => server.url(name),
            Self::Given { url, .. } => {
                let mut url = url.clone();
                url.set_path(name);
                url.into()
            }
        }
    }

    fn create(&self, name: &str) {
        match self {
            Self::Private(server) => server
                .create_database(name)
                .unwrap_or_else(|error| panic!("{error}")),
            Self::Given { .. } => {
                self.admin(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
                self.admin(&format!("CREATE DATABASE {name}"));
            }
        }
    }

    fn clone_template(&self, name: &str) {
        match self {
            Self::Private(server) => server
                .clone_database(TEMPLATE, name)
                .unwrap_or_else(|error| panic!("{error}")),
            Self::Given { cloning, .. } => {
                let _one_at_a_time = cloning.lock();
                self.admin(&format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"));
            }
        }
    }

    /// A test may have stopped the server, or be in the middle of a panic: nothing depends on it.
    fn drop(&self, name: &str) {
        match self {
            Self::Private(server) => drop(server.drop_database(name)),
            Self::Given { .. } => {
                self.admin(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            }
        }
    }

    fn admin(&self, statement: &str) {
        if let Self::Given { url, .. } = self {
            let mut connection =
                PgConnection::establish(url.as_str()).expect("DATABASE_URL answers");
            sql_query(statement)
                .execute(&mut connection)
                .expect("DATABASE_URL may create databases");
        }
    }
}
