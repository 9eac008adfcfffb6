//! The token in a link: which order, which version of its link, signed.
//!
//! A JWT with HS256 (RFC 7519). `aud` says what it is good for, so that a token of one purpose is
//! nothing to another route; `sub` is the order's id, `v` its link version, which a withdrawal
//! raises. It does not expire, since the debt does not, and carries nothing about the person. It
//! stays under 160 characters, so that mail programs leave the line whole.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use super::keys::{LinkKeys, LinkKeysError};

/// More than any token of ours has; what is longer is not even decoded.
const MAX_LENGTH: usize = 256;

/// What a token is good for: its `aud`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To pay an order.
    Pay,
    /// To get no more mail at an address.
    Unsubscribe,
}

/// What a pay link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayClaims {
    /// The order.
    pub order_id: Uuid,
    /// The version of its link; an older one has been withdrawn.
    pub link_version: i32,
}

/// The token is forged, damaged, signed with an unknown key or for another purpose: one error for
/// every cause, so that nobody learns from it how far they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link is not valid")]
pub struct BadToken;

/// The payload of a pay token on the wire.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PayPayload {
    aud: String,
    /// The sixteen bytes of the order's id in base64url: 22 characters in place of 36.
    sub: String,
    v: i32,
}

/// The payload of an unsubscribe token on the wire.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnsubscribePayload {
    aud: String,
    /// The sixteen bytes of the address's keyed hash in base64url.
    sub: String,
}

impl LinkKeys {
    /// The token of a pay link, signed with the first key.
    pub fn sign_pay(&self, claims: PayClaims) -> String {
        self.sign(&PayPayload {
            aud: Purpose::Pay.audience().to_owned(),
            sub: URL_SAFE_NO_PAD.encode(claims.order_id.as_bytes()),
            v: claims.link_version,
        })
    }

    /// Reads the token of a pay link that any of the keys has signed.
    pub fn verify_pay(&self, token: &str) -> Result<PayClaims, BadToken> {
        let payload: PayPayload = self.verify(token, Purpose::Pay)?;
        let id = URL_SAFE_NO_PAD.decode(payload.sub).map_err(|_| BadToken)?;
        let order_id = Uuid::from_slice(&id).map_err(|_| BadToken)?;
        Ok(PayClaims {
            order_id,
            link_version: payload.v,
        })
    }

    /// The token of an unsubscribe link: the keyed hash of an address, so that it works without the
    /// order and the mail that carried it.
    pub fn sign_unsubscribe(&self, address_hash: [u8; 16]) -> String {
        self.sign(&UnsubscribePayload {
            aud: Purpose::Unsubscribe.audience().to_owned(),
            sub: URL_SAFE_NO_PAD.encode(address_hash),
        })
    }

    /// Reads the token of an unsubscribe link that any of the keys has signed.
    pub fn verify_unsubscribe(&self, token: &str) -> Result<[u8; 16], BadToken> {
        let payload: UnsubscribePayload = self.verify(token, Purpose::Unsubscribe)?;
        let hash = URL_SAFE_NO_PAD.decode(payload.sub).map_err(|_| BadToken)?;
        hash.try_into().map_err(|_| BadToken)
    }

    fn sign(&self, payload: &impl Serialize) -> String {
        let key = self.first();
        let header = Header {
            typ: None,
            kid: Some(key.kid.clone()),
            ..Header::new(Algorithm::HS256)
        };
        jsonwebtoken::encode(&header, payload, &key.sign)
            .expect("texts and numbers become JSON, and HMAC takes any key")
    }

    /// Only the key that the header names is tried.
    fn verify<T: DeserializeOwned>(&self, token: &str, purpose: Purpose) -> Result<T, BadToken> {
        if token.len() > MAX_LENGTH {
            return Err(BadToken);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| BadToken)?;
        let key = header.kid.and_then(|kid| self.find(&kid)).ok_or(BadToken)?;
        let token = jsonwebtoken::decode(token, &key.verify, purpose.validation());
        token.map(|token| token.claims).map_err(|_| BadToken)
    }
}

impl Purpose {
    fn audience(self) -> &'static str {
        match self {
            Self::Pay => "pay",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    /// The rules of the library for this purpose: HS256 and this audience, no times.
    fn validation(self) -> &'static Validation {
        static PAY: LazyLock<Validation> = LazyLock::new(|| Purpose::Pay.rules());
        static UNSUBSCRIBE: LazyLock<Validation> = LazyLock::new(|| Purpose::Unsubscribe.rules());
        match self {
            Self::Pay => &PAY,
            Self::Unsubscribe => &UNSUBSCRIBE,
        }
    }

