//! Somebody at the other end of the wire: plain HTTP, redirects not followed.

use std::{collections::BTreeMap, sync::OnceLock, time::Duration};

use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use tokio::runtime::{Builder, Runtime};

/// What a person's browser says of itself.
pub const PERSON: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";

/// Where the tests' own futures run.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads")
    })
}

/// A client that sends nothing by itself, no user agent either.
pub fn client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .redirect(Policy::none())
            .timeout(Duration::from_secs(40));
        builder.build().expect("a client")
    })
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Answer {
    /// The header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Where it leads.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// What a person reads: the text of the page's main part, a line per element.
    pub fn text(&self) -> String {
        let page = scraper::Html::parse_document(&self.body);
        let main = scraper::Selector::parse("main").expect("a selector");
        let main = page
            .select(&main)
            .next()
            .unwrap_or_else(|| panic!("no <main> in {self:?}"));
        let pieces = main
            .text()
            .map(|piece| piece.split_whitespace().collect::<Vec<_>>().join(" "));
        pieces
            .filter(|piece| !piece.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// Sends a request and reads the whole answer.
pub async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("the service answers");
    let status = response.status().as_u16();
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| {
        (
            name.to_string(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    });
    Answer {
        status,
        headers: headers.collect(),
        body: response.text().await.expect("a whole body"),
    }
}

/// A request by a person's browser.
pub fn person(method: Method, url: &str) -> RequestBuilder {
    client().request(method, url).header("user-agent", PERSON)
}
