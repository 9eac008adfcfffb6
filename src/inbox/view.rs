//! Events as people see them: a list, and a wish to work on one again.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::sql,
    pg::Pg,
    prelude::*,
    sql_types::{Bool, Text, Timestamptz},
};
use serde::Serialize;
use serde_json::json;

use super::{
    named::{ERASED, NameColumns},
    row::{Again, Source, State},
};
use crate::{
    activity::{self, Category, Cause, Doing, Line},
    db::for_its_values,
    schema::stripe_events,
    suppression::AddressKey,
};

/// An event as ops see it; never its body, which holds addresses.
#[derive(Debug, Clone, Serialize, Queryable, Selectable)]
#[diesel(table_name = stripe_events)]
pub struct EventView {
    /// `evt_…`, or `sha256:…` for a body without an id.
    pub id: String,
    /// Such as `checkout.session.completed`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Where it stands.
    pub state: State,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// How often it was worked on.
    pub attempts: i32,
    /// Why nothing follows, or what went wrong.
    pub last_error: Option<String>,
}

/// When an event came, and its id.
pub type Place = (DateTime<Utc>, String);

/// A page of events, newest first; `before` is where the page before ended.
pub fn list(
    connection: &mut PgConnection,
    state: Option<State>,
    before: Option<Place>,
    limit: i64,
) -> QueryResult<Vec<EventView>> {
    newest_first(state, before)
        .limit(limit)
        .select(EventView::as_select())
        .load(connection)
}

/// Events in this state, newest first, behind the place where the page before ended: how every list begins.
pub(super) fn newest_first<'q>(
    state: Option<State>,
    before: Option<Place>,
) -> stripe_events::BoxedQuery<'q, Pg> {
    let mut query = stripe_events::table
        .order((stripe_events::received_at.desc(), stripe_events::id.desc()))
        .filter(for_its_values())
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(stripe_events::state.eq(state));
    }
    if let Some(before) = before {
        query = query.filter(behind(before));
    }
    query
}

/// Behind this event, in the order of lists. As one comparison, which finds the place in the index: two with
/// an "or" between them pass over every page before this one.
fn behind((at, id): Place) -> Box<dyn BoxableExpression<stripe_events::table, Pg, SqlType = Bool>> {
    Box::new(
        sql::<Bool>("(received_at, id) < (")
            .bind::<Timestamptz, _>(at)
            .sql(", ")
            .bind::<Text, _>(id)
            .sql(")"),
    )
}

/// When Stripe last told us something by itself.
pub fn last_heard(connection: &mut PgConnection) -> QueryResult<Option<DateTime<Utc>>> {
    stripe_events::table
        .filter(stripe_events::source.eq(Source::Webhook))
        // By the index of what webhooks brought; planned for this source, or it would not be seen to fit.
        .filter(stripe_events::created_at.is_not_null())
        .filter(for_its_values())
        .order(stripe_events::created_at.desc())
        .select(stripe_events::received_at)
        .first(connection)
        .optional()
}

/// What became of the wish to work on an event again.
#[derive(Debug, Clone)]
pub enum Replayed {
    /// It is pending again.
    Pending(EventView),
    /// It was erased: there is nothing to work on.
    Erased,
    /// There is none with this id.
    NoEvent,
}

/// Sets an event back to pending, to be worked on again. What it names is read anew: this version may
/// read what an older one did not.
pub fn replay(connection: &mut PgConnection, id: &str, doing: &Doing) -> QueryResult<Replayed> {
    connection.transaction(|connection| {
        let event = stripe_events::table.find(id);
        // Locked, so that nobody erases it meanwhile.
        let body: Option<Vec<u8>> = event
            .select(stripe_events::body)
            .for_update()
            .first(connection)
            .optional()?;
        let Some(body) = body else {
            return Ok(Replayed::NoEvent);
        };
        if body == ERASED {
            return Ok(Replayed::Erased);
        }
        let key = AddressKey::load(connection)?;
        let names = NameColumns::of(&body, &key);
        let what = format!("Stripe's message {id} is worked through again");
        let line = Line::about(None, Category::Webhook, what, doing).detail(json!({ "event": id }));
        activity::record(connection, line)?;
        activity::over(connection, Cause::Event(id), doing)?;
        diesel::update(event)
            .set((Again::default(), names))
            .returning(EventView::as_returning())
            .get_result(connection)
            .map(Replayed::Pending)
    })
}
