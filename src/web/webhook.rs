//! Stripe's webhook: verify, keep, answer.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Payload},
};
use tokio::time::timeout;

use crate::{
    app::App,
    inbox::{Intake, Kept, NewEvent, Source, signature},
};

/// Larger bodies are refused; Stripe's events are some kilobytes.
const LARGEST_BODY: usize = 1024 * 1024;
/// A body that takes longer to arrive is broken off; Stripe sends it again.
const BODY_TIME: Duration = Duration::from_secs(10);

/// `POST /webhooks/stripe`.
pub async fn receive(
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
    intake: Data<Intake>,
) -> HttpResponse {
    let (response, outcome) = match kept(&request, payload, &app, &intake).await {
        Ok(outcome) => (HttpResponse::Ok().finish(), outcome),
        Err(refused) => refused,
    };
    app.metrics.webhooks.with_label_values(&[outcome]).inc();
    response
}

async fn kept(
    request: &HttpRequest,
    payload: Payload,
    app: &App,
    intake: &Intake,
) -> Result<&'static str, (HttpResponse, &'static str)> {
    let body = match timeout(BODY_TIME, payload.to_bytes_limited(LARGEST_BODY)).await {
        Ok(Ok(Ok(body))) => body,
        Err(_) | Ok(Ok(Err(_))) => {
            return Err((
                HttpResponse::BadRequest().body("the body broke off\n"),
                "broken",
            ));
        }
        Ok(Err(_)) => {
            return Err((
                HttpResponse::PayloadTooLarge().body("the body is over 1 MiB\n"),
                "too_large",
            ));
        }
    };
    let header = request
        .headers()
        .get("Stripe-Signature")
        .and_then(|header| header.to_str().ok());
    let now = app.clock.now();
    if !signature::verify(&body, header.unwrap_or_default(), &app.webhook_secrets, now) {
        log::warn!(
            "a webhook without a valid signature was refused; is its secret among STRIPE_WEBHOOK_SECRETS?"
        );
        return Err((
            HttpResponse::BadRequest().body("the signature is missing, wrong or too old\n"),
            "bad_signature",
        ));
    }
    match intake
        .keep(&app.db, NewEvent::of(body.into(), Source::Webhook, now))
        .await
    {
        Ok(Kept::New) => {
            app.wake.notify_one();
            Ok("new")
        }
        Ok(Kept::Known) => Ok("known"),
        Err(error) => {
            log::error!("a webhook was not kept, so Stripe will send it again: {error}");
            Err((
                HttpResponse::ServiceUnavailable().body("try again later\n"),
                "not_kept",
            ))
        }
    }
}
