//! The address of a checkout, as it is kept and handed out.

use url::Url;

use crate::config;

/// Longer than any that Stripe makes: with their fragment they have about a thousand characters.
const LONGEST: usize = 4_096;

/// The address, if a payer can be sent there: in one line and by https, but for a simulator's on this
/// machine.
pub(super) fn checkout_url(text: &str) -> Option<String> {
    let is_safe = text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
    let url = is_safe.then(|| Url::parse(text).ok()).flatten()?;
    let is_private =
        url.scheme() == "https" || (url.scheme() == "http" && config::is_on_this_machine(&url));
    is_private.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_what_is_no_address_of_a_checkout() {
        let long = format!("https://checkout.stripe.com/{}", "x".repeat(4_096));
        for odd in [
            "",
            "checkout.stripe.com/c/pay/cs_1",
            "http://checkout.stripe.com/c/pay/cs_1",
            "javascript:alert(1)",
            "https://checkout.stripe.com/\r\nSet-Cookie: a=b",
            "https://checkout.stripe.com/\tcs_1",
            "https://checkout.stripe.com/a b",
            &long,
        ] {
            assert_eq!(checkout_url(odd), None, "{odd:?}");
        }
        for good in [
            "https://checkout.stripe.com/c/pay/cs_1#fid%2F",
            "http://127.0.0.1:12111/c/pay/cs_1",
        ] {
            assert_eq!(checkout_url(good).as_deref(), Some(good));
        }
    }
}
