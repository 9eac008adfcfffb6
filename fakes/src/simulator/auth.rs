//! Who asks: the secret key as a Bearer token or as the user of Basic
//! (docs.stripe.com/api/authentication).

use super::refusal::Refusal;

/// # Errors
/// With Stripe's 401, for a header that is missing or names another key.
pub fn check(authorization: Option<&str>, secret_key: &str) -> Result<(), Refusal> {
    let Some((scheme, credentials)) = authorization.and_then(|text| text.split_once(' ')) else {
        return Err(Refusal::plain(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization \
             header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See \
             https://stripe.com/docs/api#authentication for details, or we can help at \
             https://support.stripe.com/.",
        ));
    };
    let fine = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => credentials.trim() == secret_key,
        "basic" => user(credentials.trim()).is_some_and(|user| user == secret_key),
        _ => false,
    };
    match fine {
        true => Ok(()),
        false => Err(Refusal::plain(
            401,
            format!("Invalid API Key provided: {}", masked(credentials)),
        )),
    }
}

/// The user in `user:password`, in Base64.
fn user(credentials: &str) -> Option<String> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut plain = Vec::new();
    let (mut bits, mut have) = (0_u32, 0);
    for letter in credentials.trim_end_matches('=').bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        have += 6;
        if have >= 8 {
            have -= 8;
            plain.push(u8::try_from((bits >> have) & 0xff).ok()?);
        }
    }
    let text = String::from_utf8(plain).ok()?;
    text.split(':').next().map(str::to_owned)
}

fn masked(key: &str) -> String {
    let letters = key.chars().count();
    let end: String = key.chars().skip(letters.saturating_sub(4).max(8)).collect();
    let start: String = key.chars().take(8).collect();
    format!("{start}********{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_comes_as_bearer_or_as_basic_user() {
        let key = "sk_test_simulator";
        assert_eq!(check(Some("Bearer sk_test_simulator"), key), Ok(()));
        assert_eq!(check(Some("Basic c2tfdGVzdF9zaW11bGF0b3I6"), key), Ok(()));
        for wrong in [
            None,
            Some("Bearer"),
            Some("Bearer sk_test_other"),
            Some("Basic c2tfdGVzdF9vdGhlcjo="),
            Some("Digest sk_test_simulator"),
        ] {
            let refusal = check(wrong, key).expect_err("wrong key");
            assert_eq!(refusal.status, 401, "{wrong:?}");
        }
    }

    #[test]
    fn a_refused_key_is_not_repeated_in_full() {
        let refusal = check(Some("Bearer sk_live_1234567890abcd"), "x").expect_err("wrong key");
        assert_eq!(
            refusal.message,
            "Invalid API Key provided: sk_live_********abcd"
        );
    }
}
