//! Stripe's signature on a webhook. <https://docs.stripe.com/webhooks#verify-manually>
//!
//! async-stripe's own check takes one secret a call, only text, and fails for a body that it cannot
//! interpret; we keep those. The tests sign with async-stripe's signer.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::Secret;

/// How far the signature's time may be from ours, in seconds: Stripe's own tolerance.
const TOLERANCE: i64 = 300;

/// What a header says: only with one of these is a body read at all.
#[derive(Debug)]
pub struct Signature {
    time: i64,
    /// At least one, each of an HMAC's length.
    signatures: Vec<[u8; 32]>,
}

impl Signature {
    /// Reads `t=…,v1=…[,v1=…]`; `None` if it is none, or not of about `now`.
    pub fn read(header: &str, now: DateTime<Utc>) -> Option<Self> {
        let (time, signatures) = parse(header)?;
        let is_of_now = now.timestamp().saturating_sub(time).saturating_abs() <= TOLERANCE;
        (is_of_now && !signatures.is_empty()).then_some(Self { time, signatures })
    }

    /// Whether it signs `body` with one of `secrets`.
    pub fn signs(&self, body: &[u8], secrets: &[Secret]) -> bool {
        secrets.iter().any(|secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
                .expect("HMAC takes keys of any length");
            mac.update(self.time.to_string().as_bytes());
            mac.update(b".");
            mac.update(body);
            let mut signatures = self.signatures.iter();
            signatures.any(|signature| mac.clone().verify_slice(signature).is_ok())
        })
    }
}

fn parse(header: &str) -> Option<(i64, Vec<[u8; 32]>)> {
    let mut time = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=')? {
            ("t", seconds) => time = Some(seconds.parse().ok()?),
            ("v1", signature) => signatures.extend(of_hex(signature)),
            _ => {}
        }
    }
    Some((time?, signatures))
}

fn of_hex(text: &str) -> Option<[u8; 32]> {
    let mut signature = [0; 32];
    hex::decode_to_slice(text, &mut signature).ok()?;
    Some(signature)
}

#[cfg(test)]
mod tests {
    use stripe_webhook::Webhook;

    use super::*;

    const BODY: &str = r#"{"id":"evt_1"}"#;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
    }

    fn secrets() -> [Secret; 2] {
        [Secret::new("whsec_old"), Secret::new("whsec_new")]
    }

    fn signed(secret: &str, seconds_ago: i64) -> String {
        Webhook::generate_test_header(BODY, secret, Some(now().timestamp() - seconds_ago))
    }

    fn accepted(header: &str) -> bool {
        signs(BODY, header)
    }

    fn signs(body: &str, header: &str) -> bool {
        let read = Signature::read(header, now());
        read.is_some_and(|signature| signature.signs(body.as_bytes(), &secrets()))
    }

    #[test]
    fn every_configured_secret_counts_and_no_other() {
        assert!(accepted(&signed("whsec_old", 0)));
        assert!(accepted(&signed("whsec_new", 0)));
        assert!(!accepted(&signed("whsec_other", 0)));
    }

    #[test]
    fn one_matching_signature_among_several_is_enough() {
        let good = signed("whsec_new", 0);
        let header = good.replace(",v1=", &format!(",v0=00,v1={},v1=", "ab".repeat(32)));
        assert!(accepted(&header));
    }

    #[test]
    fn five_minutes_are_the_limit_in_both_directions() {
        assert!(accepted(&signed("whsec_new", 300)) && accepted(&signed("whsec_new", -300)));
        assert!(!accepted(&signed("whsec_new", 301)) && !accepted(&signed("whsec_new", -301)));
    }

    #[test]
    fn another_body_or_a_damaged_header_is_refused() {
        assert!(!signs("{}", &signed("whsec_new", 0)));
        for header in [
            "",
            "t=1",
            "v1=00",
            "t=x,v1=00",
            "nonsense",
            "t=1795000000,v1=zz",
            "t=1795000000,v1=",
            "t=1795000000,v1=00",
        ] {
            assert!(!accepted(header), "{header}");
            // No body is read for any of them.
            assert!(Signature::read(header, now()).is_none(), "{header}");
        }
    }
}
