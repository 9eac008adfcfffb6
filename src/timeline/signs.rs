//! What says whether they could have paid without our noticing, read from the rows.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::sure::{Pages, Signs};
use crate::{
    inbox,
    schema::{checkout_sessions, session_orders, stripe_asked},
    session::SessionState,
    sweep,
};

pub(super) fn signs(connection: &mut PgConnection, order: Uuid) -> QueryResult<Signs> {
    let asked: Option<DateTime<Utc>> = stripe_asked::table
        .find(order)
        .select(stripe_asked::asked_at)
        .first(connection)
        .optional()?;
    Ok(Signs {
        heard: inbox::last_heard(connection)?,
        silent_since: sweep::silent_since(connection)?,
        asked: asked.max(sweep::looked_at(connection)?),
        pages: pages(connection, order)?,
    })
}

/// From the attempts at the order: one whose outcome is not known may have become a page.
fn pages(connection: &mut PgConnection, order: Uuid) -> QueryResult<Pages> {
    type Attempt = (
        SessionState,
        DateTime<Utc>,
        Option<DateTime<Utc>>,
        Option<DateTime<Utc>>,
    );
    let attempts: Vec<Attempt> = session_orders::table
        .inner_join(
            checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
        )
        .filter(session_orders::order_id.eq(order))
        .filter(checkout_sessions::state.ne(SessionState::Failed))
        .order(checkout_sessions::id)
        .select((
            checkout_sessions::state,
            checkout_sessions::created_at,
            checkout_sessions::expires_at,
            checkout_sessions::ended_at,
        ))
        .load(connection)?;
    let is_live = |state: SessionState| {
        state == SessionState::Minting || SessionState::PAYABLE.contains(&state)
    };
    let live = attempts.iter().find(|(state, ..)| is_live(*state));
    if let Some((_, since, until, _)) = live {
        return Ok(Pages::Open {
            since: *since,
            until: *until,
        });
    }
    let over = attempts.iter().filter_map(|(_, since, expires, ended)| {
        let at = (*ended).or(*expires)?;
        Some((at, *since))
    });
    Ok(over
        .max()
        .map_or(Pages::None, |(at, since)| Pages::Over { since, at }))
}
