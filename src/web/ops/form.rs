//! Forms: each carries a token against forgery and one against firing twice.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::StatusCode,
    web::{Bytes, Data, Query},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    OpsSite,
    cookie::{Cookies, against_forgery},
    refusal::Refusal,
};
use crate::credential;

/// Random bytes of the token against firing twice.
const ONCE: usize = 16;

/// What a form on a page carries.
#[derive(Debug, Clone, Serialize)]
pub struct Guard {
    csrf: String,
    once: String,
}

impl Guard {
    /// For a page of whoever has this cookie.
    pub fn of(cookie: &str) -> Self {
        Self {
            csrf: against_forgery(cookie),
            once: credential::fresh::<ONCE>(),
        }
    }
}

/// A form that was sent from a page of ours.
pub struct Sent<T> {
    /// What it is carried out once for.
    pub once: String,
    /// What was typed.
    pub fields: T,
}

#[derive(Deserialize)]
struct Guarded {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    once: String,
}

impl<T: DeserializeOwned + 'static> FromRequest for Sent<T> {
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refusal>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let site = request.app_data::<Data<OpsSite>>().cloned();
        let asked = request.clone();
        let body = Bytes::from_request(request, payload);
        Box::pin(async move {
            let site = site.ok_or_else(Refusal::broken)?;
            let refused = || Refusal::forged(&site);
            let body =
                body.await
                    .map_err(|error| match error.as_response_error().status_code() {
                        StatusCode::PAYLOAD_TOO_LARGE => Refusal::too_large(&site),
                        _ => Refusal::unreadable(&site),
                    })?;
            let guarded: Guarded = read(&body).ok_or_else(refused)?;
            if !is_ours(&asked, &guarded.csrf, &guarded.once) {
                return Err(refused());
            }
            let fields = read(&body).ok_or_else(|| Refusal::unreadable(&site))?;
            Ok(Self {
                once: guarded.once,
                fields,
            })
        })
    }
}

/// Whether a form with these two is from a page of ours, which this browser was shown.
pub fn is_ours(request: &HttpRequest, csrf: &str, once: &str) -> bool {
    let cookie = request.session().or_else(|| request.door());
    let expected = cookie.map(|cookie| against_forgery(&cookie));
    let other_site = request
        .headers()
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site");
    let is_ours = expected.is_some_and(|expected| same(&expected, csrf));
    is_ours && credential::is_shaped::<ONCE>(once) && !other_site
}

/// Reads a form's body as browsers send it.
fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let text = std::str::from_utf8(body).ok()?;
    Query::<T>::from_query(text).ok().map(Query::into_inner)
}

/// Compares without telling by the time how much is the same.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && one
            .bytes()
            .zip(other.bytes())
            .fold(0, |differs, (a, b)| differs | (a ^ b))
            == 0
}

/// What was typed in lines: browsers send two signs where one ends.
pub fn one_kind_of_break(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// No fields but the two.
#[derive(Debug, Deserialize)]
pub struct Nothing {}
