//! Carts as the figures see them: what became of each.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use crate::{
    mail::State,
    reminder::{Decision, purchases::Purchases, rule::Reason},
    suppression::AddressHash,
};

/// Whoever buys within this time of a cart's end has come back.
pub const COMES_BACK: Duration = Duration::hours(48);

/// A cart that somebody left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AbandonedCart {
    /// When its checkout ended.
    pub expired_at: DateTime<Utc>,
    /// Lower-case ISO code; empty if Stripe told none.
    pub currency: String,
    /// In minor units.
    pub amount: i64,
    /// Whether somebody gave an address.
    pub with_email: bool,
    /// Whether the address bought within [`COMES_BACK`].
    pub recovered: bool,
    /// What became of its reminder.
    pub reminder: Reminder,
}

/// What became of a cart's reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reminder {
    /// A mail server took it.
    Sent,
    /// It waits for its time.
    Scheduled,
    /// It left our hands, and no server is known to have taken it.
    NotDelivered,
    /// The rule was against it, for this reason; none for a cart that was not decided on.
    Skipped(Option<Reason>),
}

impl AbandonedCart {
    /// Whether the checkout was of the other mode than our key: nobody's cart.
    pub(super) fn is_of_the_other_mode(&self) -> bool {
        self.reminder == Reminder::Skipped(Some(Reason::TestMode))
    }
}

/// Which carts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which<'a> {
    /// Those whose checkout ended in this time.
    EndedBetween(DateTime<Utc>, DateTime<Utc>),
    /// Those of these sessions.
    Of(&'a [Uuid]),
}

/// Reads carts.
pub(super) fn abandoned(
    connection: &mut PgConnection,
    which: Which,
) -> QueryResult<Vec<AbandonedCart>> {
    let (sessions, ended) = match which {
        Which::EndedBetween(first, last) => (None, Some((first, last))),
        Which::Of(sessions) => (Some(sessions), None),
    };
    let rows: Vec<CartRow> = diesel::sql_query(
        "SELECT DISTINCT ON (carts.session_id) carts.expired_at, carts.address_hash, \
             coalesce(currency, '') AS currency, coalesce(amount, 0) AS amount, decision, reason, decided.sent_at, \
             mail.state AS mail_state \
         FROM carts LEFT JOIN reminder_decisions decided ON decided.session_id = carts.session_id \
             LEFT JOIN outbox mail ON mail.id = decided.mail_id \
         WHERE ($1 IS NULL OR carts.session_id = ANY ($1)) \
           AND ($2 IS NULL OR carts.expired_at BETWEEN $2 AND $3) \
         ORDER BY carts.session_id, decided.id",
    )
    .bind::<Nullable<Array<SqlUuid>>, _>(sessions)
    .bind::<Nullable<Timestamptz>, _>(ended.map(|(first, _)| first))
    .bind::<Nullable<Timestamptz>, _>(ended.map(|(_, last)| last))
    .load(connection)?;
    let ends = rows.iter().map(|row| row.expired_at);
    let of = rows.iter().filter_map(CartRow::hash).collect();
    let purchases = match (ends.clone().min(), ends.max()) {
        (Some(first), Some(last)) => {
            Purchases::between(connection, (first, last + COMES_BACK), &of)?
        }
        _ => Purchases::default(),
    };
    Ok(rows.into_iter().map(|row| row.with(&purchases)).collect())
}

#[derive(QueryableByName)]
struct CartRow {
    #[diesel(sql_type = Timestamptz)]
    expired_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Bytea>)]
    address_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = Nullable<Text>)]
    decision: Option<Decision>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<Reason>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    sent_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    mail_state: Option<State>,
}

impl CartRow {
    fn hash(&self) -> Option<AddressHash> {
        let hash = self.address_hash.as_deref();
        hash.and_then(AddressHash::from_column)
    }

    fn with(self, purchases: &Purchases) -> AbandonedCart {
        let hash = self.hash();
        let in_time = self.expired_at..=self.expired_at + COMES_BACK;
        AbandonedCart {
            expired_at: self.expired_at,
            currency: self.currency,
            amount: self.amount,
            with_email: hash.is_some(),
            recovered: purchases.within(hash, &in_time),
            reminder: match (self.decision, self.sent_at) {
                // Given up: it was decided on, and no server took it.
                _ if self.mail_state == Some(State::Failed) => Reminder::NotDelivered,
                (Some(Decision::Sent), Some(_)) => Reminder::Sent,
                (Some(Decision::Sent), None) => Reminder::NotDelivered,
                (Some(Decision::Scheduled), _) => Reminder::Scheduled,
                (Some(Decision::Skipped) | None, _) => Reminder::Skipped(self.reason),
            },
        }
    }
}
