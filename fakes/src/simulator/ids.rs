//! Ids that look like Stripe's: a prefix and random letters.

use uuid::Uuid;

/// `cs_test_a1…`, as long as a real one.
pub fn session() -> String {
    format!("cs_test_a1{}{}", random(), &random()[..24])
}

/// `evt_…`, `pi_…`, `req_…`
pub fn short(prefix: &str) -> String {
    format!("{prefix}_{}", &random()[..24])
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place of the simulator that asks for randomness"
)]
fn random() -> String {
    Uuid::new_v4().simple().to_string()
}
