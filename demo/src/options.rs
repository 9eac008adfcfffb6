//! What the demo is asked for, from flags or the environment: the simulator, or Stripe's test mode.

use std::path::PathBuf;

use clap::Parser;
use freshmint::config::Secret;

use crate::{failure::Failure, stripe::Wish};

/// Try Freshmint: a club's tournament on a private database, with a Stripe simulator.
///
/// Nothing that is already on this machine is used or changed, and Ctrl-C throws everything away.
#[derive(Parser)]
#[command(name = "demo", version)]
pub struct Options {
    /// A secret key of Stripe's test mode (sk_test_…), to use that instead of the simulator
    #[arg(long, env, hide_env_values = true)]
    stripe_secret_key: Option<Secret>,
    /// With a key: the signing secret that `stripe listen` prints (whsec_…)
    #[arg(long, env, hide_env_values = true)]
    stripe_webhook_secrets: Option<Secret>,
    /// Takes the README's pictures into this folder, and stops
    #[arg(long)]
    pub pictures: Option<PathBuf>,
}

impl Options {
    /// Which Stripe is wished for. A key of the live mode is refused: people try things here.
    pub fn wish(self) -> Result<Wish, Failure> {
        let Some(key) = given(self.stripe_secret_key) else {
            return Ok(Wish::Simulator);
        };
        if key.expose().starts_with("sk_live_") || key.expose().starts_with("rk_live_") {
            return Err(Failure::new(
                "STRIPE_SECRET_KEY is a live key, and the demo never touches real money: \
                 give it a test key (sk_test_…), or unset it to use the simulator.",
            ));
        }
        Ok(Wish::TestMode {
            key,
            webhook_secrets: given(self.stripe_webhook_secrets),
        })
    }
}

/// A variable that is set to nothing is not set.
fn given(secret: Option<Secret>) -> Option<Secret> {
    secret.filter(|secret| !secret.expose().is_empty())
}
