//! The address that a mail carries: ours, signed, bound to one order, good for as long as the debt.

mod keys;
pub mod token;

use url::Url;

use crate::language::Language;

/// The pay link: `token` under the service's public address, with or without a slash at its end.
pub fn pay_url(public_url: &Url, token: &str) -> String {
    format!("{}/pay/{token}", public_url.as_str().trim_end_matches('/'))
}

/// The path of the same, for the button on our own pages.
pub fn pay_path(public_url: &Url, token: &str) -> String {
    format!("{}/pay/{token}", public_url.path().trim_end_matches('/'))
}

/// Where Stripe sends the payer back, paid or not.
pub fn return_url(public_url: &Url, token: &str) -> String {
    format!("{}/return", pay_url(public_url, token))
}

/// The link in a mail that ends all mail to its address; `language` is its page's, if it is known.
pub fn unsubscribe_url(public_url: &Url, token: &str, language: Option<Language>) -> String {
    let origin = public_url.origin().ascii_serialization();
    origin + &unsubscribe_path(public_url, token, language)
}

/// The path of the same, for the button on its page.
pub fn unsubscribe_path(public_url: &Url, token: &str, language: Option<Language>) -> String {
    let path = public_url.path().trim_end_matches('/');
    let link = format!("{path}/unsubscribe/{token}");
    match language {
        Some(language) => in_language(&link, language),
        None => link,
    }
}

/// The same link to its page in this language.
pub fn in_language(unsubscribe: &str, language: Language) -> String {
    format!("{unsubscribe}?l={}", language.words().code)
}

/// Where something of the API is, for `Location`: `path` begins with a slash.
pub fn api_path(public_url: &Url, path: &str) -> String {
    format!("{}/api/v1{path}", public_url.path().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_of_the_public_address_is_not_doubled() {
        let url = |text: &str| text.parse::<Url>().expect("an address");
        for public_url in ["https://pay.example.org", "https://pay.example.org/"] {
            assert_eq!(
                pay_url(&url(public_url), "a.b.c"),
                "https://pay.example.org/pay/a.b.c"
            );
        }
        let below = url("https://example.org/shop/");
        assert_eq!(
            return_url(&below, "t"),
            "https://example.org/shop/pay/t/return"
        );
        assert_eq!(pay_path(&below, "t"), "/shop/pay/t");
    }
}
