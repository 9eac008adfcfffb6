//! What a page posts to others, and what it says of their answer.

use std::time::Duration;

use reqwest::{Client, StatusCode, redirect::Policy};
use tokio_rustls::rustls::crypto::ring;

const PATIENCE: Duration = Duration::from_secs(10);

/// Follows no redirect, and waits for ten seconds.
pub fn client() -> reqwest::Result<Client> {
    // There is one already if the service runs in this process.
    let _ = ring::default_provider().install_default();
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .build()
}

/// The answer in a sentence; `what` could not be done if there is none.
pub fn said(answer: reqwest::Result<StatusCode>, what: &str) -> String {
    match answer {
        Ok(status) => format!("The answer was {status}."),
        Err(error) => {
            log::warn!("the mailbox could not {what}: {error:?}");
            "There was no answer.".to_owned()
        }
    }
}
