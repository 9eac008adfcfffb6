//! The shape of a Stripe error answer (docs.stripe.com/api/errors, docs.stripe.com/error-codes).

use serde_json::{Value, json};

/// A call that is not carried out, as the caller is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub status: u16,
    pub kind: &'static str,
    pub code: Option<String>,
    pub message: String,
    pub param: Option<String>,
}

impl Refusal {
    /// 400 without a code: Stripe has none for wrong enumerations, booleans and lengths.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Refusal {
        Refusal {
            status: 400,
            kind: "invalid_request_error",
            code: None,
            message: message.into(),
            param: Some(param.into()),
        }
    }

    /// 400 with a code of Stripe's list.
    pub fn coded(code: &str, param: impl Into<String>, message: impl Into<String>) -> Refusal {
        Refusal {
            code: Some(code.to_owned()),
            ..Refusal::invalid(param, message)
        }
    }

    pub fn missing(param: &str) -> Refusal {
        Refusal::coded(
            "parameter_missing",
            param,
            format!("Missing required param: {param}."),
        )
    }

    /// 404 for an id that names nothing.
    pub fn no_such(what: &str, id: &str, param: &str) -> Refusal {
        Refusal {
            status: 404,
            ..Refusal::coded("resource_missing", param, format!("No such {what}: '{id}'"))
        }
    }

    /// 404 for a path that is no endpoint.
    pub fn no_such_url(method: &str, path: &str) -> Refusal {
        Refusal::plain(
            404,
            format!(
                "Unrecognized request URL ({method}: {path}). If you are trying to list objects, \
                 remove the trailing slash. If you are trying to retrieve an object, make sure you \
                 passed a valid (non-empty) identifier in your code. Please see \
                 https://stripe.com/docs or we can help at https://support.stripe.com/."
            ),
        )
    }

    /// An `invalid_request_error` that concerns no parameter.
    pub fn plain(status: u16, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            kind: "invalid_request_error",
            code: None,
            message: message.into(),
            param: None,
        }
    }

    /// Any status with the error type that Stripe pairs it with.
    pub fn of_status(status: u16, code: Option<&str>, message: impl Into<String>) -> Refusal {
        Refusal {
            kind: match status {
                402 => "card_error",
                500.. => "api_error",
                _ => "invalid_request_error",
            },
            code: code.filter(|code| !code.is_empty()).map(str::to_owned),
            ..Refusal::plain(status, message)
        }
    }

    /// The 500 that says nothing about what happened.
    pub fn server_error() -> Refusal {
        Refusal::of_status(
            500,
            None,
            "An unknown error occurred. Please contact us at https://support.stripe.com/ if the \
             problem persists.",
        )
    }

    /// 429, as the limit of one endpoint gives it (docs.stripe.com/rate-limits).
    pub fn too_many_requests() -> Refusal {
        Refusal::of_status(
            429,
            Some("rate_limit"),
            "Request rate limit exceeded. You can learn more about rate limits here \
             https://stripe.com/docs/rate-limits.",
        )
    }

    pub fn body(&self) -> Value {
        let mut error = json!({ "message": self.message, "type": self.kind });
        if let Some(code) = &self.code {
            error["doc_url"] = json!(format!(
                "https://stripe.com/docs/error-codes/{}",
                code.replace('_', "-")
            ));
            error["code"] = json!(code);
        }
        if let Some(param) = &self.param {
            error["param"] = json!(param);
        }
        json!({ "error": error })
    }
}
