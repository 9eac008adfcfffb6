//! What became of mails that were simply accepted, as nearly all are: one statement for many.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    State,
    history::{ACTOR, SENT},
    outcome::Outcome,
};
use crate::{
    activity::{Category, Level},
    db::prepared_sql,
};

/// Writes accepted mails down, if nothing follows from them but that they are sent: no refusal and no
/// vain try stands that they would end, none of them has tried for all others, and of none somebody was told
/// meanwhile that nobody knows. Tells whether it was done; else nothing was.
///
/// The row of `mail_flow` is locked first, as by [`finish`](super::finish::finish): what another replica
/// writes meanwhile is waited for, and PostgreSQL looks at the row once more then. Whoever writes a
/// refusal changes that row.
pub(super) fn write(
    connection: &mut PgConnection,
    outcomes: &[Outcome],
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Done {
        #[diesel(sql_type = Bool)]
        is_done: bool,
    }
    if !outcomes.iter().all(Outcome::is_simply_accepted) {
        return Ok(false);
    }
    let (ids, claims): (Vec<Uuid>, Vec<Uuid>) = outcomes
        .iter()
        .map(|it| (it.mail.id, it.mail.claim))
        .unzip();
    let server_ids: Vec<Option<&str>> = outcomes.iter().map(Outcome::server_id).collect();
    let done: Done = prepared_sql(statement())
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<SqlUuid>, _>(claims)
        .bind::<Timestamptz, _>(now)
        .bind::<Array<Nullable<Text>>, _>(server_ids)
        .get_result(connection)?;
    Ok(done.is_done)
}

fn statement() -> String {
    let [sending, sent, unknown] = [State::Sending, State::Sent, State::Unknown];
    let (category, level) = (Category::Mail, Level::Info);
    format!(
        "WITH rests AS MATERIALIZED (SELECT only_row FROM mail_flow \
             WHERE likeness IS NULL AND bounces IS NULL AND failing_at IS NULL FOR UPDATE), \
         nothing_follows AS MATERIALIZED (SELECT only_row FROM rests \
             WHERE NOT EXISTS (SELECT FROM outbox WHERE refused_at IS NOT NULL) \
               AND NOT EXISTS (SELECT FROM outbox WHERE id = ANY($1) AND state = '{unknown}')), \
         written AS (UPDATE outbox mail SET state = '{sent}', handed_over = true, last_error = NULL, \
                 not_before = clock_timestamp(), claimed_until = NULL, sent_at = $3, streak = NULL, returned = NULL, \
                 server_id = told.server_id \
             FROM unnest($1, $2, $4) WITH ORDINALITY AS told (id, claim, server_id, place) \
             WHERE EXISTS (SELECT FROM nothing_follows) AND mail.id = told.id AND mail.claim_id = told.claim \
               AND mail.state IN ('{sending}', '{unknown}') \
             RETURNING mail.id, mail.kind, told.place), \
         lines AS (INSERT INTO activity (at, order_id, category, level, actor, what, detail) \
             SELECT $3, about.order_id, '{category}', '{level}', '{ACTOR}', '{SENT}: ' || written.kind, \
                 jsonb_build_object('mail', written.id, 'kind', written.kind) \
             FROM written LEFT JOIN outbox_orders about ON about.mail_id = written.id \
             ORDER BY written.place, about.order_id) \
         SELECT EXISTS (SELECT FROM nothing_follows) AS is_done"
    )
}
