//! A row whose turn has come, and what can become of it.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{
        BigInt, Bool, Bytea, Integer, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid,
    },
};
use uuid::Uuid;

use super::{Claimed, due, known::Known};
use crate::{
    app::App,
    mail::{Text, letter},
    order::Order,
    outbox::{Kind, State},
    reminder::{self, Attempt, Place, rule},
    schema::{outbox, outbox_orders},
    suppression::AddressHash,
};

/// A row whose turn has come.
#[derive(Debug, QueryableByName)]
pub(super) struct Candidate {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = SqlText)]
    kind: String,
    #[diesel(sql_type = SqlText)]
    pub address: String,
    #[diesel(sql_type = Bytea)]
    pub address_hash: Vec<u8>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub subject: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub body: Option<String>,
    #[diesel(sql_type = SqlText)]
    message_id: String,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    /// The row's own address is not written to.
    #[diesel(sql_type = Bool)]
    pub suppressed: bool,
}

pub(super) fn candidates(
    connection: &mut PgConnection,
    most: i64,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Candidate>> {
    diesel::sql_query(format!(
        "SELECT id, kind, address, address_hash, subject, body, message_id, attempts, EXISTS \
             (SELECT FROM suppressions WHERE suppressions.address_hash = mail.address_hash) AS suppressed \
         FROM outbox mail WHERE {} ORDER BY not_before, id LIMIT $2 FOR UPDATE SKIP LOCKED",
        due()
    ))
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(most)
    .load(connection)
}

impl Candidate {
    pub fn kind(&self) -> Kind {
        Kind::from_name(&self.kind).unwrap_or(Kind::Alert)
    }

    /// The order's address of today, where the mail is written anew; else the row's own.
    pub fn address<'a>(&'a self, orders: &[&'a Order]) -> &'a str {
        match (self.kind(), orders) {
            (Kind::Link | Kind::Reminder, [order]) => {
                let today = order.email.as_ref().map(|email| email.as_str());
                today.unwrap_or(&self.address)
            }
            _ => &self.address,
        }
    }

    pub fn claimed(self, claim: Uuid, orders: &[&Order]) -> Option<Claimed> {
        Some(Claimed {
            id: self.id,
            claim,
            kind: self.kind(),
            address_hash: AddressHash::from_column(&self.address_hash)?,
            address: self.address,
            text: Text {
                subject: self.subject?,
                body: self.body?,
            },
            message_id: self.message_id,
            attempts: self.attempts + 1,
            orders: orders.iter().map(|order| order.id).collect(),
        })
    }

    /// Writes the mail as its order stands now.
    pub fn written(
        mut self,
        connection: &mut PgConnection,
        app: &App,
        claim: Uuid,
        orders: &[&Order],
        known: &Known,
    ) -> QueryResult<Option<Claimed>> {
        let [order] = orders else {
            return Ok(None);
        };
        let address = self.address(orders).to_owned();
        let Some(hash) = known.hash_of(&self) else {
            return Ok(None);
        };
        let text = app.write(order, hash, |about| match self.kind() {
            Kind::Reminder => letter::reminder(about),
            _ => letter::link(about),
        });
        diesel::update(outbox::table.find(self.id))
            .set((
                outbox::address.eq(&address),
                outbox::address_hash.eq(&hash.0[..]),
                outbox::subject.eq(&text.subject),
                outbox::body.eq(&text.body),
            ))
            .execute(connection)?;
        diesel::update(outbox_orders::table.find((self.id, order.id)))
            .set((
                outbox_orders::version.eq(order.version),
                outbox_orders::link_version.eq(order.link_version),
            ))
            .execute(connection)?;
        self.address = address;
        self.address_hash = hash.0.to_vec();
        self.subject = Some(text.subject);
        self.body = Some(text.body);
        Ok(self.claimed(claim, orders))
    }

    pub fn suppress(&self, connection: &mut PgConnection) -> QueryResult<()> {
        self.end(
            connection,
            State::Suppressed,
            Some(rule::Reason::Suppressed),
            None,
        )
    }

    pub fn cancel(&self, connection: &mut PgConnection, reason: rule::Reason) -> QueryResult<()> {
        self.end(connection, State::Cancelled, Some(reason), None)
    }

    pub fn outdated(&self, connection: &mut PgConnection) -> QueryResult<()> {
        let why = "the order was changed after the mailing was approved; send its link, or make a new mailing";
        self.end(connection, State::Failed, None, Some(why))
    }

    /// Its turn comes again in a few seconds.
    pub fn wait(&self, connection: &mut PgConnection) -> QueryResult<()> {
        diesel::sql_query(
            "UPDATE outbox SET not_before = clock_timestamp() + interval '5 seconds', \
                 last_error = 'it waits: Stripe has told of a payment that may be its payer''s, which is still to be worked on' \
             WHERE id = $1",
        )
        .bind::<SqlUuid, _>(self.id)
        .execute(connection)
        .map(drop)
    }

    fn end(
        &self,
        connection: &mut PgConnection,
        state: State,
        reason: Option<rule::Reason>,
        error: Option<&str>,
    ) -> QueryResult<()> {
        diesel::update(outbox::table.find(self.id))
            .set((
                outbox::state.eq(state),
                outbox::skip_reason.eq(reason),
                outbox::last_error.eq(error),
                outbox::claim_id.eq(None::<Uuid>),
            ))
            .execute(connection)?;
        if let (Kind::Reminder, Some(reason)) = (self.kind(), reason) {
            let mails = &[self.id];
            reminder::end(connection, mails, reason, Attempt::Any, Place::Freed)?;
        }
        Ok(())
    }
}
