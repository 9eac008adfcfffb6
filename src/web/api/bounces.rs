//! `/api/v1/bounces`: a message that says what became of a mail.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Bytes, Data},
};
use serde::Serialize;

use super::{caller::Operator, input::kind_of_body, problem::Problem};
use crate::{
    app::App,
    mail::report::message,
    outbox::reported::{self, Taken},
};

#[derive(Serialize)]
struct Answer {
    data: Vec<Taken>,
}

/// `POST /bounces`
pub async fn take(
    _: Operator,
    app: Data<App>,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let body = body.map_err(|error| Problem::from_body(&error))?;
    if !is_message(&request) {
        return Err(Problem::wrong_type("message/rfc822"));
    }
    let now = app.clock.now();
    let taken = app.db.run(move |connection| {
        let reports = message::read(&body);
        let taken = reports
            .iter()
            .map(|report| reported::take(connection, report, now));
        taken.collect()
    });
    Ok(HttpResponse::Ok().json(Answer { data: taken.await? }))
}

/// `curl --data-binary @message.eml` says that it is a form, and nobody thinks of that.
fn is_message(request: &HttpRequest) -> bool {
    let kind = kind_of_body(request, "message/rfc822");
    kind.starts_with("message/")
        || matches!(
            kind.as_str(),
            "text/plain" | "application/octet-stream" | "application/x-www-form-urlencoded"
        )
}
