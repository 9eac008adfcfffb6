//! What is reported of a mail after a server has taken it: it came back, or its reader complained.
//!
//! A report acts only on a mail that it names by something that nobody can guess, and only where it is about
//! that mail's own address, or names none: whom a mail was forwarded to is somebody else.

use chrono::{DateTime, Utc};
use diesel::{
    Connection,
    prelude::*,
    sql_types::{Array, Text, Uuid as SqlUuid},
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    State,
    consequence::{self, Refused},
    flow,
    history::{CAME_BACK, by_itself, lines},
    outage,
};
use crate::{
    activity::{self, Level},
    mail::report::{Ids, Report, Said},
    reminder,
    schema::{outbox, outbox_orders},
    suppression::{self, AddressHash, AddressKey},
};

/// What was done about a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Taken {
    /// What it came to.
    pub outcome: Outcome,
    /// The mail, where one of ours was found.
    pub mail: Option<Uuid>,
}

/// What a report came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The mail has come back.
    Bounced,
    /// Nobody writes to the address any more: its reader said so.
    Suppressed,
    /// It was known, or it changes nothing.
    Nothing,
    /// It is about an address that the mail was forwarded to.
    AnotherAddress,
    /// It names no mail of ours.
    NoMail,
    /// It names no mail of ours yet; one to its address is in hand. Look again later.
    InHand,
}

impl Taken {
    const fn of_no_mail(outcome: Outcome) -> Self {
        Self {
            outcome,
            mail: None,
        }
    }
}

/// Takes a report. The same one again changes nothing.
pub fn take(
    connection: &mut PgConnection,
    report: &Report,
    now: DateTime<Utc>,
) -> QueryResult<Taken> {
    connection.transaction(|connection| {
        let recipient = match &report.recipient {
            Some(address) => Some(AddressKey::load(connection)?.hash(address)),
            None => None,
        };
        let Some(id) = named(connection, &report.about)? else {
            let in_hand = !report.about.theirs.is_empty() && is_in_hand(connection, recipient)?;
            return Ok(Taken::of_no_mail(match in_hand {
                true => Outcome::InHand,
                false => Outcome::NoMail,
            }));
        };
        // Before the mails' rows, as by whoever writes what servers say at once.
        if let Said::CameBack { gone: true, .. } = report.said {
            flow::lock(connection)?;
        }
        // Orders before mails, as by everybody who locks both.
        reminder::lock_orders(connection, id)?;
        let mail: Reported = outbox::table
            .find(id)
            .select((
                outbox::id,
                outbox::kind,
                outbox::address,
                outbox::address_hash,
            ))
            .for_update()
            .first(connection)?;
        let is_its_own = recipient.is_none_or(|hash| hash.0[..] == mail.address_hash[..]);
        let outcome = match is_its_own {
            true => act(connection, &mail, &report.said, now)?,
            false => Outcome::AnotherAddress,
        };
        Ok(Taken {
            outcome,
            mail: Some(id),
        })
    })
}

/// A mail as it stands when somebody reports.
#[derive(Queryable)]
struct Reported {
    id: Uuid,
    /// As it is stored: a newer version may have written it.
    kind: String,
    address: Option<String>,
    address_hash: Vec<u8>,
}

impl Reported {
    fn refused(&self, gone: bool, why: Option<String>) -> Refused {
        Refused {
            id: self.id,
            kind: self.kind.clone(),
            address: self.address.clone(),
            address_hash: self.address_hash.clone(),
            gone,
            why,
        }
    }
}

