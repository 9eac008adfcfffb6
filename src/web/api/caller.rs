//! Who calls, and what they may do. A handler asks for a role by its argument's type, so that a
//! route without one cannot be written by leaving a line out.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};

use super::problem::Problem;
use crate::{
    activity::Doing,
    app::App,
    token::{self, Role},
};

/// A caller who may read.
pub struct Viewer;

/// A caller who may also change orders, events and mails.
pub struct Operator {
    /// Who it is, for the history: `api:NAME`.
    actor: String,
}

/// A caller who may also turn the service's switches.
pub struct Admin {
    /// As an operator's.
    actor: String,
}

impl Operator {
    /// What the caller does now.
    pub fn doing(&self, app: &App, note: Option<String>) -> Doing {
        doing(&self.actor, app, note)
    }
}

impl Admin {
    /// What the caller does now.
    pub fn doing(&self, app: &App) -> Doing {
        doing(&self.actor, app, None)
    }
}

impl FromRequest for Viewer {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = caller(request, Role::Viewer);
        Box::pin(async { caller.await.map(|_| Self) })
    }
}

impl FromRequest for Operator {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = caller(request, Role::Operator);
        Box::pin(async {
            caller.await.map(|name| Self {
                actor: format!("api:{name}"),
            })
        })
    }
}

impl FromRequest for Admin {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = caller(request, Role::Admin);
        Box::pin(async {
            caller.await.map(|name| Self {
                actor: format!("api:{name}"),
            })
        })
    }
}

fn doing(actor: &str, app: &App, note: Option<String>) -> Doing {
    Doing {
        actor: actor.to_owned(),
        at: app.clock.now(),
        note,
    }
}

/// The caller's name, if the role suffices.
fn caller(
    request: &HttpRequest,
    needed: Role,
) -> impl Future<Output = Result<String, Problem>> + use<> {
    let header = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    });
    let app = request.app_data::<Data<App>>().cloned();
    async move {
        let token = token.filter(|token| token::is_shaped(token));
        let (Some(token), Some(app)) = (token, app) else {
            return Err(Problem::no_token());
        };
        let hash = token::hash(&token);
        let known = app
            .db
            .run(move |connection| token::find(connection, &hash))
            .await?;
        match known {
            None => Err(Problem::no_token()),
            Some(known) if known.role < needed => Err(Problem::role_too_low(needed.name())),
            Some(known) => Ok(known.name),
        }
    }
}
