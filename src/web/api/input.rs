//! What callers send, with problems as answers to what cannot be read.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header,
    web::{Bytes, PathConfig, PayloadConfig, QueryConfig, ServiceConfig},
};
use serde::{Deserialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{json, problem::Problem};
use crate::activity;

/// More than the largest order that can be, with every letter of it escaped.
const LARGEST_BODY: usize = 1024 * 1024;

/// Lets what actix refuses by itself be answered with problems, too.
pub fn configure(config: &mut ServiceConfig) {
    config
        .app_data(PayloadConfig::new(LARGEST_BODY))
        .app_data(
            QueryConfig::default().error_handler(|error, _| Problem::unreadable(error).into()),
        )
        .app_data(PathConfig::default().error_handler(|_, _| Problem::not_found("address").into()));
}

/// Reads a parameter that is one of a few words.
///
/// # Errors
/// 400 that lists them.
pub fn one_of(name: &str, said: &str, known: &[&str]) -> Result<String, Problem> {
    if known.contains(&said) {
        return Ok(said.to_owned());
    }
    let known = known.join(", ");
    Err(Problem::unreadable(format!(
        "{name} must be one of {known}"
    )))
}

/// Reads a parameter that is an id.
///
/// # Errors
/// 400 that names it.
pub fn id(name: &str, said: &str) -> Result<Uuid, Problem> {
    said.parse()
        .map_err(|_| Problem::unreadable(format!("{name} must be an id as the API shows it")))
}

/// A body of JSON.
pub struct Body(Bytes);

impl Body {
    /// What it says.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        json::read(&self.0).map_err(Problem::from_json)
    }

    /// The same, where it may be left out.
    pub fn parse_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        if self.0.is_empty() {
            Ok(T::default())
        } else {
            self.parse()
        }
    }
}

impl FromRequest for Body {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_of_another_kind = is_of_another_kind(request);
        let body = Bytes::from_request(request, payload);
        Box::pin(async move {
            if is_of_another_kind {
                return Err(Problem::wrong_type("application/json"));
            }
            body.await
                .map(Self)
                .map_err(|error| Problem::from_body(&error))
        })
    }
}

/// Whether a body says that it is something that nobody takes for JSON. What says nothing is taken, and so is
/// what small programs say of any body.
fn is_of_another_kind(request: &HttpRequest) -> bool {
    let kind = kind_of_body(request, "");
    let is_json = kind == "application/json" || kind.ends_with("+json");
    !is_json && !["", "text/plain", "application/x-www-form-urlencoded"].contains(&kind.as_str())
}

/// What a body says that it is, without its parameters: `text/csv`; or what it is taken for where it says nothing
/// that can be read.
pub fn kind_of_body(request: &HttpRequest, where_unsaid: &str) -> String {
    let said = request.headers().get(header::CONTENT_TYPE);
    let said = said
        .and_then(|said| said.to_str().ok())
        .unwrap_or(where_unsaid);
    let kind = said.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

/// A body with nothing but a remark for the history; it may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub note: Option<activity::Note>,
}

/// A text that is looked for. None that we keep has a control character, PostgreSQL has no NUL, and what
/// was asked for is repeated in logs and refusals.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Wanted(pub String);

impl TryFrom<String> for Wanted {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains(char::is_control) {
            Err("a text has a control character in it; remove it")
        } else {
            Ok(Self(text))
        }
    }
}

impl From<Wanted> for String {
    fn from(text: Wanted) -> Self {
        text.0
    }
}
