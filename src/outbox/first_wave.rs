//! What became of the mails that a mailing sends first.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Double, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{State, pause::STOOD_STILL};
use crate::{db::prepared_sql, mail::Wave};

/// A mail that was asked to wait for so long is not waited for: its own tries go on for two days.
const WAITED_FOR_SECONDS: f64 = 3_600.0;

/// Mails of a first wave that stand alike.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub struct OfFirstWave {
    /// Where they stand.
    #[diesel(sql_type = Text)]
    pub state: State,
    /// They have been tried in vain for an hour, not counted while all mail is paused; also while one is tried
    /// again: with many of them one always is, and the rest would wait for ever.
    #[diesel(sql_type = Bool)]
    pub late: bool,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub mails: i64,
}

/// The mails of a mailing's first wave, by what became of them. The hour is on the clock of the 48 hours, which
/// begins with the first try: see `claim`.
pub fn first_wave(connection: &mut PgConnection, blast: Uuid) -> QueryResult<Vec<OfFirstWave>> {
    // The wave is a literal, for its partial index.
    prepared_sql(format!(
        "SELECT state, (state = '{queued}' AND attempts > 0 OR state = '{sending}' AND attempts > 1) \
                AND queued_at < clock_timestamp() - make_interval(secs => $2 + {STOOD_STILL}) AS late, \
             count(*) AS mails \
         FROM outbox WHERE blast_id = $1 AND wave = '{first}' GROUP BY 1, 2",
        queued = State::Queued,
        sending = State::Sending,
        first = Wave::First
    ))
    .bind::<SqlUuid, _>(blast)
    .bind::<Double, _>(WAITED_FOR_SECONDS)
    .load(connection)
}