    fn rules(self) -> Validation {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_required_spec_claims(&["aud", "sub"]);
        rules.set_audience(&[self.audience()]);
        rules.validate_exp = false;
        rules
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, encode};
    use serde_json::{Value, json};

    use super::*;

    const ONE: &str = "one:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    const TWO: &str = "two:ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";
    const CLAIMS: PayClaims = PayClaims {
        order_id: Uuid::from_u128(0x0193_5f2a_7c11_7000_8000_0000_0000_002a),
        link_version: 3,
    };

    fn keys(text: &str) -> LinkKeys {
        LinkKeys::parse(text).unwrap()
    }

    /// A token of any shape, signed with the right key.
    fn signed(algorithm: Algorithm, kid: Option<&str>, payload: &Value) -> String {
        let secret = EncodingKey::from_secret(b"0123456789abcdef0123456789abcdef");
        let header = Header {
            kid: kid.map(str::to_owned),
            ..Header::new(algorithm)
        };
        encode(&header, payload, &secret).unwrap()
    }

    fn payload() -> Value {
        json!({"aud": "pay", "sub": URL_SAFE_NO_PAD.encode(CLAIMS.order_id.as_bytes()), "v": 3})
    }

    #[test]
    fn a_token_reads_back_as_what_was_signed() {
        let keys = keys(ONE);
        for link_version in [0, 1, i32::MAX] {
            let claims = PayClaims {
                link_version,
                ..CLAIMS
            };
            assert_eq!(keys.verify_pay(&keys.sign_pay(claims)), Ok(claims));
        }
    }

    #[test]
    fn an_unsubscribe_token_reads_back_as_its_hash_and_neither_kind_is_the_other() {
        let keys = keys(ONE);
        let hash = *b"0123456789abcdef";
        let unsubscribe = keys.sign_unsubscribe(hash);
        assert!(unsubscribe.len() < 160, "{}", unsubscribe.len());
        assert_eq!(keys.verify_unsubscribe(&unsubscribe), Ok(hash));
        assert_eq!(keys.verify_pay(&unsubscribe), Err(BadToken));
        let pay = keys.sign_pay(CLAIMS);
        assert_eq!(keys.verify_unsubscribe(&pay), Err(BadToken));
        for at in 0..unsubscribe.len() {
            let mut changed: Vec<char> = unsubscribe.chars().collect();
            changed[at] = if changed[at] == 'A' { 'B' } else { 'A' };
            let changed: String = changed.into_iter().collect();
            assert_eq!(keys.verify_unsubscribe(&changed), Err(BadToken), "{at}");
        }
    }

