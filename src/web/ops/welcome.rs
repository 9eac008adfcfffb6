//! Coming in by a mailed link.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};

use super::{
    OpsSite,
    cookie::Cookies,
    door::{door, entered_by, guarded},
    form::{Guard, Sent},
    line::sentence,
    refusal::Refusal,
};
use crate::{
    app::App,
    password::Password,
    people::{self, Guest, session::is_shaped},
};

#[derive(Serialize)]
struct Welcome<'a> {
    form: Guard,
    action: String,
    name: &'a str,
    email: &'a str,
    is_new: bool,
    error: &'a str,
}

/// `GET /ops/welcome/{token}`: changes nothing, since mail programs look at links.
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    site: Data<OpsSite>,
    token: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let guest = guest(&app, &site, &token).await?;
    Ok(page(&request, &site, &token, &guest, ""))
}

#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

/// `POST /ops/welcome/{token}`
pub async fn choose(
    request: HttpRequest,
    app: Data<App>,
    site: Data<OpsSite>,
    token: Path<String>,
    sent: Sent<Typed>,
) -> Result<HttpResponse, Refusal> {
    let guest = guest(&app, &site, &token).await?;
    let Typed { password, again } = sent.fields;
    let password = match Password::parse(&password) {
        Err(error) => {
            let why = format!("{}.", sentence(&error.to_string()));
            return Ok(page(&request, &site, &token, &guest, &why));
        }
        Ok(_) if password != again => {
            let why = "The two are not the same.";
            return Ok(page(&request, &site, &token, &guest, why));
        }
        Ok(password) => password,
    };
    let hash = app.passwords.hash(password).await;
    let hash = hash.map_err(|_| Refusal::busy(&site))?;
    let (token, browser, now) = (token.into_inner(), request.browser(), app.clock.now());
    let chosen = app.db.transaction(move |connection| {
        people::choose(connection, &token, &hash, browser.as_deref(), now)
    });
    let chosen = chosen.await;
    match chosen.map_err(|error| Refusal::database(&site, &error))? {
        Some((session, browser)) => Ok(entered_by(site.jar, "", &session, &browser)),
        None => Err(no_longer(&site)),
    }
}

async fn guest(app: &App, site: &OpsSite, token: &str) -> Result<Guest, Refusal> {
    if !is_shaped(token) {
        return Err(no_longer(site));
    }
    let (token, now) = (token.to_owned(), app.clock.now());
    let guest = app
        .db
        .transaction(move |connection| people::guest(connection, &token, now));
    let guest = guest
        .await
        .map_err(|error| Refusal::database(site, &error))?;
    guest.ok_or_else(|| no_longer(site))
}

fn page(
    request: &HttpRequest,
    site: &OpsSite,
    token: &str,
    guest: &Guest,
    error: &str,
) -> HttpResponse {
    let (form, cookie) = guarded(request, site.jar);
    let page = Welcome {
        form,
        action: format!("/ops/welcome/{token}"),
        name: &guest.name,
        email: &guest.email,
        is_new: guest.is_new,
        error,
    };
    let status = match error.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    door(site, status, "welcome.html", &page, cookie)
}

fn no_longer(site: &OpsSite) -> Refusal {
    Refusal::at_the_door(
        site,
        StatusCode::NOT_FOUND,
        (
            "This link is not good any more",
            "It works once, for 24 hours. If you have chosen a password, sign in with it; if not, ask for another link.",
        ),
    )
}
