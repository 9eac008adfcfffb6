//! What the payment page says of the reminder.

use actix_web::{HttpResponse, http::StatusCode};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        desk::Desk,
        form::{Sent, one_kind_of_break},
        guard::Admin,
        refusal::Refusal,
    },
    Again, PATH, page, save_as_seen,
};
use crate::{
    people::once::Outcome,
    settings::{Change, Settings},
};

/// The words, as they stand or were typed.
#[derive(Debug, Default, Serialize)]
pub struct Notice {
    text: String,
    /// As they stood when the page was made.
    seen: String,
    error: Option<String>,
}

impl Notice {
    pub fn of(settings: &Settings) -> Self {
        let text = settings.notice_text.clone().unwrap_or_default();
        Self {
            seen: text.clone(),
            text,
            error: None,
        }
    }
}

#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    notice_text: String,
    #[serde(default)]
    seen: String,
}

/// `POST /ops/settings/notice`
pub async fn save(
    Admin(person): Admin,
    desk: Desk,
    sent: Sent<Typed>,
) -> Result<HttpResponse, Refusal> {
    let typed = sent.fields;
    let (text, seen) = (one_form(&typed.notice_text), one_form(&typed.seen));
    let change = match Change::notice(own(&text)).check() {
        Ok(change) => change,
        Err(_) => {
            let error = "At most 1,200 letters, and no control characters but ends of lines.";
            return again(
                &person,
                &desk,
                (text, seen),
                error,
                StatusCode::UNPROCESSABLE_ENTITY,
            )
            .await;
        }
    };
    let saved = Outcome {
        to: PATH.to_owned(),
        title: "The words are saved".to_owned(),
        text: "Payment pages that open from now on say them. Nobody was mailed.".to_owned(),
    };
    let seen_then = Change::notice(own(&seen));
    match save_as_seen(&person, &desk, sent.once, (seen_then, change), saved).await? {
        Ok(saved) => Ok(saved),
        Err((stand, who)) => {
            let stands = Notice::of(&stand).text;
            let now = match stands.is_empty() {
                true => "our own words stand there".to_owned(),
                false => format!("it says “{stands}”"),
            };
            let error = format!(
                "Somebody was first: now {now}.{who} Save again to put yours in its place."
            );
            again(&person, &desk, (text, stands), &error, StatusCode::CONFLICT).await
        }
    }
}

async fn again(
    person: &crate::people::Person,
    desk: &Desk,
    (text, seen): (String, String),
    error: &str,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let again = Again {
        notice: Some(Notice {
            text,
            seen,
            error: Some(error.to_owned()),
        }),
        status: Some(status),
        ..Again::default()
    };
    page(person, desk, again).await
}

/// As it is kept.
fn one_form(text: &str) -> String {
    one_kind_of_break(text).trim().to_owned()
}

/// No words are our own.
fn own(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
