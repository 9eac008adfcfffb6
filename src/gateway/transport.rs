//! HTTP to Stripe: async-stripe's requests on a client that keeps its connections.
//!
//! The client that comes with async-stripe 1.0.0-rc.10 opens a connection per call, has no time-out
//! of its own and loses the status of an answer that is not JSON. This one keeps connections, and
//! reduces every way a call can end to what a caller can do about it.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use reqwest::{Client, Method, RequestBuilder, StatusCode, header};
use stripe_client_core::{
    CustomizedStripeRequest, StripeClient, StripeClientErr, StripeMethod, StripeRequest,
};
use stripe_core::balance::RetrieveForMyAccountBalance;

use crate::{
    config::{self, Secret},
    foreign_text::{ForeignText, Limit},
};

/// The API version that the request types were generated for; answers come in its shape.
const STRIPE_VERSION: stripe_client_core::ApiVersion = stripe_client_core::VERSION;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Kept between calls. With fewer than there are clicks in flight after a mailing, connections are
/// closed and opened all the time (`benches/mint`: one for every seven mints with 64). They are closed a
/// minute later.
const IDLE_CONNECTIONS: usize = 1024;

/// More of an answer is not read: a page of a hundred sessions has some hundred kilobytes.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;

/// Why a call brought no answer that we can use. Whatever Stripe said in it is safe and short.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Stripe understood and said no (400, 401, 403, 404 …); nothing was made. Its words are not
    /// kept, since they may name the payer's address.
    #[error("Stripe refused with {status} {}", .code.as_deref().unwrap_or_default())]
    Refused {
        /// HTTP status.
        status: u16,
        /// Stripe's error code, such as `amount_too_small`.
        code: Option<ForeignText>,
        /// The parameter it is about, such as `line_items[0][price]`.
        param: Option<ForeignText>,
    },
    /// Too many calls (429); nothing was made by this try.
    #[error("Stripe asks to slow down (429)")]
    TooFast,
    /// The same idempotency key is in use at this moment (409); nothing was made by this try.
    #[error("another call under the same key is under way at Stripe (409)")]
    KeyInUse,
    /// A failure inside Stripe (5xx): what was asked may have been done.
    #[error("Stripe failed with {status}")]
    Failed {
        /// HTTP status.
        status: u16,
    },
    /// The connection broke or the time ran out: what was asked may have been done.
    #[error("no answer from Stripe: {0}")]
    NoAnswer(ForeignText),
    /// An answer that cannot be read, or is too long to be: what was asked may have been done.
    #[error("Stripe's answer cannot be read: {0}")]
    Unreadable(ForeignText),
    /// The call could not even be made.
    #[error("the call could not be made: {0}")]
    NotSent(ForeignText),
}

impl CallError {
    /// What metrics call them.
    pub(super) const KINDS: [&str; 7] = [
        "refused",
        "too_fast",
        "key_in_use",
        "failed",
        "no_answer",
        "unreadable",
        "not_sent",
    ];

    /// Which of them it is.
    pub(super) fn kind(&self) -> &'static str {
        let place = match self {
            Self::Refused { .. } => 0,
            Self::TooFast => 1,
            Self::KeyInUse => 2,
            Self::Failed { .. } => 3,
            Self::NoAnswer(_) => 4,
            Self::Unreadable(_) => 5,
            Self::NotSent(_) => 6,
        };
        Self::KINDS[place]
    }

    /// An answer, or an event, that cannot be read, and why.
    pub(super) fn unreadable(why: impl std::fmt::Display) -> Self {
        Self::Unreadable(said(why))
    }

    /// A call that could not be made, and why.
    pub(super) fn not_sent(why: impl std::fmt::Display) -> Self {
        Self::NotSent(said(why))
    }

    /// Whether what was asked may have been done all the same.
    pub fn leaves_open(&self) -> bool {
        match self {
            Self::Failed { .. } | Self::NoAnswer(_) | Self::Unreadable(_) | Self::KeyInUse => true,
            Self::Refused { .. } | Self::TooFast | Self::NotSent(_) => false,
        }
    }

    /// Whether it is our key that Stripe refuses: then it has not even looked at the idempotency key.
    pub fn refuses_our_key(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: 401 | 403,
                ..
            }
        )
    }
}

impl StripeClientErr for CallError {
    fn deserialize_err(message: impl std::fmt::Display) -> Self {
        Self::unreadable(message)
    }
}

fn said(why: impl std::fmt::Display) -> ForeignText {
    ForeignText::new(&why.to_string(), Limit::SENTENCE)
}

