//! Encryption: from the first byte, or after `STARTTLS`.

use std::sync::Arc;

use freshmint_fakes::mailbox::{Action, Mailbox, Settings, Stage, Tls};
use lettre::{
    SmtpTransport, Transport,
    transport::smtp::client::{Certificate, Tls as Wanted, TlsParameters},
};
use tokio_rustls::rustls::{ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer};

use super::{PATIENCE, Talk, code, letter, reply, rule};

/// A mailbox that is encrypted, and the certificate that it shows.
fn encrypted(tls: impl Fn(Arc<ServerConfig>) -> Tls) -> (Mailbox, Certificate) {
    let names = vec!["127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let shown = made.cert.der().clone();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![shown.clone()], key.into())
        .expect("a key that fits");
    let settings = Settings {
        tls: Some(tls(Arc::new(config))),
        login: Some(("shop".to_owned(), "secret".to_owned())),
        ..Settings::default()
    };
    let trusted = Certificate::from_der(shown.to_vec()).expect("a certificate");
    (Mailbox::start(settings).expect("it starts"), trusted)
}

/// As the address says, and with trust in one certificate.
fn transport(
    mailbox: &Mailbox,
    trusted: Certificate,
    tls: impl Fn(TlsParameters) -> Wanted,
) -> SmtpTransport {
    let parameters = TlsParameters::builder("127.0.0.1".to_owned()).add_root_certificate(trusted);
    SmtpTransport::from_url(&mailbox.smtp_url())
        .expect("an address")
        .tls(tls(parameters.build_rustls().expect("parameters")))
        .timeout(Some(PATIENCE))
        .build()
}

#[test]
fn from_the_first_byte() {
    let (mailbox, trusted) = encrypted(Tls::Implicit);
    assert!(
        mailbox
            .smtp_url()
            .starts_with("smtps://shop:secret@127.0.0.1:")
    );
    let transport = transport(&mailbox, trusted, Wanted::Wrapper);
    assert_eq!(code(transport.send(&letter("ann@b.example"))), Some(250));
    let verbs = ["EHLO", "AUTH", "MAIL", "RCPT", "DATA"];
    assert_eq!(mailbox.commands()[..verbs.len()], verbs);

    let mut clear = Talk::silent(&mailbox);
    clear.write(b"EHLO a.example\r\n");
    assert!(!clear.hear().starts_with("2"));
}

#[test]
fn after_starttls() {
    let (mailbox, trusted) = encrypted(Tls::StartTls);
    assert!(mailbox.smtp_url().ends_with("?tls=required"));
    let transport = transport(&mailbox, trusted, Wanted::Required);
    assert_eq!(code(transport.send(&letter("ann@b.example"))), Some(250));
    let verbs = ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"];
    assert_eq!(mailbox.commands()[..verbs.len()], verbs);
}

#[test]
fn who_is_not_trusted_gets_no_mail() {
    let (mailbox, _) = encrypted(Tls::StartTls);
    let (_, another) = encrypted(Tls::StartTls);
    let transport = transport(&mailbox, another, Wanted::Required);
    assert_eq!(code(transport.send(&letter("ann@b.example"))), None);
    assert_eq!(mailbox.commands(), ["EHLO", "STARTTLS"]);
}

#[test]
fn in_the_clear_nothing_is_taken() {
    let (mailbox, _) = encrypted(Tls::StartTls);
    let mut talk = Talk::to(&mailbox);
    talk.say_all(&[("STARTTLS", 503)]);
    let offers = talk.say("EHLO a.example");
    assert!(offers.contains("STARTTLS\r\n") && !offers.contains("AUTH"));
    talk.say_all(&[
        ("AUTH PLAIN AHNob3AAc2VjcmV0", 538),
        ("MAIL FROM:<a@a.example>", 530),
    ]);
    // Whoever puts commands before the handshake wants them taken for the client's.
    talk.write(b"STARTTLS\r\nMAIL FROM:<a@a.example>\r\n");
    assert!(talk.hear().starts_with("220"));
    assert!(talk.is_closed());
}

#[test]
fn rules_reach_both() {
    let (mailbox, trusted) = encrypted(Tls::StartTls);
    let over_tls = transport(&mailbox, trusted, Wanted::Required);
    mailbox.set_rules(vec![rule(Stage::StartTls, reply(454, "4.7.0 not now"))]);
    assert_eq!(code(over_tls.send(&letter("ann@b.example"))), Some(454));
    mailbox.set_rules(vec![rule(Stage::StartTls, Action::Drop)]);
    assert_eq!(code(over_tls.send(&letter("ann@b.example"))), None);
    mailbox.set_rules(vec![rule(Stage::Message, Action::Drop)]);
    assert_eq!(code(over_tls.send(&letter("ann@b.example"))), None);
    assert_eq!(mailbox.received(), 1);
}
