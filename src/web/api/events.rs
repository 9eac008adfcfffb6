//! `/api/v1/events`: what Stripe told us, and what became of it.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use serde::Deserialize;

use super::{
    caller::{Operator, Viewer},
    input::Wanted,
    page::{self, Asked, Moment},
    problem::Problem,
};
use crate::{
    app::App,
    inbox::{self, EventView, Replayed, State},
};

#[derive(Deserialize)]
pub struct Filter {
    state: Option<String>,
}

/// `GET /events`
pub async fn list(
    _: Viewer,
    app: Data<App>,
    filter: Query<Filter>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let limit = asked.limit()?;
    let before = asked.before()?.map(|Moment { at, key }| (at, key));
    let state = filter.state.as_deref().map(read_state).transpose()?;
    let rows = app
        .db
        .run(move |connection| inbox::list(connection, state, before.clone(), limit + 1))
        .await?;
    Ok(page::answer(&rows, limit, cursor, |event| event))
}

/// `POST /events/{id}/replay`
pub async fn replay(
    caller: Operator,
    app: Data<App>,
    id: Path<Wanted>,
) -> Result<HttpResponse, Problem> {
    let (Wanted(id), doing) = (id.into_inner(), caller.doing(&app, None));
    let replayed = app
        .db
        .run(move |connection| inbox::replay(connection, &id, &doing))
        .await?;
    match replayed {
        Replayed::Pending(event) => {
            app.wake.notify_one();
            Ok(HttpResponse::Ok().json(event))
        }
        Replayed::Erased => Err(Problem::conflict(
            "its content was erased for a person who asked; what it told stands in Stripe's dashboard",
        )),
        Replayed::NoEvent => Err(Problem::not_found("event")),
    }
}

fn read_state(text: &str) -> Result<State, Problem> {
    State::from_name(text)
        .ok_or_else(|| Problem::unreadable("state must be pending, processed, ignored or failed"))
}

fn cursor(event: &EventView) -> Moment {
    Moment {
        at: event.received_at,
        key: event.id.clone(),
    }
}
