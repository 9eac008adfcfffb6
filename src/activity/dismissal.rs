//! That somebody dealt with a line: a row of its own, since the log is never changed.

use diesel::prelude::*;

use super::{Doing, Level};
use crate::schema::{activity, activity_dismissals};

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dismissed {
    /// It is dealt with, now or before: the first who said so stays.
    Done,
    /// It needs nobody.
    NeedsNobody,
    /// There is no such line.
    NoLine,
}

/// Says that a line which needs somebody is dealt with.
pub fn dismiss(connection: &mut PgConnection, id: i64, doing: &Doing) -> QueryResult<Dismissed> {
    let level: Option<Level> = activity::table
        .find(id)
        .select(activity::level)
        .first(connection)
        .optional()?;
    match level {
        None => return Ok(Dismissed::NoLine),
        Some(Level::Info) => return Ok(Dismissed::NeedsNobody),
        Some(Level::Attention) => {}
    }
    diesel::insert_into(activity_dismissals::table)
        .values((
            activity_dismissals::activity_id.eq(id),
            activity_dismissals::at.eq(doing.at),
            activity_dismissals::actor.eq(&doing.actor),
        ))
        .on_conflict_do_nothing()
        .execute(connection)?;
    Ok(Dismissed::Done)
}
