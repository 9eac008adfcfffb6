//! A real browser: Chromium, driven through WebDriver, in a window of its own that nobody sees.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, wd::WebDriverCompatibleCommand};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::browser::{PERSON, runtime};

/// A test waits no longer for what a page is to show.
const PATIENCE: Duration = Duration::from_secs(20);
/// More stops than a page of a test has.
const MOST_TABS: usize = 80;

/// A browser. It and its driver end with it.
pub struct Chromium {
    driver: Child,
    pub client: Client,
}

impl Chromium {
    /// Opens one.
    pub fn open() -> Self {
        // Two that start at one moment may take one port: the later one ends, and starts again.
        let (driver, port) = (0..5).find_map(|_| start()).expect("chromedriver starts");
        let url = format!("http://127.0.0.1:{port}");
        let client = runtime().block_on(async {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            let arguments = [
                "--headless=new",
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                "--window-size=1200,1000",
            ];
            let wanted = json!({ "goog:chromeOptions": { "args": arguments } });
            builder.capabilities(wanted.as_object().expect("an object").clone());
            builder.connect(&url).await.expect("a browser")
        });
        Self { driver, client }
    }

    /// Opens a page.
    pub fn goto(&self, url: &str) {
        runtime().block_on(self.client.goto(url)).expect("a page");
    }

    /// Types into a field.
    pub fn fill(&self, field: &str, text: &str) {
        runtime().block_on(async {
            let field = self
                .client
                .find(Locator::Css(field))
                .await
                .expect("a field");
            field.send_keys(text).await.expect("it takes letters");
        });
    }

    /// Presses a button or follows a link.
    pub fn click(&self, what: &str) {
        runtime().block_on(async {
            let found = self.client.find(Locator::Css(what)).await;
            let found = found.unwrap_or_else(|error| panic!("{what}: {error}"));
            found
                .click()
                .await
                .unwrap_or_else(|error| panic!("{what}: {error}"));
        });
    }

    /// Runs a script in the page, past its policy; what it returns.
    pub fn run(&self, script: &str) -> Value {
        let ran = runtime().block_on(self.client.execute(script, Vec::new()));
        ran.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// The same with a script that calls back.
    pub fn run_async(&self, script: &str) -> Value {
        let ran = runtime().block_on(self.client.execute_async(script, Vec::new()));
        ran.unwrap_or_else(|error| panic!("{error}"))
    }

    /// What the page says.
    pub fn text(&self) -> String {
        let text = self.run("return document.body.innerText");
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Where it is.
    pub fn path(&self) -> String {
        let path = self.run("return location.pathname + location.search");
        path.as_str().unwrap_or_default().to_owned()
    }

    /// By how much the page is wider than its window.
    pub fn overflow(&self) -> f64 {
        let wider =
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        self.run(wider).as_f64().unwrap_or(1.0)
    }

    /// Waits until an expression is true.
    pub fn until(&self, expression: &str) {
        let began = Instant::now();
        while self.run(&format!("return Boolean({expression})")) != json!(true) {
            assert!(
                began.elapsed() < PATIENCE,
                "never: {expression}, in {}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Presses keys where the focus is.
    pub fn keys(&self, keys: &str) {
        runtime().block_on(async {
            let focused = self.client.active_element().await.expect("the focus");
            focused.send_keys(keys).await.expect("keys");
        });
    }

    /// A window of this size in these colours.
    pub fn look(&self, (width, height): (u32, u32), is_dark: bool) {
        let scheme = if is_dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.tell(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        );
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.tell("Emulation.setDeviceMetricsOverride", size);
    }

    /// The language that it asks pages for.
    pub fn language(&self, tag: &str) {
        let says = json!({ "userAgent": PERSON, "acceptLanguage": tag });
        self.tell("Emulation.setUserAgentOverride", says);
    }

    /// Goes on by Tab alone until the focus is on this.
    pub fn tab_to(&self, what: &str) {
        let is_there = format!("return document.activeElement.matches({what:?})");
        for _ in 0..MOST_TABS {
            self.keys("\u{e004}");
            if self.run(&is_there) == json!(true) {
                return;
            }
        }
        panic!("{what} is not reached by {MOST_TABS} tabs: {}", self.text());
    }

    /// Whether pages may run scripts.
    pub fn scripts(&self, may: bool) {
        self.tell(
            "Emulation.setScriptExecutionDisabled",
            json!({ "value": !may }),
        );
    }

    /// Tells Chromium itself.
    fn tell(&self, command: &str, parameters: Value) {
        let told = Told(json!({ "cmd": command, "params": parameters }));
        runtime()
            .block_on(self.client.issue_cmd(told))
            .expect("Chromium does it");
    }

    /// Keeps what the page looks like, where `SHOTS` names a folder.
    #[expect(
        clippy::disallowed_methods,
        reason = "what a person asks for at the command line"
    )]
    pub fn shot(&self, name: &str) {
        if let Some(folder) = std::env::var_os("SHOTS") {
            let png = runtime()
                .block_on(self.client.screenshot())
                .expect("a picture");
            let path = std::path::Path::new(&folder).join(format!("{name}.png"));
            std::fs::write(path, png).expect("a file");
        }
    }

    /// What axe-core finds, a line each.
    pub fn faults(&self) -> Vec<String> {
        self.run(include_str!("../ops/axe/axe.min.js"));
        let found = self.run_async(
            "const done = arguments[arguments.length - 1]; \
             axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => \
                 done(violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html} ${n.failureSummary}`))), \
                 (error) => done([String(error)]))",
        );
        let faults = found.as_array().cloned().unwrap_or_default();
        faults
            .iter()
            .map(|fault| fault.as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = runtime().block_on(self.client.clone().close());
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
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
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.0.to_string()))
    }
}

fn start() -> Option<(Child, String)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver: deploy/setup.sh browser installs it");
    let said = BufReader::new(driver.stdout.take().expect("its output"));
    let port = said.lines().map_while(Result::ok).find_map(|line| {
        let port = line.split("started successfully on port ").nth(1)?;
        Some(port.trim_end_matches('.').to_owned())
    });
    if port.is_none() {
        let _ = driver.wait();
    }
    port.map(|port| (driver, port))
}
