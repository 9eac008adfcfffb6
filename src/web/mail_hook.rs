//! `POST /hooks/mail/{provider}/{MAIL_HOOK_SECRET}`: what a mail provider reports of mails that it has taken.
//!
//! The address is what lets a report in. What cannot be acted on yet is answered with 503: both providers
//! send again what was not taken.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Payload},
};
use sha2::{Digest, Sha256};

use super::body::{Room, Unread};
use crate::{
    app::App,
    config::Secret,
    mail::report::{Report, postmark, ses},
    outbox::reported::{self, Outcome},
    outside::Outside,
};

/// `POST /hooks/mail/{provider}/{secret}`
pub async fn receive(
    path: Path<(String, String)>,
    payload: Payload,
    app: Data<App>,
    room: Data<Room>,
) -> HttpResponse {
    let (provider, secret) = path.into_inner();
    let (Some(provider), true) = (Provider::named(&provider), knows(&app, &secret)) else {
        return HttpResponse::NotFound().finish();
    };
    let body = match room.read(payload).await {
        Ok(body) => body,
        Err(why) => return unread(why),
    };
    match provider.read(&body.bytes) {
        None => HttpResponse::BadRequest().body("this is nothing that the provider sends\n"),
        Some(ses::Sent::Nothing) => HttpResponse::Ok().finish(),
        Some(ses::Sent::Confirm(url)) => confirm(url.as_str()).await,
        Some(ses::Sent::Reports(reports)) => take(&app, reports).await,
    }
}

#[derive(Clone, Copy)]
enum Provider {
    Ses,
    Postmark,
}

impl Provider {
    fn named(name: &str) -> Option<Self> {
        match name {
            "ses" => Some(Self::Ses),
            "postmark" => Some(Self::Postmark),
            _ => None,
        }
    }

    fn read(self, body: &[u8]) -> Option<ses::Sent> {
        match self {
            Self::Ses => ses::read(body),
            Self::Postmark => postmark::read(body).map(ses::Sent::Reports),
        }
    }
}

/// Hashes are compared, so that the time it takes tells nothing of the secret.
fn knows(app: &App, said: &str) -> bool {
    let hash = |text: &str| Sha256::digest(text.as_bytes());
    let secret = app.mailer.hook_secret.as_ref();
    secret.is_some_and(|secret| hash(secret.expose()) == hash(said))
}

async fn take(app: &App, reports: Vec<Report>) -> HttpResponse {
    let mut in_hand = false;
    for report in reports {
        let now = app.clock.now();
        let taken = app
            .db
            .run(move |connection| reported::take(connection, &report, now));
        match taken.await {
            Ok(taken) => in_hand |= taken.outcome == Outcome::InHand,
            Err(error) => {
                error.log("mail hook");
                return later();
            }
        }
    }
    match in_hand {
        true => later(),
        false => HttpResponse::Ok().finish(),
    }
}

async fn confirm(url: &str) -> HttpResponse {
    let asked = match Outside::new("SubscribeURL", &Secret::new(url)) {
        Ok(place) => place.get().await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match asked {
        Ok(()) => {
            log::info!("mail hook: SNS was told that its reports may come here");
            HttpResponse::Ok().finish()
        }
        Err(why) => {
            log::warn!("mail hook: SNS could not be told that its reports may come here: {why}");
            later()
        }
    }
}

fn later() -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .insert_header(("Retry-After", "60"))
        .finish()
}

fn unread(why: Unread) -> HttpResponse {
    match why {
        Unread::NoRoom => later(),
        Unread::Broken | Unread::TooLarge => why.answer(),
    }
}
