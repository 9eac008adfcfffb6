//! The Stripe that the demo talks to.

use std::{fmt, net::SocketAddr, time::Duration};

use freshmint::{app::App, clock::Clock, config::Secret, gateway::CallError, random};
use freshmint_fakes::simulator::{Settings, Simulator};
use tokio::time::Instant;

use crate::{club, failure::Failure};

/// Beside the service's 8080.
const PORT: u16 = 8081;
/// For one small question to Stripe.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which Stripe is wished for.
pub enum Wish {
    /// The one in this process.
    Simulator,
    /// Stripe's own, without money.
    TestMode {
        /// `sk_test_…`
        key: Secret,
        /// Of `stripe listen`, if it runs.
        webhook_secrets: Option<Secret>,
    },
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Simulator => "a Stripe simulator",
            Self::TestMode { .. } => "a line to Stripe's test mode",
        })
    }
}

impl Wish {
    /// Starts the simulator, if it is that.
    pub fn start(self) -> Result<Stripe, Failure> {
        match self {
            Self::TestMode {
                key,
                webhook_secrets,
            } => Ok(Stripe::TestMode {
                key,
                webhook_secrets,
            }),
            Self::Simulator => {
                let fixed = settings(PORT);
                Simulator::start(fixed.clone())
                    .or_else(|_taken| Simulator::start(settings(0)))
                    .map(|simulator| Stripe::Simulated {
                        simulator,
                        settings: fixed,
                    })
                    .map_err(|error| {
                        Failure::new(format!(
                            "The Stripe simulator found no port on 127.0.0.1 ({error}): \
                             end what takes them all, and start again."
                        ))
                    })
            }
        }
    }
}

fn settings(port: u16) -> Settings {
    Settings {
        bind: SocketAddr::from(([127, 0, 0, 1], port)),
        account_name: club::NAME.to_owned(),
        ..Settings::default()
    }
}

/// A Stripe that answers.
pub enum Stripe {
    /// The one in this process.
    Simulated {
        simulator: Simulator,
        settings: Settings,
    },
    /// Stripe's own, without money.
    TestMode {
        key: Secret,
        webhook_secrets: Option<Secret>,
    },
}

impl Stripe {
    /// What the service has to know of it, by the names of its settings.
    pub fn service_settings(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Simulated {
                simulator,
                settings,
            } => vec![
                ("STRIPE_SECRET_KEY", settings.secret_key.clone()),
                ("STRIPE_API_BASE", simulator.url()),
                ("STRIPE_WEBHOOK_SECRETS", settings.webhook_secret.clone()),
            ],
            Self::TestMode {
                key,
                webhook_secrets,
            } => {
                let nobodys =
                    || Secret::new(format!("whsec_{}", hex::encode(random::bytes::<16>())));
                let secrets = webhook_secrets.clone().unwrap_or_else(nobodys);
                vec![
                    ("STRIPE_SECRET_KEY", key.expose().to_owned()),
                    ("STRIPE_WEBHOOK_SECRETS", secrets.expose().to_owned()),
                ]
            }
        }
    }

    /// Whether Stripe takes the key that was given: better known before the first click.
    pub async fn check_key(&self, app: &App) -> Result<(), Failure> {
        if let Self::Simulated { .. } = self {
            return Ok(());
        }
        match app.stripe.ping(Instant::now() + PATIENCE).await.answer {
            Ok(()) => Ok(()),
            Err(CallError::Refused { status, .. }) => Err(Failure::new(format!(
                "Stripe does not take STRIPE_SECRET_KEY ({status}): copy the test key whole from \
                 Stripe's dashboard, or unset it to use the simulator."
            ))),
            Err(error) => Err(Failure::new(format!(
                "Stripe's test mode does not answer ({error}): look after the network, \
                 or unset STRIPE_SECRET_KEY to use the simulator."
            ))),
        }
    }

    /// The service's time: the simulator's, so that whoever sets its clock ahead moves both.
    pub fn clock(&self) -> Clock {
        match self {
            Self::Simulated { simulator, .. } => {
                let simulator = simulator.clone();
                Clock::from_fn(move || simulator.now())
            }
            Self::TestMode { .. } => Clock::system(),
        }
    }

    /// Where events go. In test mode that is the matter of `stripe listen`.
    pub fn send_events_to(&self, service: &str) {
        if let Self::Simulated { simulator, .. } = self {
            simulator.set_webhook_url(Some(format!("{service}/webhooks/stripe")));
        }
    }

    /// The simulator, if it is that.
    pub fn simulator(&self) -> Option<&Simulator> {
        match self {
            Self::Simulated { simulator, .. } => Some(simulator),
            Self::TestMode { .. } => None,
        }
    }
}
