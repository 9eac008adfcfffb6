//! What went wrong, as `application/problem+json` (RFC 9457).

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;

use crate::{
    blast::preflight::{self, Check},
    db::DbError,
    legible::excerpt,
    order::problem::Problems,
    web::limit::TooMany,
};

/// Letters of a detail: the longest of ours has about 300; a library's repeats what it was given.
const DETAIL: usize = 500;

/// A refusal: what was wrong, and what to do.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    errors: Option<Problems>,
    checks: Option<Vec<Check>>,
    retry_after_seconds: Option<u32>,
}

impl Problem {
    /// 400: the request cannot be read.
    pub fn unreadable(detail: impl fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 400 for what is no JSON, 422 for JSON of another shape.
    pub fn from_json(error: serde_json::Error) -> Self {
        match error.classify() {
            serde_json::error::Category::Data => Self::unsupported(error),
            _ => Self::unreadable(format!("the body is not JSON: {error}")),
        }
    }

    /// 413 for a body that is too large, 400 for one that broke off.
    pub fn from_body(error: &actix_web::Error) -> Self {
        Self::new(error.as_response_error().status_code(), error)
    }

    /// 401: no token, or one that nobody knows.
    pub fn no_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "send a token: Authorization: Bearer …; an admin makes one with freshmint ops token add",
        )
    }

    /// 403: the token's role is too low.
    pub fn role_too_low(needed: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            format!("this needs a token with the role {needed}"),
        )
    }

    /// 404: there is nothing under this id.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no such {what}"))
    }

    /// 409: it is not in a state for that.
    pub fn conflict(detail: impl fmt::Display) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 409: a mailing was not started, since its pre-flight failed.
    pub fn grounded(checks: Vec<Check>) -> Self {
        Self {
            checks: Some(checks.clone()),
            ..Self::conflict(preflight::refusal(&checks))
        }
    }

    /// 415: the body is of another type.
    pub fn wrong_type(wanted: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("send it with Content-Type: {wanted}"),
        )
    }

    /// 422: it was read, and this is wrong with it.
    pub fn invalid(errors: Problems) -> Self {
        Self {
            errors: Some(errors),
            ..Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "the content is not valid; errors says where and why",
            )
        }
    }

    /// 422, for something that concerns no one field.
    pub fn unsupported(detail: impl fmt::Display) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// 429: this address has sent too many wrong tokens.
    pub fn too_many_wrong(too_many: TooMany) -> Self {
        let why =
            "too many wrong tokens came from this address; wait, and send a token that is in use";
        Self::new(StatusCode::TOO_MANY_REQUESTS, why).again_after(too_many.retry_after_seconds)
    }

    /// 429: this token has a costly call under way.
    pub fn one_at_a_time() -> Self {
        let why = "another costly call with this token is under way; wait for its answer, they go one at a time";
        Self::new(StatusCode::TOO_MANY_REQUESTS, why).again_after(2)
    }

    /// 429: this token has sent enough test mails for today.
    pub fn enough_tests(most: i32, seconds_until_tomorrow: u32) -> Self {
        let why = format!(
            "{most} test mails were sent with this token today (UTC), and nothing has changed; send more \
             tomorrow, or with freshmint blast test"
        );
        Self::new(StatusCode::TOO_MANY_REQUESTS, why).again_after(seconds_until_tomorrow)
    }

    /// 503: Stripe did not answer, and nothing has changed.
    pub fn stripe_is_away() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Stripe did not confirm that the open checkout is closed; nothing has changed, try again",
        )
    }

    /// 503: Stripe did not say whether a refund was made, and that it was asked for is kept.
    pub fn refund_is_open() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Stripe did not say whether the refund was made; ask again, it is the same refund, or wait for Stripe's webhook",
        )
    }

    /// 503: it was not done, and nothing has changed; the sentence says what to do.
    pub fn busy(detail: impl fmt::Display) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    fn new(status: StatusCode, detail: impl fmt::Display) -> Self {
        Self {
            status,
            detail: excerpt(&detail.to_string(), DETAIL),
            errors: None,
            checks: None,
            retry_after_seconds: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(5),
        }
    }

    fn again_after(self, seconds: u32) -> Self {
        Self {
            retry_after_seconds: Some(seconds),
            ..self
        }
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        log::error!("an API call failed: {error}");
        match error {
            error if error.is_away() => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the database did not answer in time; ask again, the same request does no harm when it was done already",
            ),
            _ => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "this should not have happened; the service's log says more",
            ),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        #[derive(Serialize)]
        struct Body<'a> {
            r#type: &'static str,
            title: &'a str,
            status: u16,
            detail: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            errors: Option<&'a Problems>,
            #[serde(skip_serializing_if = "Option::is_none")]
            checks: Option<&'a [Check]>,
        }
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        response
            .insert_header((header::CONTENT_TYPE, "application/problem+json"))
            .json(Body {
                r#type: "about:blank",
                title: self.status.canonical_reason().unwrap_or_default(),
                status: self.status.as_u16(),
                detail: &self.detail,
                errors: self.errors.as_ref(),
                checks: self.checks.as_deref(),
            })
    }
}

/// 405: the path takes other methods.
pub fn wrong_method(allow: &str) -> HttpResponse {
    let detail = format!("this path takes {allow}; /api/v1/openapi.json says what each does");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail).error_response()
}

/// A path that is none of the API's.
pub async fn no_such_route() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found("route; /api/v1/openapi.json lists them"))
}
