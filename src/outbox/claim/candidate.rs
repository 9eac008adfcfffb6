//! A mail whose turn has come, and what can become of it.

use chrono::DateTime;
use diesel::{prelude::*, sql_types::Uuid as SqlUuid};
use uuid::Uuid;

use super::{Claimed, facts::ClaimFacts};
use crate::{
    app::App,
    mail::{Text, letter},
    order::Order,
    outbox::{Kind, State},
    reminder::{self, Attempt, Place, rule},
    schema::{outbox, outbox_orders},
    suppression::AddressHash,
};

/// A mail whose turn has come.
#[derive(Debug)]
pub(super) struct Candidate {
    pub id: Uuid,
    pub kind: Kind,
    pub address: String,
    pub address_hash: AddressHash,
    /// A reminder has none before it is claimed.
    pub text: Option<Text>,
    pub message_id: String,
    /// How often it will have been tried.
    pub this_try: i32,
    /// The refusal of a streak that it came back from.
    pub returned: Option<String>,
    /// The row's own address is not written to.
    pub suppressed: bool,
    /// Says which versions of its rows were read.
    pub version: String,
}

impl Candidate {
    /// The order's address of today, where the mail is written anew; else the row's own.
    pub fn address<'a>(&'a self, orders: &[&'a Order]) -> &'a str {
        match (self.kind, orders) {
            (Kind::Link | Kind::Reminder, [order]) => {
                let today = order.email.as_ref().map(|email| email.as_str());
                today.unwrap_or(&self.address)
            }
            _ => &self.address,
        }
    }

    /// With these words.
    pub fn claimed(self, claim: Uuid, orders: &[&Order], text: Text) -> Claimed {
        Claimed {
            id: self.id,
            claim,
            kind: self.kind,
            address_hash: self.address_hash,
            address: self.address,
            text,
            message_id: self.message_id,
            attempts: self.this_try,
            returned: self.returned,
            counted_at: DateTime::UNIX_EPOCH,
            passed_a_pause: false,
            orders: orders.iter().map(|order| order.id).collect(),
        }
    }

    /// Writes the mail as its order stands now.
    pub fn written(
        mut self,
        connection: &mut PgConnection,
        app: &App,
        claim: Uuid,
        order: &Order,
        facts: &ClaimFacts,
    ) -> QueryResult<Claimed> {
        self.address = self.address(&[order]).to_owned();
        self.address_hash = facts.hash_of(&self);
        let text = app.write(order, self.address_hash, |about| match self.kind {
            Kind::Reminder => letter::reminder(about),
            _ => letter::link(about),
        });
        diesel::update(outbox::table.find(self.id))
            .set((
                outbox::address.eq(&self.address),
                outbox::address_hash.eq(&self.address_hash.0[..]),
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
        Ok(self.claimed(claim, &[order], text))
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

    /// Nobody is to have it any more.
    pub fn withdraw(&self, connection: &mut PgConnection, why: &str) -> QueryResult<()> {
        self.end(connection, State::Cancelled, None, Some(why))
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
        if let (Kind::Reminder, Some(reason)) = (self.kind, reason) {
            let mails = &[self.id];
            reminder::end(connection, mails, reason, Attempt::Any, Place::Freed)?;
        }
        Ok(())
    }
}
