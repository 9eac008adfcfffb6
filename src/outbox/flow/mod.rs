//! How mail gets through, for all replicas: one row, locked by whoever writes outcomes down.

pub mod cause;
pub mod follow;
pub mod state;
#[cfg(test)]
mod tests;

use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bool, Bytea, Nullable, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

pub use self::cause::Cause;
use self::state::{Flow, Pause, Run};
use crate::{db::prepared_sql, suppression::AddressHash};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Nullable<Text>)]
    likeness: Option<String>,
    #[diesel(sql_type = Bool)]
    gone: bool,
    #[diesel(sql_type = Array<Bytea>)]
    recipients: Vec<Vec<u8>>,
    #[diesel(sql_type = Nullable<Text>)]
    bounces: Option<String>,
    #[diesel(sql_type = Bool)]
    is_failing: bool,
    #[diesel(sql_type = Array<SqlUuid>)]
    failing_mails: Vec<Uuid>,
    #[diesel(sql_type = Array<Text>)]
    failing_domains: Vec<String>,
    #[diesel(sql_type = Bool)]
    has_pending: bool,
    #[diesel(sql_type = Nullable<Text>)]
    cause: Option<Cause>,
    #[diesel(sql_type = Nullable<Text>)]
    paused_for: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    streak: Option<i64>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    trying: Option<Uuid>,
    #[diesel(sql_type = Nullable<Bool>)]
    proves: Option<bool>,
}

/// Reads how mail gets through, and locks it until the transaction ends: outcomes of all replicas are
/// written down one after the other. Before the mails' rows.
pub fn lock(connection: &mut PgConnection) -> QueryResult<Flow> {
    let row: Row = prepared_sql(
        "SELECT flow.streak AS number, flow.likeness, flow.gone, flow.recipients, flow.bounces, \
             coalesce(flow.failing_at > clock_timestamp() - interval '2 hours', false) AS is_failing, \
             flow.failing_mails, flow.failing_domains, \
             EXISTS (SELECT FROM outbox WHERE refused_at IS NOT NULL) AS has_pending, \
             pause.cause, pause.likeness AS paused_for, pause.streak, pause.trying, pause.proves \
         FROM mail_flow flow LEFT JOIN outbox_pause pause ON true FOR UPDATE OF flow",
    )
    .get_result(connection)?;
    Ok(row.into_flow())
}

impl Row {
    fn into_flow(self) -> Flow {
        let recipients = self.recipients.iter();
        let recipients = recipients.filter_map(|hash| AddressHash::from_column(hash));
        let recipients = recipients.collect();
        Flow {
            number: self.number,
            run: self.likeness.map(|likeness| Run {
                likeness,
                gone: self.gone,
                recipients,
            }),
            bounces: self.bounces,
            // What was tried in vain long ago says nothing: mails are tried once an hour at least.
            failing_mails: only_if(self.is_failing, self.failing_mails),
            failing_domains: only_if(self.is_failing, self.failing_domains),
            is_failing: self.is_failing,
            pause: self.cause.map(|cause| Pause {
                cause,
                likeness: self.paused_for,
                streak: self.streak,
                trying: self.trying,
                proves: self.proves.unwrap_or(false),
            }),
            has_pending: self.has_pending,
        }
    }
}

fn only_if<T>(is_so: bool, all: Vec<T>) -> Vec<T> {
    if is_so { all } else { Vec::new() }
}

/// Writes it, but for the pause, which has a row of its own.
pub fn save(connection: &mut PgConnection, before: &Flow, flow: &Flow) -> QueryResult<()> {
    let run = flow.run.as_ref();
    let recipients = run.map_or(&[][..], |run| &run.recipients);
    let recipients: Vec<&[u8]> = recipients.iter().map(|hash| &hash.0[..]).collect();
    prepared_sql(
        "UPDATE mail_flow SET streak = $1, likeness = $2, gone = $3, recipients = $4, bounces = $5, \
             failing_since = CASE WHEN NOT $6 THEN NULL WHEN $9 THEN failing_since ELSE clock_timestamp() END, \
             failing_at = CASE WHEN $6 THEN clock_timestamp() END, failing_mails = $7, failing_domains = $8",
    )
    .bind::<BigInt, _>(flow.number)
    .bind::<Nullable<Text>, _>(run.map(|run| &run.likeness))
    .bind::<Bool, _>(run.is_some_and(|run| run.gone))
    .bind::<Array<Bytea>, _>(recipients)
    .bind::<Nullable<Text>, _>(&flow.bounces)
    .bind::<Bool, _>(flow.is_failing)
    .bind::<Array<SqlUuid>, _>(&flow.failing_mails)
    .bind::<Array<Text>, _>(&flow.failing_domains)
    .bind::<Bool, _>(before.is_failing)
    .execute(connection)
    .map(drop)
}
