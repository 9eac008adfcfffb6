//! Who calls, and what they may do. A handler asks for a role by its argument's type, so that a
//! route without one cannot be written by leaving a line out.

use std::{future::Future, ops::Deref, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, rt, web::Data};
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use super::problem::Problem;
use crate::{
    activity::Doing,
    app::App,
    token::{self, Role, TokenHolder},
    web::limits::Limits,
};

macro_rules! callers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        pub struct $name(TokenHolder);

        impl FromRequest for $name {
            type Error = Problem;
            type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let caller = caller(request, Role::$name);
                Box::pin(async { caller.await.map(Self) })
            }
        }

        impl Caller for $name {
            fn token(&self) -> Uuid {
                self.0.id
            }
        }
    )*};
}

callers! {
    /// A caller who may read.
    Viewer;
    /// A caller who may also change orders, events and mails.
    Operator;
    /// A caller who may also turn the service's switches, and say who else may call.
    Admin;
}

impl Operator {
    /// What the caller does now.
    pub fn doing(&self, app: &App, note: Option<String>) -> Doing {
        doing(&self.0, app, note)
    }
}

impl Admin {
    /// What the caller does now.
    pub fn doing(&self, app: &App) -> Doing {
        doing(&self.0, app, None)
    }

    /// The same with what they have to say about it.
    pub fn doing_with(&self, app: &App, note: Option<String>) -> Doing {
        doing(&self.0, app, note)
    }
}

/// Whoever calls with a token.
pub trait Caller {
    /// The token's row.
    fn token(&self) -> Uuid;
}

/// A caller of what costs much: with one token one call at a time, which ends with this value. Two are
/// rendered at once in a process, so that another token's has its turn.
pub struct Costly<C> {
    caller: C,
    _turn: OwnedMutexGuard<()>,
}

impl<C> Deref for Costly<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.caller
    }
}

impl<C> FromRequest for Costly<C>
where
    C: Caller + FromRequest<Error = Problem>,
    C::Future: 'static,
{
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = C::from_request(request, payload);
        let limits = request.app_data::<Data<Limits>>().cloned();
        Box::pin(async move {
            let caller = caller.await?;
            let limits = limits.ok_or_else(Problem::no_token)?;
            let turn = limits.costly(caller.token()).await;
            let _turn = turn.ok_or_else(Problem::one_at_a_time)?;
            Ok(Self { caller, _turn })
        })
    }
}

fn doing(holder: &TokenHolder, app: &App, note: Option<String>) -> Doing {
    Doing {
        actor: format!("api:{}", holder.name),
        at: app.clock.now(),
        note,
    }
}

/// Who calls, if the role suffices.
fn caller(
    request: &HttpRequest,
    needed: Role,
) -> impl Future<Output = Result<TokenHolder, Problem>> + use<> {
    let token = bearer(request).map(str::to_owned);
    let app = request.app_data::<Data<App>>().cloned();
    let limits = request.app_data::<Data<Limits>>().cloned();
    let address = limits.as_ref().and_then(|limits| limits.caller(request));
    async move {
        let (Some(token), Some(app), Some(limits)) = (token, app, limits) else {
            return Err(Problem::no_token());
        };
        let known = if token::is_shaped(&token) {
            let _turn = limits
                .look(address)
                .await
                .map_err(Problem::too_many_wrong)?;
            let hash = token::hash(&token);
            (app.db.run(move |connection| token::find(connection, &hash))).await?
        } else {
            None
        };
        let Some(holder) = known else {
            let counted = limits.wrong_token(address);
            counted.map_err(Problem::too_many_wrong)?;
            return Err(Problem::no_token());
        };
        note_use(&app, &limits, &holder);
        if holder.role < needed {
            return Err(Problem::role_too_low(needed.name()));
        }
        Ok(holder)
    }
}

/// The token in the request, if it has one.
fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(header::AUTHORIZATION)?;
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Writes the use of a token down, once a minute, in a task that nobody waits for.
fn note_use(app: &App, limits: &Limits, holder: &TokenHolder) {
    if !limits.is_to_be_noted(holder.id, holder.last_used_at) {
        return;
    }
    let (db, id, now) = (app.db.clone(), holder.id, app.clock.now());
    rt::spawn(async move {
        let noted = db.run(move |connection| token::note_use(connection, id, now));
        if let Err(error) = noted.await {
            error.log("token");
        }
    });
}
