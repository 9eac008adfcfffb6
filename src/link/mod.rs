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

/// Letters of a part of an address that may be a key: ids have fewer.
const KEY: usize = 40;

/// A mail's text for whoever may see that it was written: links of ours without the keys that open them.
pub fn without_keys(text: &str, public_url: &Url) -> String {
    let ours = public_url.as_str().trim_end_matches('/');
    let mut parts = text.split(ours);
    let mut safe = parts.next().unwrap_or_default().to_owned();
    for rest in parts {
        let end = rest
            .find(|letter: char| letter.is_whitespace() || matches!(letter, '>' | '"' | '?'))
            .unwrap_or(rest.len());
        let (path, after) = rest.split_at(end);
        let segments = path.split('/').map(|segment| match segment.len() < KEY {
            true => segment,
            false => "…",
        });
        safe += ours;
        safe += &segments.collect::<Vec<_>>().join("/");
        safe += after;
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_shown_without_its_keys() {
        let url: Url = "https://pay.example.org/shop/".parse().expect("an address");
        let key = format!("{}.{}", "a".repeat(60), "b-_".repeat(10));
        let id = "0193a2c4-7f1e-7000-8000-000000000000";
        let text = format!(
            "Pay here:\nhttps://pay.example.org/shop/pay/{key}\n<https://pay.example.org/shop/unsubscribe/{key}?l=de>, \
             https://pay.example.org/shop/ops/orders/{id} https://elsewhere.example/{key}"
        );
        let said = without_keys(&text, &url);
        let shown = format!(
            "Pay here:\nhttps://pay.example.org/shop/pay/…\n<https://pay.example.org/shop/unsubscribe/…?l=de>, \
             https://pay.example.org/shop/ops/orders/{id} https://elsewhere.example/{key}"
        );
        assert_eq!(said, shown);
        assert_eq!(without_keys("no link", &url), "no link");
    }

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
