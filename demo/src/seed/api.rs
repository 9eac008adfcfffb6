//! The service's API, as a club's own program would call it, and a payer's browser.

use std::time::Duration;

use reqwest::{Client, Method, header, redirect::Policy};
use serde_json::{Value, json};

use super::{BETWEEN, LOOKS};
use crate::failure::Failure;

/// Longer than the service takes for anything.
const PATIENCE: Duration = Duration::from_secs(30);
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

pub struct Api<'a> {
    client: Client,
    service: &'a str,
    token: &'a str,
}

impl<'a> Api<'a> {
    pub fn new(service: &'a str, token: &'a str) -> Result<Self, Failure> {
        // Everything is on this machine, whatever proxy it has for the rest.
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(trouble)?;
        Ok(Self {
            client,
            service,
            token,
        })
    }

    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// Follows a pay link; tells the checkout session that it leads to.
    pub async fn follow(&self, link: &str) -> Result<String, Failure> {
        let answer = self.client.get(link).header(header::USER_AGENT, BROWSER);
        let answer = answer.send().await.map_err(trouble)?;
        let location = answer.headers().get(header::LOCATION);
        let session = location
            .and_then(|url| url.to_str().ok())
            .and_then(|url| url.rsplit('/').next());
        session.map(str::to_owned).ok_or_else(|| {
            Failure::new(format!(
                "A pay link led to no checkout but to {}: please report it.",
                answer.status()
            ))
        })
    }

    /// Presses the one button of a page.
    pub async fn press(&self, link: &str) -> Result<(), Failure> {
        let pressed = self.client.post(link).header(header::USER_AGENT, BROWSER);
        let pressed = pressed.send().await.map_err(trouble)?;
        well(pressed.status(), link)
    }

    /// Asks again and again until it is so.
    pub async fn until(
        &self,
        in_vain: &str,
        path: &str,
        is_so: impl Fn(&Value) -> bool,
    ) -> Result<(), Failure> {
        for _ in 0..LOOKS {
            if is_so(&self.get(path).await?) {
                return Ok(());
            }
            tokio::time::sleep(BETWEEN).await;
        }
        Err(Failure::new(format!(
            "Within ten seconds {in_vain}: start again, with RUST_LOG=info to see why."
        )))
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Failure> {
        let url = format!("{}/api/v1{path}", self.service);
        let mut request = self
            .client
            .request(method.clone(), url)
            .bearer_auth(self.token)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let answer = request.send().await.map_err(trouble)?;
        let status = answer.status();
        let text = answer.text().await.map_err(trouble)?;
        if !status.is_success() {
            return Err(Failure::new(format!(
                "{method} {path} was answered with {status}, {text}: please report it."
            )));
        }
        Ok(serde_json::from_str(&text).unwrap_or_else(|_| json!({})))
    }
}

fn well(status: reqwest::StatusCode, path: &str) -> Result<(), Failure> {
    if status.is_success() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{path} was answered with {status}: please report it."
    )))
}

fn trouble(error: reqwest::Error) -> Failure {
    Failure::new(format!(
        "The service does not answer the demo ({error}): start again, with RUST_LOG=info to see more."
    ))
}
