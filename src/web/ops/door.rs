//! Signing in and out, and a forgotten password.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::Cookie,
    http::{StatusCode, header},
    web::{Data, Query},
};
use serde::{Deserialize, Serialize};

use super::{
    OpsSite,
    cookie::{Cookies, Jar},
    form::{Guard, Nothing, Sent},
    refusal::{Refusal, is_ours, see},
};
use crate::{
    app::App,
    config::Secret,
    people::{self, Attempt, Entered, MailSetUp, session},
    web::limits::Limits,
};

/// One sentence for every wrong log-in: nobody learns who has an account.
const WRONG: &str = "That e-mail and password do not belong together.";
const TOO_MANY: &str = "Too many tries. Wait a quarter of an hour.";
/// Letters that a field may have; browsers hold people to fewer.
const LONGEST: usize = 1_000;

#[derive(Serialize, Default)]
struct SignIn<'a> {
    form: Option<Guard>,
    next: &'a str,
    email: &'a str,
    error: &'a str,
    said: &'a str,
    nobody: bool,
}

#[derive(Deserialize)]
pub struct Asked {
    next: Option<String>,
    out: Option<String>,
}

/// `GET /ops/sign-in`
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    site: Data<OpsSite>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Refusal> {
    let is_anybody = app.db.run(people::is_anybody).await;
    let is_anybody = is_anybody.map_err(|error| Refusal::database(&site, &error))?;
    let page = SignIn {
        next: way_back(asked.next.as_deref()),
        said: match asked.out.as_deref() {
            Some("everywhere") => "You are signed out on every device.",
            Some(_) => "You are signed out.",
            None => "",
        },
        nobody: !is_anybody,
        ..SignIn::default()
    };
    Ok(sign_in_page(&request, &site, StatusCode::OK, page))
}

#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /ops/sign-in`
pub async fn sign_in(
    request: HttpRequest,
    app: Data<App>,
    site: Data<OpsSite>,
    limits: Data<Limits>,
    sent: Sent<Typed>,
) -> Result<HttpResponse, Refusal> {
    let Typed {
        email,
        password,
        next,
    } = sent.fields;
    let (email, next) = (excerpt(email), way_back(Some(&next)).to_owned());
    let attempt = Attempt {
        email: email.clone(),
        password: excerpt(password),
        address: limits.caller(&request).map(|caller| caller.to_string()),
        browser: request.browser(),
        session: request.session(),
    };
    let entered = people::sign_in(&app.db, &app.passwords, attempt, app.clock.now()).await;
    let wrong = |status, error| {
        let page = SignIn {
            email: &email,
            next: &next,
            error,
            ..SignIn::default()
        };
        Ok(sign_in_page(&request, &site, status, page))
    };
    match entered.map_err(|error| Refusal::database(&site, &error))? {
        Entered::In(session, browser) => Ok(entered_by(site.jar, &next, &session, &browser)),
        Entered::Wrong => wrong(StatusCode::UNPROCESSABLE_ENTITY, WRONG),
        Entered::TooMany => wrong(StatusCode::TOO_MANY_REQUESTS, TOO_MANY),
        Entered::Busy => Err(Refusal::busy(&site)),
    }
}

/// To the first page, with the cookies of a fresh session.
pub fn entered_by(jar: Jar, next: &str, session: &Secret, browser: &Secret) -> HttpResponse {
    let mut answer = see(if next.is_empty() { "/ops" } else { next });
    for cookie in [jar.session(session), jar.browser(browser), jar.house()] {
        // They have one name each: nothing else can go wrong.
        let _ = answer.add_cookie(&cookie);
    }
    answer
}

/// `POST /ops/sign-out`
pub async fn sign_out(
    request: HttpRequest,
    app: Data<App>,
    site: Data<OpsSite>,
    _sent: Sent<Nothing>,
) -> Result<HttpResponse, Refusal> {
    if let Some(token) = request.session() {
        let ended = app.db.run(move |c| session::end(c, &token)).await;
        ended.map_err(|error| Refusal::database(&site, &error))?;
    }
    Ok(signed_out(site.jar, "/ops/sign-in?out=here"))
}

/// To the sign-in, without a session.
pub fn signed_out(jar: Jar, to: &str) -> HttpResponse {
    let mut answer = see(to);
    for cookie in [jar.no_session(), jar.no_house()] {
        let _ = answer.add_cookie(&cookie);
    }
    answer
}

#[derive(Serialize, Default)]
struct Forgotten<'a> {
    form: Option<Guard>,
    email: &'a str,
    sent: bool,
}

/// `GET /ops/forgotten`
pub async fn ask_address(request: HttpRequest, site: Data<OpsSite>) -> HttpResponse {
    let (form, cookie) = guarded(&request, site.jar);
    let page = Forgotten {
        form: Some(form),
        ..Forgotten::default()
    };
    door(&site, StatusCode::OK, "forgotten.html", &page, cookie)
}

#[derive(Deserialize)]
pub struct Address {
    #[serde(default)]
    email: String,
}

/// `POST /ops/forgotten`
pub async fn send_link(
    request: HttpRequest,
    app: Data<App>,
    site: Data<OpsSite>,
    limits: Data<Limits>,
    sent: Sent<Address>,
) -> Result<HttpResponse, Refusal> {
    let address = limits.caller(&request).map(|caller| caller.to_string());
    let (email, mail) = (excerpt(sent.fields.email), MailSetUp::of(&app));
    let sent = people::forgotten(&app.db, email, address, mail, app.clock.now()).await;
    if !sent.map_err(|error| Refusal::database(&site, &error))? {
        let status = StatusCode::TOO_MANY_REQUESTS;
        return Err(Refusal::at_the_door(
            &site,
            status,
            ("Too many tries", "Wait a quarter of an hour."),
        ));
    }
    app.wake_mail.notify_one();
    let page = Forgotten {
        sent: true,
        ..Forgotten::default()
    };
    Ok(door(&site, StatusCode::OK, "forgotten.html", &page, None))
}

fn sign_in_page(
    request: &HttpRequest,
    site: &OpsSite,
    status: StatusCode,
    page: SignIn,
) -> HttpResponse {
    let (form, cookie) = guarded(request, site.jar);
    let page = SignIn {
        form: Some(form),
        ..page
    };
    let mut answer = door(site, status, "sign-in.html", &page, cookie);
    if status == StatusCode::TOO_MANY_REQUESTS {
        let wait = people::WINDOW.num_seconds().into();
        answer.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    answer
}

/// What a form carries before sign-in, and the cookie that it is bound to, if the browser has none yet.
pub fn guarded(request: &HttpRequest, jar: Jar) -> (Guard, Option<Cookie<'static>>) {
    match request.session().or_else(|| request.door()) {
        Some(cookie) => (Guard::of(&cookie), None),
        None => {
            let fresh = session::fresh();
            let cookie = jar.door(fresh.expose());
            (Guard::of(fresh.expose()), Some(cookie))
        }
    }
}

/// A page of somebody who is not signed in.
pub fn door(
    site: &OpsSite,
    status: StatusCode,
    template: &str,
    page: &impl Serialize,
    cookie: Option<Cookie<'static>>,
) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    if let Some(cookie) = cookie {
        answer.cookie(cookie);
    }
    answer
        .content_type("text/html; charset=utf-8")
        .body(site.door(template, page))
}

/// Where somebody wanted to go, if that is a page of ours.
fn way_back(next: Option<&str>) -> &str {
    next.filter(|path| is_ours(path)).unwrap_or_default()
}

fn excerpt(text: String) -> String {
    text.chars().take(LONGEST).collect()
}