/// What a small question to Stripe told.
#[derive(Debug)]
pub struct Ping {
    /// Stripe's time, from the `Date` header, if there was an answer of any kind.
    pub date: Option<DateTime<Utc>>,
    /// Whether the key works.
    pub answer: Result<(), CallError>,
}

#[derive(Clone)]
pub struct Transport {
    client: Client,
    base: String,
    key: Secret,
}

impl Transport {
    pub fn new(settings: &config::Stripe) -> Self {
        // Fails only if another provider was installed before, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(Duration::from_secs(60))
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("freshmint/", env!("CARGO_PKG_VERSION")));
        // A simulator, which no proxy of the network leads to.
        if config::is_on_this_machine(&settings.stripe_api_base) {
            client = client.no_proxy();
        }
        let client = client
            .build()
            .expect("a client without files or proxies to read has nothing to fail on");
        let base = settings
            .stripe_api_base
            .as_str()
            .trim_end_matches('/')
            .to_owned();
        Self {
            client,
            base,
            key: settings.stripe_secret_key.clone(),
        }
    }

    pub async fn ping(&self, patience: Duration) -> Ping {
        let balance = RetrieveForMyAccountBalance::new().build();
        let sent = self
            .request(Method::GET, &balance.path)
            .timeout(patience)
            .send()
            .await;
        let response = match sent {
            Ok(response) => response,
            Err(error) => {
                return Ping {
                    date: None,
                    answer: Err(no_answer(error)),
                };
            }
        };
        let date = response
            .headers()
            .get(header::DATE)
            .and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        Ping {
            date: date.map(|date| date.to_utc()),
            answer: self.understand(response).await.map(drop),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}/v1{path}", self.base))
            .bearer_auth(self.key.expose())
            .header("Stripe-Version", STRIPE_VERSION.as_str())
    }

    async fn understand(&self, response: reqwest::Response) -> Result<Bytes, CallError> {
        let status = response.status();
        let body = body_of(response).await?;
        match status {
            _ if status.is_success() => Ok(body),
            StatusCode::CONFLICT => Err(CallError::KeyInUse),
            StatusCode::TOO_MANY_REQUESTS => Err(CallError::TooFast),
            _ if status.is_client_error() => Err(refusal(status, &body)),
            _ => Err(CallError::Failed {
                status: status.as_u16(),
            }),
        }
    }
}

impl StripeClient for Transport {
    type Err = CallError;

    async fn execute(&self, request: CustomizedStripeRequest) -> Result<Bytes, CallError> {
        let (request, custom) = request.into_pieces();
        let method = match request.method {
            StripeMethod::Get => Method::GET,
            StripeMethod::Post => Method::POST,
            StripeMethod::Delete => Method::DELETE,
        };
        let path = match request.query.as_deref() {
            None | Some("") => request.path,
            Some(query) => format!("{}?{query}", request.path),
        };
        let mut call = self.request(method, &path);
        if let Some(key) = custom
            .request_strategy
            .and_then(|strategy| strategy.get_key())
        {
            call = call.header("Idempotency-Key", key.as_str());
        }
        if let Some(body) = request.body {
            call = call
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body);
        }
        if let Some(patience) = custom.timeout {
            call = call.timeout(patience);
        }
        let response = call.send().await.map_err(no_answer)?;
        self.understand(response).await
    }
}

/// The address is left out: it may carry a session's id.
fn no_answer(error: reqwest::Error) -> CallError {
    CallError::NoAnswer(said(error.without_url()))
}

/// Read in pieces, as they come, within the time of the call: one that does not end is broken off.
async fn body_of(mut response: reqwest::Response) -> Result<Bytes, CallError> {
    let mut body = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(no_answer)? {
        if body.len() + piece.len() > LONGEST_ANSWER {
            return Err(CallError::unreadable("it is longer than 4 MiB"));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

fn refusal(status: StatusCode, body: &[u8]) -> CallError {
    #[derive(miniserde::Deserialize)]
    struct Body {
        error: Error,
    }
    #[derive(miniserde::Deserialize)]
    struct Error {
        code: Option<String>,
        #[serde(rename = "type")]
        kind: Option<String>,
        param: Option<String>,
    }
    let said = std::str::from_utf8(body)
        .ok()
        .and_then(|text| miniserde::json::from_str::<Body>(text).ok());
    let (code, param) = said.map_or((None, None), |Body { error }| {
        (error.code.or(error.kind), error.param)
    });
    CallError::Refused {
        status: status.as_u16(),
        code: code.map(word),
        param: param.map(word),
    }
}

fn word(text: String) -> ForeignText {
    ForeignText::new(&text, Limit::WORD)
}
