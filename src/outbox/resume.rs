//! A person lets mail go on that has paused.

use diesel::{
    Connection,
    prelude::*,
    sql_types::{Nullable, Text},
};
use serde_json::json;

use super::{call_out, flow, pause};
use crate::activity::{self, Category, Doing, Line};

/// Lets mail go on; tells whether it had paused. The refusal that it was paused for bounces from here on,
/// until a mail is accepted; but for one that is no recipient's: no connection, or a quota. What
/// `MAIL_PER_HOUR` and `MAIL_PER_DAY` keep waiting is no pause, and goes on waiting.
pub fn resume(connection: &mut PgConnection, doing: &Doing) -> QueryResult<bool> {
    connection.transaction(|connection| {
        // Before the pause's row, as by whoever writes outcomes down.
        flow::lock(connection)?;
        let (cause, likeness) = match pause::locked(connection)? {
            Some(paused) if paused.0.ends_by_a_person() => paused,
            None | Some(_) => return Ok(false),
        };
        pause::end(connection, None)?;
        let bounces = likeness.filter(|_| cause.bounces_after_all());
        diesel::sql_query("UPDATE mail_flow SET bounces = $1")
            .bind::<Nullable<Text>, _>(bounces)
            .execute(connection)?;
        let line = Line::about(
            None,
            Category::Mail,
            "mail goes out again: somebody let it",
            doing,
        );
        activity::record(
            connection,
            line.detail(json!({ "cause": cause, "note": doing.note })),
        )?;
        activity::over(connection, activity::Cause::Pause, doing)?;
        call_out(connection)?;
        Ok(true)
    })
}
