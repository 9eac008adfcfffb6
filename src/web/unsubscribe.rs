//! The end of all mail to an address: a page with a button, and what the button does.
//!
//! Scanners open every link in a mail, so a GET changes nothing. A POST counts whoever sends it: mail
//! programs' one click (RFC 8058) comes from their providers' servers, without a cookie or a referrer.
//! No page names the address: the link may be in somebody else's hands.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use super::{
    limits::Limits,
    page::Page,
    site::{Site, asked_language, peeked, token, wrong_link},
    visit,
};
use crate::{
    activity::Doing,
    app::App,
    db::DbError,
    language::Language,
    link,
    suppression::{self, AddressHash, Cause},
    visits::{About, Page as VisitedPage},
};

/// After so many seconds another press may find the database: as long as the API says, too.
const TRY_AGAIN_AFTER: u32 = 5;

/// `GET /unsubscribe/{token}`: the button. The database is not asked, so the page says nothing about
/// the address, not even whether it is on the list.
pub async fn ask(
    request: HttpRequest,
    app: Data<App>,
    site: Data<Site>,
    limits: Data<Limits>,
) -> HttpResponse {
    let Some(address) = read(&app, &request) else {
        return unknown(&request, &site, &limits);
    };
    let visitor = visit::visitor(request.headers());
    let visited = (VisitedPage::Unsubscribe, About::Address(address.0));
    visit::note(&request, &app, &limits, visitor, visited);
    let action = action(&app, &request);
    site.answer(language(&request), &Page::Unsubscribe { action: &action })
}

/// `POST /unsubscribe/{token}`: the button, and the one click of a mail program. The token says it
/// all, so the body is not read.
pub async fn press(
    request: HttpRequest,
    app: Data<App>,
    site: Data<Site>,
    limits: Data<Limits>,
) -> HttpResponse {
    let Some(address) = read(&app, &request) else {
        return unknown(&request, &site, &limits);
    };
    let action = action(&app, &request);
    let page = match unsubscribe(&app, address).await {
        Ok(()) => Page::Unsubscribed,
        Err(error) => {
            log::error!("somebody could not unsubscribe: {error}");
            Page::NotYetUnsubscribed {
                action: &action,
                retry_after_seconds: TRY_AGAIN_AFTER,
            }
        }
    };
    site.answer(language(&request), &page)
}

fn unknown(request: &HttpRequest, site: &Site, limits: &Limits) -> HttpResponse {
    let language = language(request);
    wrong_link(request, site, limits, language, &Page::UnsubscribeUnknown)
}

/// `HEAD`: says whether the link is one, and touches nothing.
pub async fn peek(request: HttpRequest, app: Data<App>, limits: Data<Limits>) -> HttpResponse {
    peeked(&request, &limits, read(&app, &request).is_some())
}

async fn unsubscribe(app: &App, address: AddressHash) -> Result<(), DbError> {
    let cause = Cause {
        reason: suppression::UNSUBSCRIBED.to_owned(),
        doing: Doing {
            actor: "payer".to_owned(),
            at: app.clock.now(),
            note: None,
        },
    };
    app.db
        .run(move |connection| {
            let known = suppression::address_of(connection, address)?;
            suppression::add(connection, address, known.as_deref(), &cause).map(drop)
        })
        .await
}

/// Taken from the path as it is: what cannot be decoded is one more token that is not ours.
fn read(app: &App, request: &HttpRequest) -> Option<AddressHash> {
    app.keys
        .verify_unsubscribe(token(request))
        .ok()
        .map(AddressHash)
}

fn language(request: &HttpRequest) -> Language {
    language_of_the_mail(request).unwrap_or_else(|| asked_language(request))
}

/// As the link says, whose mail knew its order.
fn language_of_the_mail(request: &HttpRequest) -> Option<Language> {
    let asked = Query::<Asked>::from_query(request.query_string()).ok()?;
    Some(Language::of_tag(&asked.l))
}

/// What our link says beside its token.
#[derive(Deserialize)]
struct Asked {
    l: String,
}

/// Where the button posts to: here.
fn action(app: &App, request: &HttpRequest) -> String {
    link::unsubscribe_path(
        &app.public_url,
        token(request),
        language_of_the_mail(request),
    )
}
