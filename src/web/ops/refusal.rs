//! What is not done, and why: a page, or the way to the sign-in.

use std::fmt;

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::{OpsSite, desk::Desk, guard::Viewer};
use crate::{
    db::DbError,
    people::{Person, WINDOW},
    token::Role,
};

/// What a path may have in a query as it is.
const IN_A_QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.');

/// An answer that is no page of the kind that was asked for.
#[derive(Debug)]
pub enum Refusal {
    /// To another page.
    Elsewhere(String),
    /// A page that says why.
    Page(StatusCode, String),
    /// The same for somebody who is signed in: the guard puts it into the frame, with the badge.
    InFrame(Box<InFrame>),
}

/// What is said to somebody who is signed in.
#[derive(Debug, Clone)]
pub struct InFrame {
    person: Person,
    status: StatusCode,
    page: Refused,
}

#[derive(Serialize)]
struct Said<'a> {
    title: &'a str,
    text: &'a str,
    href: &'a str,
    link: &'a str,
}

impl Refusal {
    /// Whoever is not signed in goes to the sign-in, and from there back to the page that they asked for.
    pub fn stranger(back: Option<&str>) -> Self {
        let next = back.filter(|path| is_ours(path) && path.trim_end_matches('/') != "/ops");
        Self::Elsewhere(match next {
            Some(path) => format!(
                "/ops/sign-in?next={}",
                utf8_percent_encode(path, IN_A_QUERY)
            ),
            None => "/ops/sign-in".to_owned(),
        })
    }

    /// 403: the form is not from a page of ours, or from one of long ago.
    pub fn forged(site: &OpsSite) -> Self {
        let said = Said {
            title: "This form is too old",
            text: "Nothing was changed. It was made before you signed in, or by another site. Open the page again, and send it from there.",
            href: "/ops",
            link: "Go on",
        };
        Self::said(site, StatusCode::FORBIDDEN, &said)
    }

    /// 400: a form that no page of ours sends.
    pub fn unreadable(site: &OpsSite) -> Self {
        let said = Said {
            title: "This form cannot be read",
            text: "Nothing was changed. Open the page again, and send it from there.",
            href: "/ops",
            link: "Go on",
        };
        Self::said(site, StatusCode::BAD_REQUEST, &said)
    }

    /// 413: more than anybody types into a form.
    pub fn too_large(site: &OpsSite) -> Self {
        let said = Said {
            title: "This is too much for one form",
            text: "Nothing was changed. Go back, shorten what you have typed, and send it again.",
            href: "/ops",
            link: "Go on",
        };
        Self::said(site, StatusCode::PAYLOAD_TOO_LARGE, &said)
    }

