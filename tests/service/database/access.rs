//! Who is let in, what is said to whom is not, and what a role needs.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};

use rustls::{ServerConfig, ServerConnection, pki_types::PrivateKeyDer};
use tempfile::NamedTempFile;

use super::script;
use crate::support::{World, cluster::Database, process::Process};

#[test]
fn a_role_that_only_reads_and_writes_rows_can_serve_and_work() {
    let world = World::on(Database::on_a_server_of_its_own(), &[]);
    let order = world.order("CUP-1");
    script(
        &world,
        "CREATE ROLE clerk LOGIN; \
         REVOKE CREATE ON SCHEMA public FROM PUBLIC; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk; \
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO clerk",
    );
    let url = world.settings()["DATABASE_URL"].replace("freshmint@", "clerk@");
    let mut settings = world.settings().clone();
    settings.insert("DATABASE_URL".to_owned(), url.clone());
    let service = Process::serve(&settings, &[]);
    assert_eq!(
        World::anybody_gets(&format!("{}{}", service.url, order.path)).status,
        303
    );
    assert_eq!(
        World::anybody_gets(&format!("{}/readyz", service.url)).status,
        200
    );
    let (code, told, _) = world.command_with(&[("DATABASE_URL", &url)], &["doctor"]);
    assert_eq!(code, 0, "{told}");
    script(
        &world,
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)",
    );
    let (code, _, said) = world.command_with(&[("DATABASE_URL", &url)], &["serve"]);
    assert!(code == 1 && said.contains("lacks 1 migration"), "{said}");
}

#[test]
fn what_is_wrong_is_said_in_postgresqls_own_words() {
    let world = World::on(Database::on_a_server_of_its_own(), &[]);
    script(
        &world,
        "CREATE ROLE stranger LOGIN; CREATE ROLE lonely LOGIN CONNECTION LIMIT 0; \
         CREATE ROLE guarded LOGIN PASSWORD 'another'; \
         REVOKE USAGE ON SCHEMA public FROM PUBLIC",
    );
    asks_for_passwords(&world, "guarded");
    let url = world.settings()["DATABASE_URL"].clone();
    let (forger, root) = server_with_a_certificate_of_its_own();
    let not_let_in = "refuses the connection";
    let wrong = [
        (
            url.replace("/postgres?", "/nowhere?"),
            not_let_in,
            "\"nowhere\" does not exist",
        ),
        (
            url.replace("freshmint@", "nobody_here@"),
            not_let_in,
            "\"nobody_here\" does not exist",
        ),
        (
            url.replace("freshmint@", "lonely@"),
            not_let_in,
            "too many connections",
        ),
        (
            url.replace("freshmint@", "guarded:geheim@"),
            not_let_in,
            "password authentication failed",
        ),
        (
            format!(
                "postgres://u@{forger}/d?sslmode=verify-full&sslrootcert={}",
                root.path().display()
            ),
            "cannot be reached",
            "certificate",
        ),
        (
            "postgres://u:geheim@no-such-host.invalid/d".to_owned(),
            "cannot be reached",
            "no-such-host.invalid",
        ),
        (
            "postgres://u@127.0.0.1:1/d".to_owned(),
            "cannot be reached",
            "refused",
        ),
        (
            url.replace("freshmint@", "stranger@"),
            "the database refused",
            "permission denied",
        ),
    ];
    // Each is tried again for some seconds before it is told.
    thread::scope(|scope| {
        for (url, kind, words) in &wrong {
            scope.spawn(|| says(&world, url, kind, words));
        }
    });
}

fn says(world: &World, url: &str, kind: &str, words: &str) {
    let (code, _, said) = world.command_with(&[("DATABASE_URL", url)], &["serve"]);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.to_lowercase().contains(kind) && said.contains(words),
        "{url}: {said}"
    );
    assert!(
        !said.contains("geheim") && said.lines().count() == 1,
        "{said}"
    );
    let (_, told, _) = world.command_with(&[("DATABASE_URL", url)], &["doctor"]);
    let line = told.lines().find(|line| line.contains("  database "));
    assert!(
        line.is_some_and(|line| line.starts_with("FAIL") && line.contains(words)),
        "{told}"
    );
}

#[test]
fn fewer_connections_than_lanes_are_refused_in_a_sentence() {
    let world = World::new();
    let (code, _, said) = world.command_with(&[("DATABASE_POOL_SIZE", "4")], &["doctor"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("from 5 to 1000"), "{said}");
}

#[test]
fn the_server_knows_our_connections_by_name() {
    let world = World::new();
    world.click_through(&world.order("CUP-1"));
    let names = world.texts(
        "SELECT DISTINCT application_name AS text FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    assert!(names.contains(&"freshmint".to_owned()), "{names:?}");
}

/// From now on `role` needs its password.
fn asks_for_passwords(world: &World, role: &str) {
    let rules = format!("local all {role} scram-sha-256,local all all trust");
    world.execute(&format!(
        "DO $$ BEGIN EXECUTE format('COPY (SELECT unnest(string_to_array(''{rules}'', '',''))) TO %L', \
         current_setting('hba_file')); END $$"
    ));
    world.texts("SELECT pg_reload_conf()::text AS text");
}

/// A server that answers in TLS with a certificate that nobody has signed; and another certificate, for
/// whoever asks to trust that one alone.
fn server_with_a_certificate_of_its_own() -> (SocketAddr, NamedTempFile) {
    let named = || rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("one");
    let (theirs, trusted) = (named(), named());
    let mut root = NamedTempFile::new().expect("a file");
    root.write_all(trusted.cert.pem().as_bytes())
        .expect("a certificate");
    let key = PrivateKeyDer::try_from(theirs.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![theirs.cert.der().clone()], key)
        .map(Arc::new)
        .expect("a server's settings");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            // The client asks for TLS in eight bytes, and begins once it has heard yes.
            let mut asked = [0; 8];
            if stream.read_exact(&mut asked).is_ok() && stream.write_all(b"S").is_ok() {
                let mut tls = ServerConnection::new(Arc::clone(&config)).expect("a connection");
                while tls.is_handshaking() && tls.complete_io(&mut stream).is_ok() {}
            }
        }
    });
    (address, root)
}