    #[test]
    fn tokens_are_short_and_say_nothing_about_the_person() {
        let keys = keys("k234567:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
        let token = keys.sign_pay(CLAIMS);
        assert!(token.len() < 160, "{} characters", token.len());
        let payload = URL_SAFE_NO_PAD
            .decode(token.split('.').nth(1).unwrap())
            .unwrap();
        assert_eq!(
            payload,
            br#"{"aud":"pay","sub":"AZNfKnwRcACAAAAAAAAAKg","v":3}"#
        );
    }

    #[test]
    fn the_format_stands_since_links_are_in_mailboxes_for_months() {
        let token = "eyJhbGciOiJIUzI1NiIsImtpZCI6Im9uZSJ9.eyJhdWQiOiJwYXkiLCJzdWIiOiJBWk5mS253UmNBQ0FBQUFBQUFBQUtnIiwidiI6M30.NwETA1mQaAvoCFj0DcooZCdNKzzk-mcUh-kBOLk3V7k";
        assert_eq!(keys(ONE).sign_pay(CLAIMS), token);
    }

    #[test]
    fn the_first_key_signs_and_every_key_verifies() {
        let old = keys(ONE).sign_pay(CLAIMS);
        let rolled = keys(&format!("{TWO},{ONE}"));
        assert_eq!(rolled.verify_pay(&old), Ok(CLAIMS));
        assert_eq!(keys(TWO).verify_pay(&rolled.sign_pay(CLAIMS)), Ok(CLAIMS));
        assert_eq!(keys(TWO).verify_pay(&old), Err(BadToken));
    }

    #[test]
    fn only_the_key_that_the_token_names_is_tried() {
        let both = keys(&format!("{TWO},{ONE}"));
        let token = signed(Algorithm::HS256, Some("two"), &payload());
        assert_eq!(both.verify_pay(&token), Err(BadToken));
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let keys = keys(ONE);
        let token = keys.sign_pay(CLAIMS);
        for at in 0..token.len() {
            for other in ['A', 'B', 'g', '_', '.', '=', ' ', '\0'] {
                let mut changed: Vec<char> = token.chars().collect();
                if changed[at] != other {
                    changed[at] = other;
                    let changed: String = changed.into_iter().collect();
                    assert_eq!(keys.verify_pay(&changed), Err(BadToken), "{at} {other}");
                }
            }
            assert_eq!(keys.verify_pay(&token[..at]), Err(BadToken));
        }
    }

    #[test]
    fn the_last_character_has_one_spelling_only() {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let keys = keys(ONE);
        let token = keys.sign_pay(CLAIMS);
        let (body, last) = token.split_at(token.len() - 1);
        for letter in ALPHABET
            .iter()
            .map(|letter| char::from(*letter))
            .filter(|letter| !last.contains(*letter))
        {
            assert_eq!(keys.verify_pay(&format!("{body}{letter}")), Err(BadToken));
        }
    }

    #[test]
    fn nothing_may_stand_before_or_behind() {
        let keys = keys(ONE);
        let token = keys.sign_pay(CLAIMS);
        for changed in [
            format!("{token}."),
            format!("{token}="),
            format!("{token}\n"),
            format!(" {token}"),
            format!("{token}.x"),
            format!("x.{token}"),
            format!("{token}/return"),
            String::new(),
            "a".repeat(1_000_000),
        ] {
            assert_eq!(keys.verify_pay(&changed), Err(BadToken));
        }
    }

    #[test]
    fn an_over_long_token_is_refused_though_its_signature_is_good() {
        let secret = EncodingKey::from_secret(b"0123456789abcdef0123456789abcdef");
        let header = |typ: String| Header {
            kid: Some("one".to_owned()),
            typ: Some(typ),
            ..Header::new(Algorithm::HS256)
        };
        let token = |typ| encode(&header(typ), &payload(), &secret).unwrap();
        assert_eq!(keys(ONE).verify_pay(&token("x".into())), Ok(CLAIMS));
        assert_eq!(keys(ONE).verify_pay(&token("x".repeat(200))), Err(BadToken));
    }

    #[test]
    fn no_other_algorithm_is_taken() {
        for algorithm in [Algorithm::HS384, Algorithm::HS512] {
            let token = signed(algorithm, Some("one"), &payload());
            assert_eq!(keys(ONE).verify_pay(&token), Err(BadToken), "{algorithm:?}");
        }
        let good = signed(Algorithm::HS256, Some("one"), &payload());
        assert_eq!(keys(ONE).verify_pay(&good), Ok(CLAIMS));
        let tail = good.split_once('.').unwrap().1;
        let body = tail.split_once('.').unwrap().0;
        for header in [
            r#"{"alg":"none","kid":"one"}"#,
            r#"{"alg":"hs256","kid":"one"}"#,
            r#"{"alg":"RS256","kid":"one"}"#,
            r#"{"kid":"one"}"#,
        ] {
            let header = URL_SAFE_NO_PAD.encode(header);
            for token in [
                format!("{header}.{tail}"),
                format!("{header}.{body}."),
                format!("{header}.{body}"),
            ] {
                assert_eq!(keys(ONE).verify_pay(&token), Err(BadToken));
            }
        }
    }

    #[test]
    fn the_key_must_be_named_and_known() {
        for kid in [None, Some(""), Some("other")] {
            let token = signed(Algorithm::HS256, kid, &payload());
            assert_eq!(keys(ONE).verify_pay(&token), Err(BadToken), "{kid:?}");
        }
    }

    #[test]
    fn a_token_for_another_purpose_or_of_another_shape_is_nothing_here() {
        let with = |field: &str, value: Value| {
            let mut payload = payload();
            payload[field] = value;
            payload
        };
        let without = |field: &str| {
            let mut payload = payload();
            payload.as_object_mut().unwrap().remove(field);
            payload
        };
        for payload in [
            with("aud", json!("unsubscribe")),
            with("aud", json!(["pay"])),
            without("aud"),
            with("sub", json!("42")),
            with("sub", json!(CLAIMS.order_id.to_string())),
            without("sub"),
            with("v", json!("3")),
            with("v", json!(4_000_000_000_u32)),
            without("v"),
            with("exp", json!(1)),
        ] {
            let token = signed(Algorithm::HS256, Some("one"), &payload);
            assert_eq!(keys(ONE).verify_pay(&token), Err(BadToken), "{payload}");
        }
    }
}
