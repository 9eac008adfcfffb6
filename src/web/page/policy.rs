//! The Content-Security-Policy of the payer's pages.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::STYLE;

/// The header's value: nothing may be loaded or run, our own style sheet is known by its hash, nobody
/// may frame the page, and its form leads to ourselves or to `form_action_origins`.
///
/// Those are the origins a click may end at, as in `https://checkout.stripe.com`: browsers apply
/// `form-action` to the redirect that answers the form too. They go into the header as they are.
pub fn content_security_policy(form_action_origins: &[String]) -> String {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let mut policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    );
    for origin in form_action_origins {
        policy.push(' ');
        policy.push_str(origin);
    }
    policy
}
