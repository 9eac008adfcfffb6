//! How a simulator is set up.

use std::net::SocketAddr;

/// How a simulator starts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Port 0 takes any free one.
    pub bind: SocketAddr,
    /// The only key that is let in.
    pub secret_key: String,
    /// Signs deliveries.
    pub webhook_secret: String,
    /// Where events are posted; without it they are only listed.
    pub webhook_url: Option<String>,
    /// The shop's name on the pages.
    pub account_name: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            secret_key: "sk_test_simulator".to_owned(),
            webhook_secret: "whsec_simulator".to_owned(),
            webhook_url: None,
            account_name: "Simulated shop".to_owned(),
        }
    }
}
