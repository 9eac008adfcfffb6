//! What is wrong with a mail server's certificate, in words: pure.
//!
//! The kind of the error decides, never its text; the names and dates in it are the certificate's.

use chrono::DateTime;
use rustls::{CertificateError, Error, pki_types::UnixTime};

/// What is wrong, if it is the certificate, and what to do. `host` is the name that was asked for.
pub(super) fn in_words(error: &Error, host: &str) -> Option<String> {
    use CertificateError as Wrong;
    let Error::InvalidCertificate(wrong) = error else {
        return None;
    };
    Some(match wrong {
        Wrong::Expired => expired(""),
        Wrong::ExpiredContext { not_after, .. } => expired(&day(" on ", *not_after)),
        Wrong::NotValidYet => not_valid_yet(""),
        Wrong::NotValidYetContext { not_before, .. } => {
            not_valid_yet(&day(" before ", *not_before))
        }
        Wrong::NotValidForName => for_another_name("another name", host),
        Wrong::NotValidForNameContext { presented, .. } => {
            for_another_name(&names(presented), host)
        }
        Wrong::UnknownIssuer => format!(
            "its certificate for {host} is self-signed, or by an authority that this machine does \
             not know, or sent without the certificates in between: {TRUST_IT}"
        ),
        Wrong::Revoked => format!("its certificate for {host} has been revoked: {NEEDS_A_NEW_ONE}"),
        Wrong::UnknownRevocationStatus
        | Wrong::ExpiredRevocationList
        | Wrong::ExpiredRevocationListContext { .. }
        | Wrong::InvalidOcspResponse => format!(
            "nobody says whether its certificate for {host} has been revoked: try again, then ask \
             whoever runs the server"
        ),
        Wrong::InvalidPurpose | Wrong::InvalidPurposeContext { .. } => {
            format!("its certificate is not for servers: {NEEDS_A_NEW_ONE}")
        }
        Wrong::BadEncoding | Wrong::BadSignature => {
            format!(
                "its certificate is damaged, or not signed by the authority that it names: \
                 {NEEDS_A_NEW_ONE}"
            )
        }
        Wrong::Other(error) if is_an_authoritys(error) => format!(
            "it shows the certificate of an authority itself, as openssl req -x509 makes it, where \
             one for {host} belongs: {NEEDS_A_NEW_ONE}"
        ),
        other => format!("its certificate cannot be used ({other}): {NEEDS_A_NEW_ONE}"),
    })
}

const NEEDS_A_NEW_ONE: &str = "whoever runs the server has to install a new one";
const TRUST_IT: &str = "docs/mail-servers.md says how this machine learns to trust it";

fn expired(when: &str) -> String {
    format!("its certificate expired{when}: whoever runs the server has to renew it")
}

fn not_valid_yet(when: &str) -> String {
    format!("its certificate is not valid yet{when}: is the clock of this machine right?")
}

fn for_another_name(names: &str, host: &str) -> String {
    format!(
        "its certificate is for {names} and not for {host}: write the name that it is for into \
         SMTP_URL"
    )
}

/// The library's list says `DnsName("mail.example.org")`; only this sentence reads it.
fn names(presented: &[String]) -> String {
    /// A certificate of a large host has hundreds.
    const SHOWN: usize = 3;
    let plain = |name: &String| {
        let inner = name.split_once('(').map_or(name.as_str(), |(_, rest)| rest);
        inner.trim_end_matches(')').trim_matches('"').to_owned()
    };
    let mut shown: Vec<String> = presented.iter().take(SHOWN).map(plain).collect();
    match presented.len() {
        0 => return "no name".to_owned(),
        all if all > SHOWN => shown.push(format!("{} more", all - SHOWN)),
        _ => {}
    }
    shown.join(", ")
}

fn day(before: &str, time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, 0).map_or_else(String::new, |time| {
        format!("{before}{}", time.format("%Y-%m-%d %H:%M UTC"))
    })
}

fn is_an_authoritys(error: &rustls::OtherError) -> bool {
    matches!(
        error.0.downcast_ref::<webpki::Error>(),
        Some(webpki::Error::CaUsedAsEndEntity)
    )
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use rustls::{OtherError, pki_types::ServerName};

    use super::*;

    #[test]
    fn each_kind_is_said_in_words_with_the_name_that_it_is_about() {
        use CertificateError as Wrong;
        let time = |days: u64| UnixTime::since_unix_epoch(Duration::from_secs(days * 86_400));
        let expected = ServerName::try_from("mail.club.example").expect("a name");
        let names = |names: &[&str]| Wrong::NotValidForNameContext {
            expected: expected.clone(),
            presented: names
                .iter()
                .map(|name| format!("DnsName(\"{name}\")"))
                .collect(),
        };
        let other = |error| Wrong::Other(OtherError(Arc::new(error)));
        for (wrong, words) in [
            (Wrong::Expired, "its certificate expired: "),
            (
                Wrong::ExpiredContext {
                    time: time(20_001),
                    not_after: time(20_000),
                },
                "its certificate expired on 2024-10-04 00:00 UTC: ",
            ),
            (Wrong::NotValidYet, "its certificate is not valid yet: "),
            (
                Wrong::NotValidYetContext {
                    time: time(20_000),
                    not_before: time(20_001),
                },
                "not valid yet before 2024-10-05 00:00 UTC: ",
            ),
            (
                names(&["a.example", "b.example"]),
                "for a.example, b.example and not for mail.club.example: ",
            ),
            (
                names(&["a", "b", "c", "d", "e"]),
                "for a, b, c, 2 more and not for mail.club.example: ",
            ),
            (names(&[]), "for no name and not for mail.club.example: "),
            (
                Wrong::UnknownIssuer,
                "for mail.club.example is self-signed, or by an authority",
            ),
            (
                Wrong::Revoked,
                "its certificate for mail.club.example has been revoked: ",
            ),
            (
                Wrong::UnknownRevocationStatus,
                "nobody says whether its certificate for mail.club.example",
            ),
            (Wrong::InvalidPurpose, "is not for servers: "),
            (
                Wrong::BadSignature,
                "is damaged, or not signed by the authority",
            ),
            (
                other(webpki::Error::CaUsedAsEndEntity),
                "of an authority itself",
            ),
            (
                other(webpki::Error::PathLenConstraintViolated),
                "cannot be used (",
            ),
        ] {
            let said = in_words(
                &Error::InvalidCertificate(wrong.clone()),
                "mail.club.example",
            );
            let said = said.unwrap_or_default();
            assert!(
                said.contains(words) && said.contains(": ") | said.ends_with('?'),
                "{wrong:?}: {said}"
            );
        }
    }

    #[test]
    fn what_is_not_about_the_certificate_is_left_to_others() {
        assert_eq!(
            in_words(&Error::HandshakeNotComplete, "mail.club.example"),
            None
        );
    }
}
