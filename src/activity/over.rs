//! Lines that close with their cause: nobody has to deal with what is over.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Doing;

/// What a line is about that needs somebody.
#[derive(Debug, Clone, Copy)]
pub enum Cause<'a> {
    /// A mail that came back, was given up, or of which nobody knows.
    Mail(Uuid),
    /// An event of Stripe that could not be worked through.
    Event(&'a str),
    /// An order that waits until somebody has decided on its money.
    Review(Uuid),
    /// Money that does not add up, with what it is about and the order it is counted for.
    Case(Uuid, &'a str, Option<Uuid>),
    /// All mail waits.
    Pause,
    /// Stripe's webhooks do not reach us.
    Silence,
    /// A dispute about which there is news, and the order that its payment is counted for.
    Dispute(&'a str, Option<Uuid>),
    /// A mailing that waits for somebody, in one of these states.
    Mailing(Uuid, &'a [&'static str]),
}

impl Cause<'_> {
    /// What the figures of its lines hold, one of these.
    fn marks(self) -> Vec<Value> {
        match self {
            Self::Mail(mail) => vec![json!({ "mail": mail })],
            Self::Event(event) => vec![json!({ "event": event })],
            Self::Review(order) => vec![json!({ "in_review": order })],
            Self::Pause => vec![json!({ "pause": true })],
            Self::Silence => vec![json!({ "silence": true })],
            // A session, a dispute or a payment, as the case was opened about it.
            Self::Case(case, about, _) => vec![
                json!({ "case": case }),
                json!({ "session": about }),
                json!({ "dispute": about }),
                json!({ "payment_intent": about }),
            ],
            Self::Mailing(mailing, states) => states
                .iter()
                .map(|state| json!({ "blast": mailing, "waits": state }))
                .collect(),
            Self::Dispute(dispute, _) => vec![json!({ "dispute": dispute })],
        }
    }
}

/// Closes what is open about something that is over, in the name of whoever ended it.
pub fn over(connection: &mut PgConnection, cause: Cause, doing: &Doing) -> QueryResult<()> {
    let (of_one, order) = match cause {
        Cause::Case(_, _, order) | Cause::Dispute(_, order) => (true, order),
        Cause::Mail(_)
        | Cause::Event(_)
        | Cause::Review(_)
        | Cause::Mailing(..)
        | Cause::Pause
        | Cause::Silence => (false, None),
    };
    // A literal, for the partial index.
    diesel::sql_query(format!(
        "INSERT INTO activity_dismissals (activity_id, at, actor) \
         SELECT line.id, $2, $3 FROM activity line JOIN activity_open open ON open.activity_id = line.id \
         WHERE line.level = '{}' AND line.detail @> ANY($1) \
           AND (NOT $4 OR line.order_id IS NOT DISTINCT FROM $5) \
         ON CONFLICT DO NOTHING",
        super::Level::Attention
    ))
    .bind::<Array<Jsonb>, _>(cause.marks())
    .bind::<Timestamptz, _>(doing.at)
    .bind::<Text, _>(&doing.actor)
    .bind::<Bool, _>(of_one)
    .bind::<Nullable<SqlUuid>, _>(order)
    .execute(connection)
    .map(drop)
}

/// When it was last told of that somebody should look.
pub fn told_at(connection: &mut PgConnection, cause: Cause) -> QueryResult<Option<DateTime<Utc>>> {
    #[derive(QueryableByName)]
    struct Told {
        #[diesel(sql_type = Nullable<Timestamptz>)]
        at: Option<DateTime<Utc>>,
    }
    // A literal, for the partial index.
    let told: Told = diesel::sql_query(format!(
        "SELECT max(at) AS at FROM activity WHERE level = '{}' AND detail @> ANY($1)",
        super::Level::Attention
    ))
    .bind::<Array<Jsonb>, _>(cause.marks())
    .get_result(connection)?;
    Ok(told.at)
}
