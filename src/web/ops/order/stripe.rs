//! Why Stripe opened no payment page, in a sentence.

use crate::web::ops::prose::{Prose, name, prose};

/// Codes of Stripe that have a sentence. <https://docs.stripe.com/error-codes>
const KNOWN: [(&str, &str); 6] = [
    (
        "amount_too_small",
        "the amount is less than Stripe takes, which is about 50 cents.",
    ),
    (
        "amount_too_large",
        "the amount is more than Stripe takes at once.",
    ),
    (
        "email_invalid",
        "Stripe does not take their address for one.",
    ),
    (
        "resource_missing",
        "a price of the catalogue is not there any more.",
    ),
    (
        "url_invalid",
        "Stripe does not take the address of this service.",
    ),
    (
        "account_invalid",
        "the account at Stripe is not ready to take payments.",
    ),
];

/// A known code's sentence; what else Stripe said is quoted.
pub fn refusal(said: &str) -> Prose {
    let is_in = |code: &str| {
        said.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .any(|word| word == code)
    };
    match KNOWN.iter().find(|(code, _)| is_in(code)) {
        Some((_, sentence)) => prose![*sentence, " Stripe said “", name(said), "”."],
        None => prose!["“", name(said), "”."],
    }
}
