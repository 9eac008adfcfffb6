//! What a handler works at: the frame of its page, and forms that are carried out once.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::StatusCode,
    web::{Data, Query},
};
use diesel::{PgConnection, QueryResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    OpsSite,
    assets::Assets,
    cookie::Cookies,
    form::Guard,
    menu::{Group, Here, menu},
    refusal::{Refusal, see},
    when,
};
use crate::{
    activity::feed,
    app::App,
    people::{
        Person,
        once::{self, Outcome, Pressed},
    },
    token::Role,
};

/// The stream of a page that follows nothing but the badge.
pub const BADGE: &str = "/ops/activity/stream?only=badge";

/// One request of somebody who is signed in.
pub struct Desk {
    pub app: Data<App>,
    pub site: Data<OpsSite>,
    pub request: HttpRequest,
    done: Option<Uuid>,
    again: bool,
}

/// What the page says that a form led to.
#[derive(Default, Deserialize)]
struct Led {
    done: Option<Uuid>,
    again: Option<String>,
}

impl FromRequest for Desk {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parts = request
            .app_data::<Data<App>>()
            .cloned()
            .zip(request.app_data::<Data<OpsSite>>().cloned());
        let led = Query::<Led>::from_query(request.query_string());
        let led = led.map(Query::into_inner).unwrap_or_default();
        ready(parts.map_or_else(
            || Err(Refusal::broken()),
            |(app, site)| {
                Ok(Self {
                    app,
                    site,
                    request: request.clone(),
                    done: led.done,
                    again: led.again.is_some(),
                })
            },
        ))
    }
}

/// What is around every page.
#[derive(Debug, Clone, Serialize)]
pub struct Frame<'a> {
    shop: &'a str,
    assets: &'a Assets,
    zone: String,
    person: Named<'a>,
    form: Guard,
    menu: Vec<Group>,
    badge: String,
    stream: Option<String>,
    notice: Option<Notice>,
}

#[derive(Debug, Clone, Serialize)]
struct Named<'a> {
    name: &'a str,
    role: Role,
}

#[derive(Debug, Clone, Serialize)]
struct Notice {
    title: String,
    text: String,
    again: bool,
}

impl Frame<'_> {
    /// The page within it.
    pub fn render(&self, site: &OpsSite, template: &str, page: &impl Serialize) -> String {
        #[derive(Serialize)]
        struct Whole<'a, P> {
            frame: &'a Frame<'a>,
            page: &'a P,
        }
        site.render(template, &Whole { frame: self, page })
    }
}

impl Desk {
    /// The frame without what the database would tell.
    pub fn frame_without_news<'a>(
        site: &'a OpsSite,
        person: &'a Person,
        request: &HttpRequest,
    ) -> Frame<'a> {
        Frame {
            shop: &site.shop,
            assets: &site.assets,
            zone: when::place(site.zone),
            person: Named {
                name: &person.name,
                role: person.role,
            },
            form: Guard::of(&request.session().unwrap_or_default()),
            menu: menu(Here::Elsewhere, person.role),
            badge: "0".to_owned(),
            stream: None,
            notice: None,
        }
    }

    /// A page, with the badge and what a form has led to.
    pub async fn page(
        &self,
        person: &Person,
        here: Here,
        template: &str,
        page: &impl Serialize,
    ) -> Result<HttpResponse, Refusal> {
        let template = (template, BADGE.to_owned());
        self.page_following(person, here, template, page, StatusCode::OK)
            .await
    }

    /// The same with a stream of its own, and another status.
    pub async fn page_following(
        &self,
        person: &Person,
        here: Here,
        (template, stream): (&str, String),
        page: &impl Serialize,
        status: StatusCode,
    ) -> Result<HttpResponse, Refusal> {
        let (done, user) = (self.done, person.id);
        let read = move |connection: &mut PgConnection| {
            let outcome = match done {
                Some(done) => once::find(connection, done, user)?,
                None => None,
            };
            Ok((feed::open_count(connection)?, outcome))
        };
        let (badge, outcome) = self.read(read).await?;
        let frame = Frame {
            menu: menu(here, person.role),
            badge: feed::count_in_words(badge),
            stream: Some(stream),
            notice: outcome.map(|(outcome, at)| Notice {
                title: format!(
                    "{}, {} by you",
                    outcome.title,
                    when::When::of(at, self.site.zone).text
                ),
                text: outcome.text,
                again: self.again,
            }),
            ..Self::frame_without_news(&self.site, person, &self.request)
        };
        let html = frame.render(&self.site, template, page);
        Ok(HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .body(html))
    }

    /// Reads from the database.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl Fn(&mut PgConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        let read = self.app.db.run(read).await;
        read.map_err(|error| Refusal::database(&self.site, &error))
    }

    /// Carries a form out, once, in one transaction with what came of it. `Ok(Err(…))`: it was refused, and
    /// nothing was changed.
    pub async fn once<R: Send + 'static>(
        &self,
        person: &Person,
        token: String,
        act: impl Fn(&mut PgConnection) -> QueryResult<Result<Outcome, R>> + Send + 'static,
    ) -> Result<Result<Pressed, R>, Refusal> {
        let (user, now) = (person.id, self.app.clock.now());
        let once =
            move |connection: &mut PgConnection| once::once(connection, (user, &token), now, &act);
        let done = self.app.db.transaction(once).await;
        done.map_err(|error| Refusal::database(&self.site, &error))
    }

    /// 404.
    pub fn no_page(&self, person: &Person) -> Refusal {
        Refusal::no_page(&self.site, person, &self.request)
    }

    /// 503: Stripe did not answer.
    pub fn stripe_is_away(&self, person: &Person) -> Refusal {
        Refusal::stripe_is_away(&self.site, person, &self.request)
    }

    /// 409: the first press has not come to its end.
    pub fn goes_on(&self, person: &Person) -> Refusal {
        Refusal::goes_on(&self.site, person, &self.request)
    }

    /// 409.
    pub fn not_now(&self, person: &Person, text: &str) -> Refusal {
        Refusal::not_now(&self.site, person, &self.request, text)
    }
}

/// To the page that shows what came of a form.
pub fn shown(pressed: &Pressed) -> HttpResponse {
    let sign = if pressed.outcome.to.contains('?') {
        '&'
    } else {
        '?'
    };
    let again = if pressed.again { "&again=1" } else { "" };
    see(&format!(
        "{}{sign}done={}{again}",
        pressed.outcome.to, pressed.id
    ))
}
