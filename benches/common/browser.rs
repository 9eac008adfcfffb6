//! One caller of the service, who asks for one thing after the other; and how long they wait.

use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode, redirect::Policy};
use tokio::runtime::Runtime;

/// Turns, after one that is not counted: the middle one of them counts.
const TURNS: usize = 9;
/// Turns of what is slow, or a bench would take minutes.
const FEW_TURNS: usize = 3;
const SLOW: Duration = Duration::from_millis(300);

/// A caller with a header by which they are known.
pub struct Browser {
    runtime: Runtime,
    client: Client,
    service: String,
    header: (&'static str, String),
}

impl Browser {
    pub fn new(service: &str, header: (&'static str, String)) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().redirect(Policy::none()).no_proxy();
        Self {
            runtime: Runtime::new().expect("threads"),
            client: client.build().expect("a client"),
            service: service.to_owned(),
            header,
        }
    }

    /// How long half of them take at most. One that the service gives up took as long as it tried.
    pub fn time(&self, path: &str) -> Duration {
        let tried = || self.ask(path, &[StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE]);
        let first = tried();
        let turns = if first > SLOW { FEW_TURNS } else { TURNS };
        let mut took: Vec<Duration> = (0..turns).map(|_| tried()).collect();
        took.sort_unstable();
        took[turns / 2]
    }

    /// How long one takes.
    ///
    /// # Panics
    /// If it is neither a page nor a way to Stripe.
    pub fn once(&self, path: &str) -> Duration {
        self.ask(path, &[StatusCode::OK, StatusCode::SEE_OTHER])
    }

    fn ask(&self, path: &str, well: &[StatusCode]) -> Duration {
        let begun = Instant::now();
        let (name, value) = &self.header;
        let request = self.client.get(format!("{}{path}", self.service));
        let (status, body) = self.runtime.block_on(async {
            let answer = request.header(*name, value).send().await;
            let answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
            (answer.status(), answer.text().await.unwrap_or_default())
        });
        let took = begun.elapsed();
        assert!(well.contains(&status), "{path}: {status} {body:.300}");
        took
    }
}
