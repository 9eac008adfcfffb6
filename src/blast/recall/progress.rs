//! How far a recall is.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Nullable, Uuid as SqlUuid},
};
use serde::Serialize;
use uuid::Uuid;

use crate::{blast::row::Stored, schema::blast_recalls};

/// The JSON of a recall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// What payers read.
    pub note: String,
    /// When.
    pub recalled_at: DateTime<Utc>,
    /// Those who have the mail, or may.
    pub orders: i64,
    /// Of those, how many links are withdrawn.
    pub links_withdrawn: i64,
    /// How many of them had an open checkout, which is closed.
    pub checkouts_closed: i64,
    /// How many are still to be done.
    pub to_go: i64,
    /// The mailing that corrects it.
    pub correction: Option<Uuid>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    orders: i64,
    #[diesel(sql_type = BigInt)]
    done: i64,
    #[diesel(sql_type = BigInt)]
    closed: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    correction: Option<Uuid>,
}

/// How many links of a recalled mailing are still to be withdrawn.
pub(in crate::blast) fn to_go(connection: &mut PgConnection, blast: Uuid) -> QueryResult<i64> {
    blast_recalls::table
        .filter(blast_recalls::blast_id.eq(blast))
        .filter(blast_recalls::done_at.is_null())
        .count()
        .get_result(connection)
}

/// How far the recalls of some mailings are; one that was not recalled is not among them.
pub(in crate::blast) fn of(
    connection: &mut PgConnection,
    blasts: &[Stored],
) -> QueryResult<HashMap<Uuid, Progress>> {
    let recalled = |blast: &Stored| {
        let note = blast.recalled.recall_note.clone().unwrap_or_default();
        Some((blast.id, (note, blast.recalled.recalled_at?)))
    };
    let mut recalled: HashMap<_, _> = blasts.iter().filter_map(recalled).collect();
    if recalled.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT blasts.id, count(recall.order_id) AS orders, count(recall.done_at) AS done, \
             count(recall.done_at) FILTER (WHERE recall.was_open) AS closed, \
             (SELECT id FROM blasts correction WHERE correction.corrects = blasts.id ORDER BY id LIMIT 1) AS correction \
         FROM blasts LEFT JOIN blast_recalls recall ON recall.blast_id = blasts.id \
         WHERE blasts.id = ANY($1) GROUP BY blasts.id",
    )
    .bind::<Array<SqlUuid>, _>(recalled.keys().copied().collect::<Vec<_>>())
    .load(connection)?;
    let progress = rows.into_iter().filter_map(|row| {
        let (note, recalled_at) = recalled.remove(&row.id)?;
        let progress = Progress {
            note,
            recalled_at,
            orders: row.orders,
            links_withdrawn: row.done,
            checkouts_closed: row.closed,
            to_go: row.orders - row.done,
            correction: row.correction,
        };
        Some((row.id, progress))
    });
    Ok(progress.collect())
}
