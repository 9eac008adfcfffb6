//! The pay link: what a mail carries instead of Stripe's, which goes stale within a day.

pub mod token;

use url::Url;

/// `PUBLIC_URL/pay/{token}`: what the mail carries.
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
