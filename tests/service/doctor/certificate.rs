//! Certificates of a mail server that cannot be trusted, each said in words.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, date_time_ymd};
use tokio_rustls::rustls::{ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer};

use crate::{
    mailbox::{self, Tls},
    support::{World, cluster::Database},
};

/// What `doctor` says of mail where the server shows this certificate; it is trusted if that is asked for.
fn told_of(
    tls: fn(Arc<ServerConfig>) -> Tls,
    change: fn(&mut CertificateParams),
    trusted: bool,
) -> String {
    let names = ["127.0.0.1".to_owned()];
    let mut parameters = CertificateParams::new(names).expect("parameters");
    change(&mut parameters);
    let key = KeyPair::generate().expect("a key");
    let certificate = parameters.self_signed(&key).expect("a certificate");
    let trust = match trusted {
        true => certificate.pem(),
        false => somebody_elses(),
    };
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), trust).expect("a file");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .expect("a key that fits");
    let mailbox = mailbox::Settings {
        tls: Some(tls(Arc::new(config))),
        ..mailbox::Settings::default()
    };
    let world = World::with_mailbox_on(Database::new(), mailbox, &[]);
    let file = file.path().display().to_string();
    let (_, told, _) = world.command_with(&[("SSL_CERT_FILE", &file)], &["doctor"]);
    let line = told.lines().find(|line| line[6..].starts_with("mail "));
    line.expect("a line").to_owned()
}

/// An authority that issued none of them.
fn somebody_elses() -> String {
    let mut parameters = CertificateParams::default();
    let name = &mut parameters.distinguished_name;
    name.push(DnType::CommonName, "Somebody else's authority");
    let key = KeyPair::generate().expect("a key");
    parameters.self_signed(&key).expect("a certificate").pem()
}

#[test]
fn what_is_wrong_with_a_certificate_is_said_in_words() {
    for tls in [Tls::Implicit as fn(Arc<ServerConfig>) -> Tls, Tls::StartTls] {
        let told = |change, trusted| told_of(tls, change, trusted);
        let fine = told(|_| {}, true);
        assert!(fine.starts_with("ok"), "{fine}");
        for (line, words) in [
            (
                told(
                    |parameters| parameters.not_after = date_time_ymd(2026, 11, 1),
                    true,
                ),
                "its certificate expired on 2026-11-01 00:00 UTC: whoever runs the server has to renew it",
            ),
            (
                told(
                    |parameters| parameters.not_before = date_time_ymd(4000, 1, 1),
                    true,
                ),
                "its certificate is not valid yet before 4000-01-01 00:00 UTC: is the clock of this machine right?",
            ),
            (
                told(
                    |parameters| {
                        *parameters =
                            CertificateParams::new(["mail.example.org".to_owned()]).unwrap()
                    },
                    true,
                ),
                "its certificate is for mail.example.org and not for 127.0.0.1: write the name that it is for into SMTP_URL",
            ),
            (
                told(|_| {}, false),
                "its certificate for 127.0.0.1 is self-signed, or by an authority that this machine does not know",
            ),
            (
                told(
                    |parameters| parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
                    true,
                ),
                "it shows the certificate of an authority itself",
            ),
        ] {
            assert!(
                line.starts_with("FAIL")
                    && line.contains(" cannot be trusted over TLS: ")
                    && line.contains(words),
                "{line}"
            );
        }
    }
}
