//! Pay tokens: signed, checked without the database, and without personal data in them.
//!
//! A JWT (RFC 7519) with HS256: `kid` in the header names the key, `aud` says what it is for, `sub`
//! is the order and `v` its link version. It has no expiry: a link is good as long as the debt.
//! The only user of jsonwebtoken.

use std::{collections::HashMap, fmt, str::FromStr};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// HS256 wants a key as long as its hash (RFC 7518, 3.2).
const KEY_BYTES: usize = 32;
/// Ours are some 170 characters; nothing longer is worth a look.
const LONGEST: usize = 400;

/// What a token is for; one for something else is as good as forged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To pay an order.
    Pay,
}

impl Purpose {
    fn audience(self) -> &'static str {
        match self {
            Self::Pay => "pay",
        }
    }
}

/// What a pay token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayClaims {
    /// The order that it was made for.
    pub order_id: Uuid,
    /// Which of the order's links it was.
    pub link_version: i32,
}

/// Not a token of ours for this purpose. There is one error for every cause, so that nothing can be
/// learnt from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct BadToken;

/// The keys that sign and verify: the first signs, all verify.
pub struct LinkKeys {
    signing: EncodingKey,
    header: Header,
    verifying: HashMap<String, DecodingKey>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    aud: String,
    sub: String,
    v: i32,
}

impl LinkKeys {
    /// Signs a token.
    pub fn sign(&self, purpose: Purpose, order_id: Uuid, link_version: i32) -> String {
        let sub = URL_SAFE_NO_PAD.encode(order_id.as_bytes());
        let claims = Claims {
            aud: purpose.audience().to_owned(),
            sub,
            v: link_version,
        };
        encode(&self.header, &claims, &self.signing).expect("HMAC signs anything")
    }

    /// Reads a token that one of the keys signed for `purpose`.
    ///
    /// # Errors
    /// [`BadToken`], whatever the cause.
    pub fn verify(&self, token: &str, purpose: Purpose) -> Result<PayClaims, BadToken> {
        if token.len() > LONGEST {
            return Err(BadToken);
        }
        let kid = decode_header(token)
            .ok()
            .and_then(|header| header.kid)
            .ok_or(BadToken)?;
        let key = self.verifying.get(&kid).ok_or(BadToken)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[purpose.audience()]);
        validation.required_spec_claims.clear();
        validation.required_spec_claims.insert("aud".to_owned());
        validation.validate_exp = false;
        let claims = decode::<Claims>(token, key, &validation)
            .map_err(|_| BadToken)?
            .claims;
        let id = URL_SAFE_NO_PAD.decode(claims.sub).map_err(|_| BadToken)?;
        let order_id = Uuid::from_slice(&id).map_err(|_| BadToken)?;
        Ok(PayClaims {
            order_id,
            link_version: claims.v,
        })
    }

    /// How many keys there are.
    #[expect(
        clippy::len_without_is_empty,
        reason = "there is always one that signs"
    )]
    pub fn len(&self) -> usize {
        self.verifying.len()
    }

    /// The text of a fresh key, `kid:base64`, from random bytes.
    pub fn generate(random: [u8; KEY_BYTES + 4]) -> String {
        let (name, key) = random.split_at(4);
        format!("k{}:{}", hex::encode(name), STANDARD.encode(key))
    }
}

impl fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkKeys({} keys)", self.len())
    }
}

/// Why link keys cannot be used. It names the key, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKeys {
    /// An entry is not `kid:base64`.
    #[error("entry {0} must be kid:base64, as freshmint keys new prints it")]
    Shape(usize),
    /// The key is not base64.
    #[error("the key {0} is not base64")]
    Base64(String),
    /// The key is too short to be safe.
    #[error("the key {0} has {1} bytes, it needs at least {KEY_BYTES}")]
    Short(String, usize),
    /// Two keys have one name.
    #[error("the key {0} is there twice")]
    Twice(String),
}

impl FromStr for LinkKeys {
    type Err = BadKeys;

    fn from_str(text: &str) -> Result<Self, BadKeys> {
        let mut first = None;
        let mut verifying = HashMap::new();
        for (number, entry) in text.split(',').enumerate() {
            let (kid, key) = parse(entry.trim()).ok_or(BadKeys::Shape(number + 1))?;
            let key = decode_key(key).ok_or_else(|| BadKeys::Base64(kid.to_owned()))?;
            if key.len() < KEY_BYTES {
                return Err(BadKeys::Short(kid.to_owned(), key.len()));
            }
            if verifying
                .insert(kid.to_owned(), DecodingKey::from_secret(&key))
                .is_some()
            {
                return Err(BadKeys::Twice(kid.to_owned()));
            }
            first.get_or_insert_with(|| (kid.to_owned(), EncodingKey::from_secret(&key)));
        }
        let (kid, signing) = first.ok_or(BadKeys::Shape(1))?;
        let header = Header {
            kid: Some(kid),
            ..Header::new(Algorithm::HS256)
        };
        Ok(Self {
            signing,
            header,
            verifying,
        })
    }
}

