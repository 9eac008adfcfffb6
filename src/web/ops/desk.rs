//! What a handler works at: the frame of its page, and forms that are carried out once.

use std::future::{Future, Ready, ready};

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
    db::DbError,
    people::{
        Person,
        long_press::{Came, long_press},
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
    /// The frame of a page that is nobody's in the menu; `open`: so many things need somebody, if it is known.
    pub fn frame_with_badge<'a>(
        site: &'a OpsSite,
        person: &'a Person,
        request: &HttpRequest,
        open: Option<i64>,
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
            badge: open.map_or_else(|| "0".to_owned(), feed::count_in_words),
            stream: Some(BADGE.to_owned()),
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
            ..Self::frame_with_badge(&self.site, person, &self.request, Some(badge))
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

    /// The same for an action that asks Stripe, or takes transactions of its own: whoever presses again meanwhile
    /// is told so.
    pub async fn long_press<R: 'static, F>(
        &self,
        person: &Person,
        token: &str,
        act: impl FnOnce() -> F,
    ) -> Result<Result<Pressed, R>, Refusal>
    where
        F: Future<Output = Result<Result<Outcome, R>, DbError>> + 'static,
    {
        let came = long_press(&self.app, (person.id, token), act).await;
        match came.map_err(|error| Refusal::database(&self.site, &error))? {
            Came::Pressed(pressed) => Ok(Ok(pressed)),
            Came::Refused(refused) => Ok(Err(refused)),
            Came::GoesOn => Err(Refusal::goes_on(person)),
        }
    }

    /// The id in a path; 404 where it is none.
    pub fn id(person: &Person, said: &str) -> Result<Uuid, Refusal> {
        said.parse().map_err(|_| Refusal::no_page(person))
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
