//! Events about sessions that another system opened: kept, and taken up again once an import has told
//! us that they are about orders of ours.

use diesel::{
    prelude::*,
    sql_types::{Array, Text},
};

use crate::gateway::SessionId;

/// Why nothing follows from such an event. Stored, and looked for.
pub const WHY: &str = "foreign: another system opened this session";

/// Sets the ignored events that name one of these sessions back to pending; tells how many.
///
/// The bodies are searched as text, in one pass over them, which no body can make fail.
///
/// # Errors
/// What PostgreSQL says.
pub fn take_up(connection: &mut PgConnection, ids: &[SessionId]) -> QueryResult<usize> {
    let ids: Vec<&str> = ids.iter().map(SessionId::as_str).collect();
    diesel::sql_query(
        "UPDATE stripe_events SET state = 'pending', attempts = 0, last_error = NULL, \
             claimed_until = NULL, not_before = to_timestamp(0) \
         WHERE state = 'ignored' AND last_error = $1 AND EXISTS ( \
             SELECT FROM regexp_matches(encode(body, 'escape'), '\"(cs_[A-Za-z0-9_]+)\"', 'g') AS named \
             WHERE named[1] = ANY ($2))",
    )
    .bind::<Text, _>(WHY)
    .bind::<Array<Text>, _>(ids)
    .execute(connection)
}
