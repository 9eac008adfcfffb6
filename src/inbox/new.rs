//! New events: kept once, with what is searched for.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    named::NameColumns,
    row::{Source, State},
};
use crate::{
    activity::{self, Category, Line},
    gateway::event::{Envelope, Event, Names},
    schema::stripe_events,
    suppression::AddressKey,
};

/// Why nothing can follow from a body that is no event.
pub const NO_EVENT: &str = "the body is signed, but is no event: it is not JSON or has no id";

/// An event to be kept.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub(super) id: String,
    pub(super) received_at: DateTime<Utc>,
    body: Vec<u8>,
    source: Source,
    /// None: the body is no event.
    envelope: Option<Envelope>,
    /// None: whom it names cannot be read.
    names: Option<Names>,
}

impl NewEvent {
    /// An event as it came. One that is not JSON, or has no id that can be kept, goes under an id
    /// made of its hash.
    pub fn of(body: Vec<u8>, source: Source, received_at: DateTime<Utc>) -> Self {
        let event = Event::read(&body);
        let names = event.as_ref().and_then(Event::names);
        let envelope = event.map(|event| event.envelope);
        let id = match &envelope {
            Some(envelope) => envelope.id.clone(),
            None => format!("sha256:{}", hex::encode(Sha256::digest(&body))),
        };
        Self {
            id,
            received_at,
            body,
            source,
            envelope,
            names,
        }
    }

    /// What can be said of it, unless it is none.
    pub fn envelope(&self) -> Option<&Envelope> {
        self.envelope.as_ref()
    }

    fn row(&self, key: &AddressKey) -> Row<'_> {
        let envelope = self.envelope.as_ref();
        let account = envelope.and_then(|envelope| envelope.account.clone());
        Row {
            id: &self.id,
            type_: self.kind(),
            livemode: envelope.and_then(|envelope| envelope.livemode),
            created_at: envelope.and_then(|envelope| envelope.created),
            body: &self.body,
            received_at: self.received_at,
            state: match envelope {
                Some(_) => State::Pending,
                None => State::Failed,
            },
            last_error: envelope.is_none().then_some(NO_EVENT),
            source: self.source,
            names: NameColumns::read(self.names.clone(), account, key),
        }
    }

    fn kind(&self) -> &str {
        self.envelope.as_ref().map_or("", |envelope| &envelope.kind)
    }
}

#[derive(Insertable)]
#[diesel(table_name = stripe_events)]
struct Row<'a> {
    id: &'a str,
    type_: &'a str,
    livemode: Option<bool>,
    created_at: Option<DateTime<Utc>>,
    body: &'a [u8],
    received_at: DateTime<Utc>,
    state: State,
    last_error: Option<&'static str>,
    source: Source,
    #[diesel(embed)]
    names: NameColumns,
}

/// Keeps events that are not kept yet; tells which were new. One that is no event has failed for good
/// with that, and its line is written in the same transaction.
pub fn insert(connection: &mut PgConnection, events: &[NewEvent]) -> QueryResult<Vec<String>> {
    // Never changes, so that it needs no transaction with what follows.
    let key = AddressKey::load(connection)?;
    let rows: Vec<Row> = events.iter().map(|event| event.row(&key)).collect();
    let keep = |connection: &mut PgConnection| {
        diesel::insert_into(stripe_events::table)
            .values(&rows)
            .on_conflict(stripe_events::id)
            .do_nothing()
            .returning(stripe_events::id)
            .get_results::<String>(connection)
    };
    let is_none = |event: &&NewEvent| event.envelope.is_none();
    // As nearly always: one statement needs no transaction around it.
    if !events.iter().any(|event| is_none(&event)) {
        return keep(connection);
    }
    connection.transaction(|connection| {
        let new = keep(connection)?;
        let failed = events.iter().filter(is_none);
        let lines = failed
            .filter(|event| new.contains(&event.id))
            .map(|event| failed_for_good(&event.id, event.kind(), event.source, event.received_at));
        activity::record_all(connection, lines.collect())?;
        Ok(new)
    })
}

/// The line that tells the shop. It says neither why nor what the event says: both may hold an address.
pub(super) fn failed_for_good(id: &str, kind: &str, source: Source, at: DateTime<Utc>) -> Line {
    let kind = if kind.is_empty() { "of no type" } else { kind };
    let what = format!(
        "an event of Stripe failed for good: {kind} ({id}). \
         GET /api/v1/events?state=failed says why; replay it once that is mended"
    );
    Line::about(None, Category::Webhook, what, &source.doing(at))
        .attention()
        .detail(json!({ "event": id, "type": kind }))
}

/// The webhook of an event that the sweep brought has come after all.
pub(super) fn delivered(
    connection: &mut PgConnection,
    ids: &[String],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let missed = stripe_events::table
        .filter(stripe_events::id.eq_any(ids))
        .filter(stripe_events::source.eq(Source::Sweep))
        .filter(stripe_events::delivered_at.is_null());
    diesel::update(missed)
        .set(stripe_events::delivered_at.eq(now))
        .execute(connection)
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_event_goes_under_its_hash() {
        let of = |body: &str| NewEvent::of(body.into(), Source::Webhook, DateTime::UNIX_EPOCH);
        assert_eq!(of(r#"{"id":"evt_1"}"#).id, "evt_1");
        let none = of("{}");
        assert!(none.envelope().is_none() && none.names.is_none());
        assert_eq!(
            none.id,
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
    }
}