/// The name goes into every link, so it is short and plain.
fn parse(entry: &str) -> Option<(&str, &str)> {
    let (kid, key) = entry.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    ((1..=32).contains(&kid.len()) && kid.chars().all(plain) && !key.is_empty())
        .then_some((kid, key))
}

fn decode_key(text: &str) -> Option<Vec<u8>> {
    [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
        .iter()
        .find_map(|base64| base64.decode(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "old:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    const NEW: &str = "new:ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

    fn keys(text: &str) -> LinkKeys {
        text.parse().expect("keys")
    }

    fn token(keys: &LinkKeys) -> String {
        keys.sign(Purpose::Pay, Uuid::from_u128(7), 3)
    }

    #[test]
    fn a_token_tells_its_order_and_link_version() {
        let keys = keys(OLD);
        let claims = keys.verify(&token(&keys), Purpose::Pay);
        assert_eq!(
            claims,
            Ok(PayClaims {
                order_id: Uuid::from_u128(7),
                link_version: 3
            })
        );
    }

    #[test]
    fn after_a_rotation_the_new_key_signs_and_old_links_still_work() {
        let rotated = keys(&format!("{NEW},{OLD}"));
        assert!(rotated.verify(&token(&keys(OLD)), Purpose::Pay).is_ok());
        assert!(keys(NEW).verify(&token(&rotated), Purpose::Pay).is_ok());
        assert_eq!(
            keys(NEW).verify(&token(&keys(OLD)), Purpose::Pay),
            Err(BadToken)
        );
    }

    #[test]
    fn every_single_changed_character_spoils_a_token() {
        let keys = keys(OLD);
        let token = token(&keys);
        for at in 0..token.len() {
            let other = if token.as_bytes()[at] == b'A' {
                "B"
            } else {
                "A"
            };
            let mut forged = token.clone();
            forged.replace_range(at..=at, other);
            assert_eq!(keys.verify(&forged, Purpose::Pay), Err(BadToken), "{at}");
        }
    }

    #[test]
    fn no_other_algorithm_audience_or_shape_is_let_in() {
        let keys = keys(OLD);
        let secret = EncodingKey::from_secret(b"0123456789abcdef0123456789abcdef");
        let claims = |aud: &str| Claims {
            aud: aud.into(),
            sub: URL_SAFE_NO_PAD.encode([0; 16]),
            v: 1,
        };
        let signed = |algorithm, aud| {
            let header = Header {
                kid: Some("old".into()),
                ..Header::new(algorithm)
            };
            encode(&header, &claims(aud), &secret).expect("signs")
        };
        assert!(
            keys.verify(&signed(Algorithm::HS256, "pay"), Purpose::Pay)
                .is_ok()
        );
        assert_eq!(
            keys.verify(&signed(Algorithm::HS512, "pay"), Purpose::Pay),
            Err(BadToken)
        );
        assert_eq!(
            keys.verify(&signed(Algorithm::HS256, "unsubscribe"), Purpose::Pay),
            Err(BadToken)
        );
        let none = format!(
            "{}.e30.",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"old"}"#)
        );
        for junk in [
            "",
            ".",
            "..",
            "a.b.c",
            &none,
            &"x".repeat(100_000),
            &format!("{}.", token(&keys)),
        ] {
            assert_eq!(keys.verify(junk, Purpose::Pay), Err(BadToken));
        }
    }

    #[test]
    fn wrong_keys_are_named_and_never_shown() {
        let wrong = |text: &str| {
            text.parse::<LinkKeys>()
                .map(drop)
                .expect_err("wrong")
                .to_string()
        };
        assert_eq!(
            wrong("nothing"),
            "entry 1 must be kid:base64, as freshmint keys new prints it"
        );
        assert_eq!(
            wrong("a:c2hvcnQ="),
            "the key a has 5 bytes, it needs at least 32"
        );
        assert_eq!(wrong("a:%%%"), "the key a is not base64");
        assert_eq!(wrong(&format!("{OLD},{OLD}")), "the key old is there twice");
        assert!(!format!("{:?}", keys(OLD)).contains("MDEy"));
    }

    #[test]
    fn a_generated_key_works() {
        let keys = keys(&LinkKeys::generate([9; 36]));
        assert!(keys.verify(&token(&keys), Purpose::Pay).is_ok());
    }
}
