//! HTTP in, HTTP out: everything below `/v1`, and every path that is nothing.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, rt, web};

use super::connection::Connection;
use super::event::API_VERSION;
use super::request::{self, Answer, Outcome, Request};
use super::shared::Shared;

/// Answers one call, or does not, as the faults want it.
pub async fn call(req: HttpRequest, body: web::Bytes, shared: web::Data<Shared>) -> HttpResponse {
    if !req.path().starts_with("/v1/") {
        // A browser that looks for its icon is no call of the API.
        return HttpResponse::NotFound().finish();
    }
    let connection = req.conn_data::<Connection>();
    if connection.is_some_and(Connection::first_call) {
        shared.connections.fetch_add(1, Ordering::SeqCst);
    }
    let request = read(
        &req,
        &body,
        connection.map_or(0, |connection| connection.number),
    );
    let version = request.version.clone();
    let shared = shared.into_inner();
    // On its own task: a client that leaves does not undo what it asked for.
    let outcome = rt::spawn(request::serve(Arc::clone(&shared), request)).await;
    match (outcome, connection) {
        (Ok(Outcome::Answer(answer)), _) => respond(answer, version, &shared),
        (Ok(Outcome::Hang), Some(connection)) => {
            connection.left().await;
            silence(connection)
        }
        (Ok(Outcome::Reset), Some(connection)) => silence(connection),
        (Ok(Outcome::Endless(pause)), _) => endless(pause),
        (Ok(Outcome::Hang | Outcome::Reset), None) | (Err(_), _) => {
            HttpResponse::InternalServerError().finish()
        }
    }
}

fn read(req: &HttpRequest, body: &[u8], connection: u64) -> Request {
    let headers = req.headers();
    Request {
        method: req.method().to_string(),
        path: req.path().to_owned(),
        query: req.query_string().to_owned(),
        body: String::from_utf8_lossy(body).into_owned(),
        content_type: text(headers, "content-type").unwrap_or_default(),
        authorization: text(headers, "authorization"),
        idempotency_key: text(headers, "idempotency-key"),
        version: text(headers, "stripe-version"),
        connection,
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

/// The response is never seen: the socket below it is closed.
fn silence(connection: &Connection) -> HttpResponse {
    connection.reset();
    HttpResponse::Ok().force_close().finish()
}

/// Blanks for as long as somebody reads them: JSON that never begins.
fn endless(pause: Duration) -> HttpResponse {
    const PIECE: web::Bytes = web::Bytes::from_static(&[b' '; 64 * 1024]);
    let pieces = futures::stream::unfold((), move |()| async move {
        tokio::time::sleep(pause).await;
        Some((Ok::<_, std::convert::Infallible>(PIECE), ()))
    });
    HttpResponse::Ok()
        .content_type("application/json")
        .streaming(pieces)
}

fn respond(answer: Answer, version: Option<String>, shared: &Shared) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    let date = shared.clock.now().format("%a, %d %b %Y %H:%M:%S GMT");
    response.insert_header((header::DATE, date.to_string()));
    if answer.html {
        return response.content_type("text/html").body(answer.body);
    }
    response.content_type("application/json");
    response.insert_header(("Request-Id", answer.request_id));
    let version = version.unwrap_or_else(|| API_VERSION.to_owned());
    response.insert_header(("Stripe-Version", version));
    if answer.replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    match (answer.status, answer.replayed) {
        (401, _) => {
            response.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"Stripe\""));
        }
        (409, _) => {
            response.insert_header(("Stripe-Should-Retry", "true"));
        }
        (429, _) => {
            response.insert_header(("Stripe-Rate-Limited-Reason", "endpoint-rate"));
        }
        // Asking again under the same key would bring the same answer.
        (500.., true) => {
            response.insert_header(("Stripe-Should-Retry", "false"));
        }
        _ => {}
    }
    response.body(answer.body)
}
