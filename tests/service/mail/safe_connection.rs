//! TLS, STARTTLS and log-in: as a real process trusts, and as it does not.

use std::sync::Arc;

use tokio_rustls::rustls::{ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer};

use super::accident::wait_until;
use crate::{
    mailbox::{Settings, Tls},
    support::{World, cluster::Database, process::Process},
};

/// A world whose mailbox is encrypted, and the file with the certificate that it shows.
fn encrypted(tls: impl Fn(Arc<ServerConfig>) -> Tls) -> (World, tempfile::NamedTempFile) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .expect("a key that fits");
    let mailbox = Settings {
        tls: Some(tls(Arc::new(config))),
        login: Some(("club".to_owned(), "secret".to_owned())),
        ..Settings::default()
    };
    let trusted = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(trusted.path(), made.cert.pem()).expect("a file");
    (
        World::with_mailbox_on(Database::new(), mailbox, &[]),
        trusted,
    )
}

/// A worker that trusts what is in `file` alone.
fn worker(world: &World, file: &std::path::Path) -> Process {
    let mut settings = world.settings().clone();
    settings.insert("SSL_CERT_FILE".to_owned(), file.display().to_string());
    Process::work(&settings)
}

#[test]
fn mail_goes_over_tls_from_the_first_byte_and_after_starttls() {
    for tls in [Tls::Implicit as fn(Arc<ServerConfig>) -> Tls, Tls::StartTls] {
        let (world, trusted) = encrypted(tls);
        for number in 0..5 {
            world.queue_link(&world.order(&format!("CUP-{number}")));
        }
        let worker = worker(&world, trusted.path());
        wait_until("they are sent", || {
            world.count("outbox WHERE state = 'sent'") == 5
        });
        assert_eq!(world.mailbox().mails().len(), 5);
        assert_eq!(worker.terminate().0, Some(0));
    }
}

#[test]
fn a_server_that_shows_another_certificate_gets_neither_log_in_nor_mail() {
    for tls in [Tls::Implicit as fn(Arc<ServerConfig>) -> Tls, Tls::StartTls] {
        let (world, _) = encrypted(tls);
        let (_, other) = encrypted(Tls::Implicit);
        world.queue_link(&world.order("CUP-1"));
        let worker = worker(&world, other.path());
        wait_until("mail is paused", || world.count("outbox_pause") == 1);
        let reason = world.text("SELECT reason AS text FROM outbox_pause");
        assert!(
            reason.to_lowercase().contains("certificate") || reason.contains("TLS"),
            "{reason}"
        );
        assert_eq!(world.mail_states(), ["queued"]);
        assert!(!world.mailbox().commands().iter().any(|verb| verb == "AUTH"));
        worker.kill();
    }
}

#[test]
fn a_server_without_starttls_gets_nothing_where_it_is_required() {
    let plain = World::with_mailbox(&[]);
    let url = format!("{}?tls=required", plain.mailbox().smtp_url());
    let world = World::with_mailbox(&[("SMTP_URL", &url)]);
    world.queue_link(&world.order("CUP-1"));
    assert_eq!(world.carry(), []);
    assert_eq!(plain.mailbox().mails(), []);
    assert_eq!(world.count("outbox_pause"), 1);
}
