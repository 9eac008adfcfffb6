//! Nobody comes past the sign-in without a session.

use std::future::{Ready, ready};

use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest,
    body::{EitherBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
    web::Data,
};

use super::{
    OpsSite,
    cookie::Cookies,
    refusal::{InFrame, Refusal},
};
use crate::{
    activity::{Doing, feed},
    app::App,
    db::DbError,
    people::{self, Person, session},
    token::Role,
};

/// Lets people in, and strangers as far as the sign-in; from every other path they are sent there, whether it
/// exists or not.
///
/// # Errors
/// The handler's.
pub async fn only_people<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let (Some(site), Some(app)) = (
        request.app_data::<Data<OpsSite>>().cloned(),
        request.app_data::<Data<App>>().cloned(),
    ) else {
        return Ok(request
            .into_response(Refusal::broken().answer())
            .map_into_right_body());
    };
    let person = match who(&request, &app).await {
        Ok(person) => person,
        Err(error) => {
            let refusal = Refusal::database(&site, &error);
            return Ok(request
                .into_response(refusal.answer())
                .map_into_right_body());
        }
    };
    match person {
        Some(person) => {
            request.extensions_mut().insert(person);
        }
        None if is_open(request.path()) => {}
        None => {
            let back = (request.method() == Method::GET).then(|| request.uri().to_string());
            let refusal = Refusal::stranger(back.as_deref());
            return Ok(request
                .into_response(refusal.answer())
                .map_into_right_body());
        }
    }
    let response = next.call(request).await?;
    let refused = response.response().error().and_then(in_frame);
    let Some(refused) = refused else {
        return Ok(response.map_into_left_body());
    };
    // The database may be what refused: then the page comes without the badge.
    let open = app.db.run(feed::open_count).await.ok();
    let answer = refused.answer(&site, response.request(), open);
    Ok(response.into_response(answer).map_into_right_body())
}

fn in_frame(error: &Error) -> Option<InFrame> {
    match error.as_error()? {
        Refusal::InFrame(refused) => Some(InFrame::clone(refused)),
        Refusal::Elsewhere(_) | Refusal::Page(..) => None,
    }
}

/// Where strangers may go.
fn is_open(path: &str) -> bool {
    let inside = path.strip_prefix("/ops/").unwrap_or_default();
    matches!(inside, "sign-in" | "sign-out" | "forgotten")
        || inside
            .strip_prefix("welcome/")
            .is_some_and(|token| !token.is_empty() && !token.contains('/'))
}

/// Whose session the request is of. Its use is written down, but for a stream: a page that nobody looks at
/// would keep it for ever.
async fn who(request: &ServiceRequest, app: &App) -> Result<Option<Person>, DbError> {
    let Some(token) = request.session() else {
        return Ok(None);
    };
    let (now, is_a_use) = (app.clock.now(), !request.path().ends_with("/stream"));
    app.db
        .run(move |connection| {
            let person = session::find(connection, &token, now)?;
            if let Some(person) = person.as_ref().filter(|_| is_a_use) {
                session::note_use(connection, person, now)?;
            }
            Ok(person)
        })
        .await
}

macro_rules! people {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        pub struct $name(pub Person);

        impl FromRequest for $name {
            type Error = Refusal;
            type Future = Ready<Result<Self, Refusal>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(with_role(request, Role::$name).map(Self))
            }
        }
    )*};
}

people! {
    /// Somebody who may look.
    Viewer;
    /// Somebody who may also work.
    Operator;
    /// Somebody who may do everything.
    Admin;
}

/// Who asks, if their role suffices.
fn with_role(request: &HttpRequest, needed: Role) -> Result<Person, Refusal> {
    let person = request.extensions().get::<Person>().cloned();
    let person = person.ok_or_else(|| Refusal::stranger(None))?;
    if person.role >= needed {
        return Ok(person);
    }
    Err(Refusal::role_too_low(&person, needed))
}

/// What somebody does now.
pub fn doing(person: &Person, app: &App) -> Doing {
    people::doing(&person.name, app.clock.now())
}