/// The mail that a report names. By its row only those that have no mark: a row's id is no secret.
fn named(connection: &mut PgConnection, about: &Ids) -> QueryResult<Option<Uuid>> {
    #[derive(QueryableByName)]
    struct Named {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    if about.is_empty() {
        return Ok(None);
    }
    let found: Option<Named> = diesel::sql_query(
        "SELECT id FROM outbox WHERE mark = ANY($1) \
         UNION ALL SELECT id FROM outbox WHERE id = ANY($1) AND mark IS NULL \
         UNION ALL SELECT id FROM outbox WHERE server_id = ANY($2) LIMIT 1",
    )
    .bind::<Array<SqlUuid>, _>(&about.ours)
    .bind::<Array<Text>, _>(&about.theirs)
    .get_result(connection)
    .optional()?;
    Ok(found.map(|named| named.id))
}

/// Whether a mail to this address is being handed over: what the server calls it is not written down yet.
fn is_in_hand(connection: &mut PgConnection, recipient: Option<AddressHash>) -> QueryResult<bool> {
    let Some(AddressHash(hash)) = recipient else {
        return Ok(false);
    };
    let in_hand = outbox::table
        .filter(outbox::state.eq(State::Sending))
        .filter(outbox::address_hash.eq(&hash[..]));
    diesel::select(diesel::dsl::exists(in_hand)).get_result(connection)
}

fn act(
    connection: &mut PgConnection,
    mail: &Reported,
    said: &Said,
    now: DateTime<Utc>,
) -> QueryResult<Outcome> {
    match said {
        Said::NotYet => Ok(Outcome::Nothing),
        Said::CameBack { gone, why } => come_back(connection, mail, *gone, why, now),
        Said::Complained => {
            let what = "its reader called a mail spam";
            not_again(connection, mail, suppression::COMPLAINT, what, now)
        }
        Said::WantsNoMore => {
            let what = "its reader told the mail provider to send no more";
            not_again(connection, mail, suppression::UNSUBSCRIBED, what, now)
        }
    }
}

/// `sent_at` stays: the server did take it. A claim that is still out is void, so that a late yes changes
/// nothing.
fn come_back(
    connection: &mut PgConnection,
    mail: &Reported,
    gone: bool,
    why: &str,
    now: DateTime<Utc>,
) -> QueryResult<Outcome> {
    let [sending, unknown, sent] = [State::Sending, State::Unknown, State::Sent];
    let changed = diesel::update(outbox::table.find(mail.id))
        .filter(outbox::state.eq_any([sending, unknown, sent]))
        .set((
            outbox::state.eq(State::Bounced),
            outbox::handed_over.eq(true),
            outbox::last_error.eq(why),
            outbox::claim_id.eq(None::<Uuid>),
            outbox::claimed_until.eq(None::<DateTime<Utc>>),
        ))
        .execute(connection)?;
    if changed == 0 {
        return Ok(Outcome::Nothing);
    }
    // Before the new line: what is known now closes what was told of it.
    activity::over(connection, activity::Cause::Mail(mail.id), &by_itself(now))?;
    record(connection, mail, Level::Attention, CAME_BACK, now)?;
    let gone = gone && outage::is_believed(connection, mail.id, mail.address.as_deref(), now)?;
    let refused = mail.refused(gone, Some(why.to_owned()));
    consequence::means(connection, &[refused], now)?;
    Ok(Outcome::Bounced)
}

fn not_again(
    connection: &mut PgConnection,
    mail: &Reported,
    reason: &str,
    what: &str,
    now: DateTime<Utc>,
) -> QueryResult<Outcome> {
    let (refused, note) = (mail.refused(false, None), Some(what.to_owned()));
    if !consequence::not_again(connection, &refused, reason, note, now)? {
        return Ok(Outcome::Nothing);
    }
    record(connection, mail, Level::Info, what, now)?;
    Ok(Outcome::Suppressed)
}

fn record(
    connection: &mut PgConnection,
    mail: &Reported,
    level: Level,
    what: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let orders: Vec<Uuid> = outbox_orders::table
        .filter(outbox_orders::mail_id.eq(mail.id))
        .order(outbox_orders::order_id)
        .select(outbox_orders::order_id)
        .load(connection)?;
    let lines = lines((mail.id, &mail.kind), &orders, level, what, now);
    activity::record_all(connection, lines)
}
