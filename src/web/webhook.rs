//! Stripe's webhook: verify, keep, answer.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Payload},
};

use super::{
    body::{Room, Unread},
    limit::TooMany,
    limits::Limits,
};
use crate::{
    app::App,
    inbox::{Intake, Kept, NewEvent, Source, signature::Signature},
};

/// An answer, and what the metrics call it.
type Refused = (HttpResponse, &'static str);

/// `POST /webhooks/stripe`.
pub async fn receive(
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
    intake: Data<Intake>,
    room: Data<Room>,
    limits: Data<Limits>,
) -> HttpResponse {
    let (response, outcome) = match kept(&request, payload, &app, &intake, &room, &limits).await {
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
    room: &Room,
    limits: &Limits,
) -> Result<&'static str, Refused> {
    let header = request
        .headers()
        .get("Stripe-Signature")
        .and_then(|header| header.to_str().ok());
    let now = app.clock.now();
    let bad_signature = || bad_signature(limits.unsigned_webhook(request));
    // Before a byte of the body is read: whoever does not know what a signature looks like has none.
    let signature = Signature::read(header.unwrap_or_default(), now).ok_or_else(bad_signature)?;
    let body = room.read(payload).await.map_err(unread)?;
    if !signature.signs(&body.bytes, &app.webhook_secrets) {
        return Err(bad_signature());
    }
    // Kept until the event is durable.
    let _taken = body.taken;
    let event = NewEvent::of(body.bytes, Source::Webhook, now);
    let created = event.envelope().and_then(|envelope| envelope.created);
    match intake.keep(&app.db, event).await {
        Ok(Kept::New) => {
            app.wake.notify_one();
            if let Some(lag) = created.and_then(|created| (now - created).to_std().ok()) {
                app.metrics.webhook_lag_seconds.observe(lag.as_secs_f64());
            }
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

/// Whoever sends many is told to wait. What Stripe did sign is taken all the same: a proxy may make all
/// callers one.
fn bad_signature(counted: Result<(), TooMany>) -> Refused {
    let why = "the signature is missing, wrong or too old\n";
    let response = match counted {
        Ok(()) => HttpResponse::BadRequest().body(why),
        Err(TooMany {
            retry_after_seconds,
        }) => HttpResponse::TooManyRequests()
            .insert_header((header::RETRY_AFTER, retry_after_seconds.to_string()))
            .body(why),
    };
    (response, "bad_signature")
}

fn unread(why: Unread) -> Refused {
    let outcome = match why {
        Unread::Broken => "broken",
        Unread::TooLarge => "too_large",
        Unread::NoRoom => "no_room",
    };
    (why.answer(), outcome)
}
