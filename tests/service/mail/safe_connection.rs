//! TLS, STARTTLS and log-in: as a real process trusts, and as it does not.

use std::sync::Arc;

use tokio_rustls::rustls::{ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer};

use super::{accident::wait_until, refused::now};
use crate::{
    mailbox::{Action, Settings, Stage, Tls},
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

#[test]
fn what_was_said_in_the_clear_behind_starttls_counts_for_nothing() {
    let (world, trusted) = encrypted(Tls::StartTls);
    world.queue_link(&world.order("CUP-1"));
    // As somebody in between would have it: an offer that the server does not make.
    let injected = b"220 2.0.0 go ahead\r\n250-mailbox.invalid\r\n250 SIZE 1\r\n".to_vec();
    world
        .mailbox()
        .set_rules(vec![now(Action::Raw(injected), Stage::StartTls)]);
    let worker = worker(&world, trusted.path());
    wait_until("it is sent", || world.mail_states() == ["sent"]);
    assert_eq!(world.mailbox().connections(), 1);
    assert_eq!(
        world.mailbox().commands()[..4],
        ["EHLO", "STARTTLS", "EHLO", "AUTH"]
    );
    assert_eq!(worker.terminate().0, Some(0));
}

#[test]
fn a_garbled_word_costs_its_connection_also_under_tls() {
    let junk = |bytes: &[u8]| Action::Raw(bytes.to_vec());
    for (tls, stage, action, expected) in [
        (true, Stage::StartTls, junk(b"\xff\0\r\n"), "sent"),
        (true, Stage::StartTls, junk(&[b'x'; 100_000]), "sent"),
        (
            true,
            Stage::StartTls,
            Action::Endless(b"220 ".to_vec()),
            "sent",
        ),
        (
            true,
            Stage::Hello,
            Action::Endless(b"250-".to_vec()),
            "sent",
        ),
        (true, Stage::Message, junk(b"250 sch\xf6n\r\n"), "sent"),
        (
            true,
            Stage::Message,
            Action::Endless(b"250 ".to_vec()),
            "sent",
        ),
        (false, Stage::Message, junk(b"250 sch\xf6n\r\n"), "sent"),
        (
            false,
            Stage::Message,
            Action::Endless(b"25".to_vec()),
            "unknown",
        ),
        (
            false,
            Stage::Connect,
            Action::Endless(b"220 ".to_vec()),
            "sent",
        ),
        (false, Stage::Login, junk(b"235 2.7.0 h\xe9\r\n"), "sent"),
    ] {
        let (world, trusted) = encrypted(match tls {
            true => Tls::StartTls as fn(Arc<ServerConfig>) -> Tls,
            false => Tls::Implicit,
        });
        world.queue_link(&world.order("CUP-1"));
        world.mailbox().set_rules(vec![now(action.clone(), stage)]);
        let worker = worker(&world, trusted.path());
        let what = format!("{stage:?} {:.40}: {expected}", format!("{action:?}"));
        wait_until(&what, || world.mail_states() == [expected]);
        assert_eq!(world.mailbox().mails().len(), 1, "{what}");
        worker.kill();
    }
}
