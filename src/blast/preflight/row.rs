//! The last pre-flight of each mailing as a row.

use std::{collections::HashMap, time::Duration};

use diesel::{
    prelude::*,
    sql_types::{BigInt, Double, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::check::Check;
use crate::{
    db::clock_timestamp,
    inbox::Source,
    schema::{blast_preflights, stripe_events},
};

/// A caller who has gone comes back within that time, or begins anew.
const COMES_BACK: Duration = Duration::from_secs(5 * 60);
/// What Stripe tells of a session that was closed.
const EXPIRED: &str = "checkout.session.expired";

/// A trial checkout that was closed, and whose event is waited for.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Waited {
    /// `cs_…`
    #[diesel(sql_type = Text)]
    pub stripe_id: String,
    /// For so many seconds already, on the database's clock.
    #[diesel(sql_type = Double)]
    pub seconds: f64,
}

/// The trial whose caller went before its event had come, or whose process died.
pub fn left_behind(
    connection: &mut PgConnection,
    blast: Uuid,
    approval: i64,
) -> QueryResult<Option<Waited>> {
    diesel::sql_query(
        "SELECT stripe_id, extract(epoch FROM clock_timestamp() - closed_at)::float8 AS seconds \
         FROM blast_preflights WHERE blast_id = $1 AND approval_id = $2 \
             AND closed_at > clock_timestamp() - make_interval(secs => $3)",
    )
    .bind::<SqlUuid, _>(blast)
    .bind::<BigInt, _>(approval)
    .bind::<Double, _>(COMES_BACK.as_secs_f64())
    .get_result(connection)
    .optional()
}

/// Notes that the event about this trial is waited for from now on.
pub fn waits(
    connection: &mut PgConnection,
    blast: Uuid,
    approval: i64,
    stripe_id: &str,
) -> QueryResult<()> {
    let waits = (
        blast_preflights::approval_id.eq(approval),
        blast_preflights::stripe_id.eq(Some(stripe_id)),
        blast_preflights::closed_at.eq(clock_timestamp().nullable()),
    );
    diesel::insert_into(blast_preflights::table)
        .values((blast_preflights::blast_id.eq(blast), waits))
        .on_conflict(blast_preflights::blast_id)
        .do_update()
        .set(waits)
        .execute(connection)
        .map(drop)
}

/// Keeps what came of a pre-flight. The next one tries everything anew.
pub fn keep(
    connection: &mut PgConnection,
    blast: Uuid,
    approval: i64,
    checks: &[Check],
) -> QueryResult<()> {
    let checks = serde_json::to_value(checks)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    let came_of_it = (
        blast_preflights::approval_id.eq(approval),
        blast_preflights::stripe_id.eq(None::<String>),
        blast_preflights::closed_at.eq(None::<chrono::DateTime<chrono::Utc>>),
        blast_preflights::checks.eq(checks),
    );
    diesel::insert_into(blast_preflights::table)
        .values((blast_preflights::blast_id.eq(blast), came_of_it.clone()))
        .on_conflict(blast_preflights::blast_id)
        .do_update()
        .set(came_of_it)
        .execute(connection)
        .map(drop)
}

/// What came of the last pre-flight of each of these mailings.
pub fn checks(
    connection: &mut PgConnection,
    blasts: &[Uuid],
) -> QueryResult<HashMap<Uuid, Vec<Check>>> {
    let rows: Vec<(Uuid, serde_json::Value)> = blast_preflights::table
        .filter(blast_preflights::blast_id.eq_any(blasts))
        .select((blast_preflights::blast_id, blast_preflights::checks))
        .load(connection)?;
    let read = |(id, checks)| {
        let checks = serde_json::from_value(checks).map_err(|error| {
            diesel::result::Error::DeserializationError(
                format!("blast_preflights.checks: {error}").into(),
            )
        })?;
        Ok((id, checks))
    };
    rows.into_iter().map(read).collect()
}

/// Whether a webhook has brought the event about this trial's end.
pub fn was_heard(connection: &mut PgConnection, stripe_id: &str) -> QueryResult<bool> {
    let by_webhook = stripe_events::source
        .eq(Source::Webhook)
        .or(stripe_events::delivered_at.is_not_null());
    let heard = stripe_events::table
        .filter(stripe_events::session_id.eq(stripe_id))
        .filter(stripe_events::type_.eq(EXPIRED))
        .filter(by_webhook);
    diesel::select(diesel::dsl::exists(heard)).get_result(connection)
}
