//! Mails that wait for somebody who does not come: a worker that died, or a version that is not there.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    Connection,
    prelude::*,
    sql_types::{Array, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    Kind, State,
    claim::LET_GO,
    history::{NOBODY_KNOWS, line},
    reminder::reached_nobody,
};
use crate::{
    activity::{self, Level},
    db::clock_timestamp,
    schema::outbox,
};

/// A newer version has so long before somebody is told.
const LEFT_TO_A_NEWER_VERSION: Duration = Duration::hours(1);
/// Stands in `last_error` once it was told: nothing else of the row changes.
const OF_A_NEWER_VERSION: &str =
    "this version does not know its kind: a newer one sends it, or somebody drops it";

/// A mail, and an order that it is about.
#[derive(QueryableByName)]
struct Overdue {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    /// As it is stored: a newer version may have written it.
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    order_id: Option<Uuid>,
}

/// Mails whose lease ran out without an outcome: their worker died, or is stopped. Nobody can know
/// what became of them. Tells how many there were. If the database refuses that, each alone: one that
/// cannot become `unknown` stays as it is, and keeps no other.
pub fn give_up_overdue(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    let refused = match give_up(connection, None, now) {
        Ok(count) => return Ok(count),
        Err(refused) => refused,
    };
    // One statement fails here, too, if the connection is dead.
    let mails = overdue(connection)?;
    let (mut count, mut last) = (0, refused);
    for mail in &mails {
        match give_up(connection, Some(*mail), now) {
            Ok(given_up) => count += given_up,
            Err(error) => last = error,
        }
    }
    if count == 0 { Err(last) } else { Ok(count) }
}

fn overdue(connection: &mut PgConnection) -> QueryResult<Vec<Uuid>> {
    outbox::table
        .filter(outbox::state.eq(State::Sending))
        .filter(outbox::claimed_until.lt(clock_timestamp().nullable()))
        .select(outbox::id)
        .load(connection)
}

/// Gives up all that are overdue, or this one of them.
fn give_up(
    connection: &mut PgConnection,
    mail: Option<Uuid>,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    connection.transaction(|connection| {
        // The state is a literal, for the partial index `outbox_in_hand`.
        let (sending, unknown) = (State::Sending, State::Unknown);
        let overdue: Vec<Overdue> = diesel::sql_query(format!(
            "WITH overdue AS (UPDATE outbox SET state = '{unknown}', claimed_until = NULL, handed_over = true, \
                 last_error = 'its worker ended while it handed the mail over' \
                 WHERE state = '{sending}' AND claimed_until < clock_timestamp() AND ($1 IS NULL OR id = $1) \
                 RETURNING id, kind) \
             SELECT overdue.id, overdue.kind, about.order_id \
             FROM overdue LEFT JOIN outbox_orders about ON about.mail_id = overdue.id"
        ))
        .bind::<Nullable<SqlUuid>, _>(mail)
        .load(connection)?;
        let mails = overdue.iter().map(|mail| (mail.id, mail.kind.as_str()));
        reached_nobody(connection, mails)?;
        tell(connection, &overdue, NOBODY_KNOWS, now)?;
        Ok(overdue.len())
    })
}

/// Seconds that the oldest mail has been due and was not sent, by the service's own time: since it was
/// queued, since its time, or since a person asked for it. None is due: 0.
pub fn oldest_due(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<f64> {
    #[derive(QueryableByName)]
    struct Oldest {
        #[diesel(sql_type = Double)]
        seconds: f64,
    }
    let oldest: Oldest = diesel::sql_query(format!(
        "SELECT coalesce(extract(epoch FROM $1 - min(greatest(created_at, due_at, asked_at)))::double precision, 0) \
             AS seconds FROM outbox mail WHERE state = '{}' AND {LET_GO} AND (due_at IS NULL OR due_at <= $1)",
        State::Queued
    ))
    .bind::<Timestamptz, _>(now)
    .get_result(connection)?;
    Ok(oldest.seconds.max(0.0))
}

/// Mails of a kind that this version does not know are left to a newer one, which finds them as they were.
/// Of one that has been due for an hour somebody is told, once. Tells how many there were.
pub fn tell_of_unknown_kinds(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    connection.transaction(|connection| {
        // Two replicas tell of it once: who waits for the other's lock finds the sentence there.
        let waiting: Vec<Overdue> = diesel::sql_query(format!(
            "UPDATE outbox mail SET last_error = $1 \
             WHERE state = '{}' AND kind <> ALL($2) AND last_error IS DISTINCT FROM $1 \
               AND not_before <= clock_timestamp() - make_interval(secs => $3) \
               AND (due_at IS NULL OR due_at <= $4) \
             RETURNING id, kind, (SELECT order_id FROM outbox_orders \
                 WHERE mail_id = mail.id ORDER BY order_id LIMIT 1) AS order_id",
            State::Queued
        ))
        .bind::<Text, _>(OF_A_NEWER_VERSION)
        .bind::<Array<Text>, _>(&Kind::ALL[..])
        .bind::<Double, _>(LEFT_TO_A_NEWER_VERSION.as_seconds_f64())
        .bind::<Timestamptz, _>(now - LEFT_TO_A_NEWER_VERSION)
        .load(connection)?;
        let what = "a mail waits, and this version does not know its kind";
        tell(connection, &waiting, what, now)?;
        Ok(waiting.len())
    })
}

fn tell(
    connection: &mut PgConnection,
    mails: &[Overdue],
    what: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let lines = mails.iter().map(|mail| {
        let about = (mail.id, mail.kind.as_str());
        line(about, mail.order_id, Level::Attention, what, now)
    });
    activity::record_all(connection, lines.collect())
}
