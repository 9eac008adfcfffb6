//! When the mails of a mailing are due: one after the other, so that a single link that somebody
//! sends meanwhile does not stand behind all of them.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Double, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use crate::outbox::{self, Kind};

/// Mails a second: what was asked for, but not more than the shop's mail can take.
pub fn rate(per_second: Option<f64>, mailer: f64) -> f64 {
    per_second.map_or(mailer, |wanted| wanted.min(mailer))
}

/// Spreads the queued mails of a mailing over the time from `from` on, in the order in which they
/// were queued. The tries of each begin when it is due, however long that is.
pub fn spread(
    connection: &mut PgConnection,
    id: Uuid,
    from: DateTime<Utc>,
    now: DateTime<Utc>,
    rate: f64,
) -> QueryResult<()> {
    // Ten years are as good as never, and can still be added to a time.
    diesel::sql_query(
        "UPDATE outbox SET due_at = $2 + turn.wait, \
             queued_at = clock_timestamp() + ($2 - $3) + turn.wait \
         FROM (SELECT id, make_interval(secs => \
                   least((row_number() OVER (ORDER BY id) - 1) / $4, 315360000)) AS wait \
               FROM outbox WHERE blast_id = $1 AND kind = $5 AND state = 'queued') turn \
         WHERE outbox.id = turn.id AND outbox.state = 'queued'",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Timestamptz, _>(from)
    .bind::<Timestamptz, _>(now)
    .bind::<Double, _>(rate)
    .bind::<diesel::sql_types::Text, _>(Kind::Blast.name())
    .execute(connection)?;
    outbox::call_out(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailing_is_never_faster_than_the_mail() {
        assert_eq!(rate(None, 10.0), 10.0);
        assert_eq!(rate(Some(0.5), 10.0), 0.5);
        assert_eq!(rate(Some(500.0), 10.0), 10.0);
    }
}