    /// 503, or 500 where the database refuses what we say.
    pub fn database(site: &OpsSite, error: &DbError) -> Self {
        log::error!("a page of the shop's people failed: {error}");
        let (status, text) = match error.is_away() {
            true => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The database did not answer. Nothing is lost: try again in a moment.",
            ),
            false => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "This should not have happened. The service’s log says more.",
            ),
        };
        let said = Said {
            title: "Not just now",
            text,
            href: "/ops",
            link: "Try again",
        };
        Self::said(site, status, &said)
    }

    /// 503: too many sign in.
    pub fn busy(site: &OpsSite) -> Self {
        let said = Said {
            title: "Not just now",
            text: "Many people sign in at this moment. Try again in a few seconds.",
            href: "/ops/sign-in",
            link: "Try again",
        };
        Self::said(site, StatusCode::SERVICE_UNAVAILABLE, &said)
    }

    /// 403: what it would have needed, and who can.
    pub fn role_too_low(person: &Person, needed: Role) -> Self {
        let page = Refused {
            title: format!("This needs an account with the role {needed}"),
            text: format!(
                "You are signed in as {}, {}. Nothing was changed.",
                person.name, person.role
            ),
            more: "Ask an admin: they do it, or give you that role under People.",
            back: "/ops",
            link: "Back to Today",
            mark: "ban",
        };
        Self::in_frame(person, StatusCode::FORBIDDEN, page)
    }

    /// 404, in the frame.
    pub fn no_page(person: &Person) -> Self {
        let page = Refused {
            title: "There is no such page".to_owned(),
            text: "It may have been deleted, or the address has a mistake in it.".to_owned(),
            more: "",
            back: "/ops",
            link: "Back to Today",
            mark: "search",
        };
        Self::in_frame(person, StatusCode::NOT_FOUND, page)
    }

    /// 400: a list is asked for by a filter that is none, in the frame.
    pub fn no_such_list(person: &Person, filter: &str) -> Self {
        let page = Refused {
            title: "There is no such list".to_owned(),
            text: format!("The address has “{filter}” in it, which says nothing that we know."),
            more: "Without it everybody would stand here, so nobody does.",
            back: "/ops/orders",
            link: "Everybody who owes",
            mark: "search",
        };
        Self::in_frame(person, StatusCode::BAD_REQUEST, page)
    }

    /// 409: it is not in a state for that, in the frame.
    pub fn not_now(person: &Person, text: &str) -> Self {
        let page = Refused {
            title: "That cannot be done".to_owned(),
            text: text.to_owned(),
            more: "Nothing was changed.",
            back: "/ops",
            link: "Back to Today",
            mark: "ban",
        };
        Self::in_frame(person, StatusCode::CONFLICT, page)
    }

    /// 503: others have their turn, or it took too long; the text says which. In the frame.
    pub fn too_much(person: &Person, text: &str) -> Self {
        let page = Refused {
            title: "Not just now".to_owned(),
            text: text.to_owned(),
            more: "Nothing was changed. Go back and try once more in a minute.",
            back: "/ops",
            link: "Back to Today",
            mark: "clock",
        };
        Self::in_frame(person, StatusCode::SERVICE_UNAVAILABLE, page)
    }

    /// 409: a form was pressed before, and what it does goes on. In the frame.
    pub fn goes_on(person: &Person) -> Self {
        let page = Refused {
            title: "It is still being carried out".to_owned(),
            text: "You pressed before, and that press has not come to its end.".to_owned(),
            more: "It is done once. Look again in a minute.",
            back: "/ops",
            link: "Back to Today",
            mark: "clock",
        };
        Self::in_frame(person, StatusCode::CONFLICT, page)
    }

    /// 503: a payment page may be open, and Stripe does not say how it stands. In the frame.
    pub fn stripe_is_away(person: &Person) -> Self {
        let page = Refused {
            title: "Stripe does not answer".to_owned(),
            text: "Before anything changes, Stripe is asked how the payment page stands. It did not answer in time."
                .to_owned(),
            more: "Nothing was changed. Go back and press once more in a minute.",
            back: "/ops",
            link: "Back to Today",
            mark: "clock",
        };
        Self::in_frame(person, StatusCode::SERVICE_UNAVAILABLE, page)
    }

    /// A page for somebody who is not signed in.
    pub fn at_the_door(site: &OpsSite, status: StatusCode, (title, text): (&str, &str)) -> Self {
        let said = Said {
            title,
            text,
            href: "/ops/forgotten",
            link: "Ask for another link",
        };
        Self::said(site, status, &said)
    }

    /// The service is not put together.
    pub fn broken() -> Self {
        Self::Page(StatusCode::INTERNAL_SERVER_ERROR, String::new())
    }

    /// As an answer.
    pub fn answer(&self) -> HttpResponse {
        match self {
            Self::Elsewhere(path) => see(path),
            Self::Page(status, html) => written(*status, html.clone()),
            // Until the guard has written it.
            Self::InFrame(refused) => HttpResponse::new(refused.status),
        }
    }

    fn said(site: &OpsSite, status: StatusCode, said: &Said) -> Self {
        Self::Page(status, site.door("said.html", said))
    }

    fn in_frame(person: &Person, status: StatusCode, page: Refused) -> Self {
        Self::InFrame(Box::new(InFrame {
            person: person.clone(),
            status,
            page,
        }))
    }
}

impl InFrame {
    /// The page, with the badge that stands at `open` things; `None`: the database did not tell.
    pub fn answer(&self, site: &OpsSite, request: &HttpRequest, open: Option<i64>) -> HttpResponse {
        let frame = Desk::frame_with_badge(site, &self.person, request, open);
        written(self.status, frame.render(site, "refused.html", &self.page))
    }
}

#[derive(Debug, Clone, Serialize)]
struct Refused {
    title: String,
    text: String,
    more: &'static str,
    back: &'static str,
    link: &'static str,
    mark: &'static str,
}

fn written(status: StatusCode, html: String) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header((header::RETRY_AFTER, "5"));
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.insert_header((header::RETRY_AFTER, WINDOW.num_seconds()));
    }
    response.content_type("text/html; charset=utf-8").body(html)
}

/// To another page.
pub fn see(path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, path))
        .finish()
}

/// Whether a path leads to a page of ours: what somebody put into a link may not lead elsewhere.
pub fn is_ours(path: &str) -> bool {
    let inside = path
        .strip_prefix("/ops")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with('?'));
    inside
        && !path.starts_with("/ops/sign")
        && !path.contains("//")
        && !path.contains("..")
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// A path below `/ops` that is none.
pub async fn no_such_page(Viewer(person): Viewer) -> Result<HttpResponse, Refusal> {
    Err(Refusal::no_page(&person))
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere(path) => f.write_str(path),
            Self::Page(status, _) => status.fmt(f),
            Self::InFrame(refused) => refused.status.fmt(f),
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Elsewhere(_) => StatusCode::SEE_OTHER,
            Self::Page(status, _) => *status,
            Self::InFrame(refused) => refused.status,
        }
    }

    fn error_response(&self) -> HttpResponse {
        self.answer()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_leads_to_pages_of_ours_alone() {
        for ours in [
            "/ops",
            "/ops/people",
            "/ops?done=1",
            "/ops/activity?tab=all&q=a%20b",
        ] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in [
            "",
            "/",
            "//evil.example",
            "/ops//evil.example",
            "/opsx",
            "/ops.evil.example",
            "/ops/../api",
            "/ops\\evil",
            "/ops/\r\nx",
            "https://evil.example/ops",
            "/ops/sign-out",
            "/ops/sign-in?next=/ops",
        ] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
