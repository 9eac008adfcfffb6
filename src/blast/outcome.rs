//! What came of a mailing for each recipient: whether somebody opened the link, whether a checkout was opened, and
//! whether it is paid.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::{
    prelude::*,
    sql_types::{Array, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use serde::Serialize;
use uuid::Uuid;

use super::Recipient;
use crate::{
    order::{Order, Status},
    session::SessionState,
    zone::in_a_cell,
};

/// What came of one recipient's mail; before the start, who it is and where the order stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, QueryableByName)]
pub struct Outcome {
    #[diesel(sql_type = SqlUuid)]
    #[serde(skip)]
    order_id: Uuid,
    /// As the shop writes it.
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
    /// When a person last opened the link, since the mail was written.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub clicked_at: Option<DateTime<Utc>>,
    /// Where the last checkout stands that was opened since.
    #[diesel(sql_type = Nullable<Text>)]
    pub session: Option<SessionState>,
    /// Where the order stands.
    #[diesel(sql_type = Nullable<Text>)]
    pub status: Option<Status>,
    /// When it was paid.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub paid_at: Option<DateTime<Utc>>,
}

impl Outcome {
    /// Of a mail that is not queued yet: nothing has come of it.
    pub(super) fn planned(order: &Order) -> Self {
        Self {
            order_id: order.id,
            name: order.name.clone(),
            status: Some(order.state.status()),
            ..Self::default()
        }
    }
}

/// Adds to recipients what came of their mails.
pub(super) fn add(
    connection: &mut PgConnection,
    blast: Uuid,
    recipients: &mut [Recipient],
) -> QueryResult<()> {
    let orders: Vec<Uuid> = recipients.iter().map(|it| it.order_id).collect();
    let outcomes: Vec<Outcome> = diesel::sql_query(
        "SELECT orders.id AS order_id, orders.name, orders.status, orders.paid_at, \
             CASE WHEN looks.by_person >= mail.created_at THEN looks.by_person END AS clicked_at, \
             (SELECT session.state FROM session_orders part \
                  JOIN checkout_sessions session ON session.id = part.session_id \
              WHERE part.order_id = orders.id AND session.created_at >= mail.created_at \
              ORDER BY session.created_at DESC LIMIT 1) AS session \
         FROM unnest($2) AS wanted (id) \
         CROSS JOIN LATERAL (SELECT * FROM outbox_orders \
             WHERE order_id = wanted.id AND blast_id = $1 OFFSET 0) about \
         JOIN outbox mail ON mail.id = about.mail_id AND mail.kind = 'blast' \
         JOIN orders ON orders.id = about.order_id \
         LEFT JOIN link_looks looks ON looks.order_id = orders.id",
    )
    .bind::<SqlUuid, _>(blast)
    .bind::<Array<SqlUuid>, _>(orders)
    .load(connection)?;
    let mut outcomes: HashMap<Uuid, Outcome> =
        outcomes.into_iter().map(|it| (it.order_id, it)).collect();
    for recipient in recipients {
        recipient.outcome = outcomes.remove(&recipient.order_id).unwrap_or_default();
    }
    Ok(())
}

/// The columns of the list that a treasurer opens as a spreadsheet.
pub const COLUMNS: [&str; 11] = [
    "reference",
    "name",
    "to",
    "mail",
    "reason",
    "sent_at",
    "clicked_at",
    "checkout",
    "status",
    "paid_at",
    "last_error",
];

impl Recipient {
    /// Its row in that list, with the times of this zone.
    pub fn cells(&self, zone: Option<Tz>) -> [String; COLUMNS.len()] {
        let when =
            |at: Option<DateTime<Utc>>| at.map_or_else(String::new, |at| in_a_cell(at, zone));
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let outcome = &self.outcome;
        [
            self.reference.clone(),
            text(&outcome.name),
            text(&self.to),
            self.state.clone(),
            text(&self.reason),
            when(self.sent_at),
            when(outcome.clicked_at),
            outcome.session.map_or("", SessionState::name).to_owned(),
            outcome.status.map_or("", Status::name).to_owned(),
            when(outcome.paid_at),
            text(&self.last_error),
        ]
    }
}
