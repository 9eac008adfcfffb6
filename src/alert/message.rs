//! Messages as rows, read with the names that a mail to the shop may say.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Nullable, Text, Timestamptz},
};

use super::{
    kind::{Channel, Kind, Rank, State},
    words::Matter,
};

/// A message, or a cause that is open.
#[derive(Debug, Clone, QueryableByName)]
pub struct Message {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub state: State,
    #[diesel(sql_type = Text)]
    pub kind: Kind,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    #[diesel(sql_type = Timestamptz)]
    pub since: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    pub detail: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub reference: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub mailing: Option<String>,
}

impl Message {
    pub fn matter(&self) -> Matter {
        Matter {
            kind: self.kind,
            count: self.count,
            detail: self.detail.clone(),
            reference: self.reference.clone(),
            mailing: self.mailing.clone(),
        }
    }
}

/// What is to be told by mail, money first; a beginning with its number of today.
pub fn to_be_mailed(connection: &mut PgConnection) -> QueryResult<Vec<Message>> {
    diesel::sql_query(format!(
        "SELECT told.id, told.state, told.kind, told.since, told.detail, \
             CASE WHEN told.state = '{begins}' THEN coalesce(cause.count, told.count) ELSE told.count END AS count, \
             orders.reference, blasts.name AS mailing \
         FROM alert_messages told \
         LEFT JOIN alert_causes cause ON cause.key = told.key AND cause.since = told.since \
         LEFT JOIN orders ON orders.id = told.order_id LEFT JOIN blasts ON blasts.id = told.blast_id \
         WHERE told.channel = '{mail}' AND told.kind = ANY($1) ORDER BY told.kind = ANY($2) DESC, told.id",
        begins = State::Begins,
        mail = Channel::Mail
    ))
    .bind::<Array<Text>, _>(&Kind::ALL[..])
    .bind::<Array<Text>, _>(Kind::of_rank(Rank::Money))
    .load(connection)
}

/// What is open, the oldest first.
pub fn open(connection: &mut PgConnection) -> QueryResult<Vec<Message>> {
    diesel::sql_query(format!(
        "SELECT 0::bigint AS id, '{begins}' AS state, cause.kind, cause.since, cause.detail, \
             cause.count, orders.reference, blasts.name AS mailing \
         FROM alert_causes cause \
         LEFT JOIN orders ON orders.id = cause.order_id LEFT JOIN blasts ON blasts.id = cause.blast_id \
         WHERE cause.gone_at IS NULL AND cause.over_at IS NULL AND cause.kind = ANY($1) \
         ORDER BY cause.since, cause.key",
        begins = State::Begins
    ))
    .bind::<Array<Text>, _>(&Kind::ALL[..])
    .load(connection)
}
