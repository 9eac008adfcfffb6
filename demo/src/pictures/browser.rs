//! Chromium, driven through WebDriver.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use fantoccini::{Client, ClientBuilder, Locator, wd::WebDriverCompatibleCommand};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::failure::Failure;

/// As wide as the README shows them.
const WIDTH: u32 = 1200;

/// A window that nobody sees. It and its driver end with it.
pub struct Browser {
    client: Client,
    driver: Child,
}

impl Browser {
    /// Opens one, in light colours.
    pub async fn open() -> Result<Self, Failure> {
        let (driver, port) = start()?;
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-prefers-reduced-motion",
        ];
        let wanted = json!({ "goog:chromeOptions": { "args": arguments } });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(wanted.as_object().cloned().unwrap_or_default());
        let client = builder
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .map_err(trouble)?;
        let browser = Self { client, driver };
        let light = json!({ "features": [{ "name": "prefers-color-scheme", "value": "light" }] });
        browser.tell("Emulation.setEmulatedMedia", light).await?;
        Ok(browser)
    }

    /// Signs in to the pages, as one does.
    pub async fn sign_in(&self, service: &str, email: &str, password: &str) -> Result<(), Failure> {
        self.client.delete_all_cookies().await.map_err(trouble)?;
        let page = format!("{service}/ops/sign-in");
        self.client.goto(&page).await.map_err(trouble)?;
        for (field, text) in [("#email", email), ("#password", password)] {
            let field = self
                .client
                .find(Locator::Css(field))
                .await
                .map_err(trouble)?;
            field.send_keys(text).await.map_err(trouble)?;
        }
        let button = self.client.find(Locator::Css("button.main")).await;
        button.map_err(trouble)?.click().await.map_err(trouble)?;
        let home = self.client.wait().for_element(Locator::Css(".menu")).await;
        home.map(drop).map_err(trouble)
    }

    /// What so much of a page looks like.
    pub async fn picture(&self, url: &str, height: u32, file: &Path) -> Result<(), Failure> {
        let size =
            json!({ "width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.tell("Emulation.setDeviceMetricsOverride", size)
            .await?;
        self.client.goto(url).await.map_err(trouble)?;
        let heading = self.client.wait().for_element(Locator::Css("h1")).await;
        heading.map_err(trouble)?;
        let png = self.client.screenshot().await.map_err(trouble)?;
        fs::write(file, png).map_err(Failure::new)
    }

    /// Closes the window; the driver ends with the value.
    pub async fn close(&self) {
        let _ = self.client.clone().close().await;
    }

    async fn tell(&self, command: &str, parameters: Value) -> Result<(), Failure> {
        let told = Told(json!({ "cmd": command, "params": parameters }));
        self.client.issue_cmd(told).await.map(drop).map_err(trouble)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn trouble(error: impl std::fmt::Display) -> Failure {
    Failure::new(format!(
        "The browser does not do what it is told ({error})."
    ))
}

/// A command of Chromium's own.
#[derive(Debug)]
struct Told(Value);

impl WebDriverCompatibleCommand for Told {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/goog/cdp/execute"))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.0.to_string()))
    }
}

/// The driver, and its port.
fn start() -> Result<(Child, String), Failure> {
    let none = |_| Failure::new("chromedriver is missing: deploy/setup.sh browser installs it.");
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(none)?;
    let said = driver.stdout.take().into_iter();
    let mut lines = said.flat_map(|said| BufReader::new(said).lines().map_while(Result::ok));
    let port = lines.find_map(|line| {
        let port = line.split("started successfully on port ").nth(1)?;
        Some(port.trim_end_matches('.').to_owned())
    });
    match port {
        Some(port) => Ok((driver, port)),
        None => {
            let _ = driver.kill();
            let _ = driver.wait();
            Err(Failure::new("chromedriver ended as it began: start again."))
        }
    }
}
