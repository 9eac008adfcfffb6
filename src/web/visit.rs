//! Who visits a page of payers, as the request tells it.

use actix_web::{HttpRequest, http::header::HeaderMap};

use super::{limits::Limits, ops};
use crate::{
    app::App,
    visitor::{self, Visitor},
    visits::{About, Country, Page, Seen},
};

/// A person, or a machine that only looks.
pub fn visitor(headers: &HeaderMap) -> Visitor {
    let header = |name: &str| headers.get(name).map(|value| value.as_bytes());
    visitor::classify(&visitor::Headers {
        user_agent: header("user-agent"),
        sec_purpose: header("sec-purpose"),
        purpose: header("purpose"),
        x_purpose: header("x-purpose"),
        x_moz: header("x-moz"),
    })
}

/// Counts a visit, in memory. Whoever has signed in to the shop's pages with this browser is no visitor.
pub fn note(
    request: &HttpRequest,
    app: &App,
    limits: &Limits,
    visitor: Visitor,
    (page, about): (Page, About),
) {
    if app.visits.is_off() || ops::is_of_the_house(request) {
        return;
    }
    let headers = request.headers();
    let caller = limits.caller(request).map(|caller| caller.to_string());
    let country = (app.country_header.as_deref())
        .filter(|_| limits.may_tell(request))
        .and_then(|name| headers.get(name))
        .and_then(|value| Country::read(value.as_bytes()));
    let user_agent = headers.get("user-agent").map(|value| value.as_bytes());
    let seen = Seen {
        page,
        about,
        visitor,
        caller: caller.as_deref().unwrap_or_default(),
        user_agent: user_agent.unwrap_or_default(),
        country,
    };
    app.visits.note(&seen, app.clock.now());
}
