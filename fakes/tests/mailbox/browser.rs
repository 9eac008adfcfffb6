//! Somebody who looks at the page: plain HTTP, redirects not followed.

use reqwest::{Client, Method, Response, header::HeaderMap, redirect::Policy};
use scraper::{Html, Selector};
use tokio::runtime::Runtime;

use super::PATIENCE;

/// An answer, whole.
pub struct Answer {
    pub status: u16,
    pub body: String,
    headers: HeaderMap,
}

impl Answer {
    /// The header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        let header = self.headers.get(name);
        header.map_or("", |value| value.to_str().expect("plain letters"))
    }

    /// Where it leads.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// What a person reads: the text of the page's main part, a line per element.
    pub fn text(&self) -> String {
        let page = Html::parse_document(&self.body);
        let main = Selector::parse("main").expect("a selector");
        let main = page.select(&main).next().expect("a <main>");
        let pieces = main
            .text()
            .map(|piece| piece.split_whitespace().collect::<Vec<_>>().join(" "));
        let pieces: Vec<_> = pieces.filter(|piece| !piece.is_empty()).collect();
        pieces.join("\n")
    }
}

/// Asks for a page, or sends a form.
pub fn send(method: Method, url: &str, form: &'static str) -> Answer {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().redirect(Policy::none()).timeout(PATIENCE);
    let client = client.build().expect("a client");
    let request = client
        .request(method, url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let runtime = Runtime::new().expect("threads");
    runtime.block_on(async { read(request.send().await.expect("an answer")).await })
}

async fn read(response: Response) -> Answer {
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.text().await.expect("a body"),
    }
}
