//! Rows whose turn has come, read one by one: one that cannot be read is no other mail's trouble.

use chrono::{DateTime, Utc};
use diesel::{
    deserialize::{self, FromSql},
    pg::{Pg, PgValue},
    prelude::*,
    sql_types::{
        Array, BigInt, Bool, Bytea, Integer, Nullable, Text as SqlText, Timestamptz,
        Uuid as SqlUuid,
    },
};
use uuid::Uuid;

use super::{candidate::Candidate, due, is_an_alert, trying::before_any_mail};
use crate::{
    mail::Text,
    outbox::{Kind, turn::Which},
    suppression::AddressHash,
};

/// Locks up to `most` mails whose turn has come. `SKIP LOCKED`: one that a person is deciding on is not
/// waited for. What a person asked for and alerts come first, since they are due since ever.
pub(super) fn load(
    connection: &mut PgConnection,
    own_domain: &str,
    (which, most): (Which, i64),
    now: DateTime<Utc>,
) -> QueryResult<Vec<Row>> {
    // The domain is bound also where it is not asked for, so that the parameters have one order.
    let (which, first) = match which {
        Which::Any => ("$4 = $4".to_owned(), String::new()),
        Which::Alerts => (format!("$4 = $4 AND {}", is_an_alert()), String::new()),
        Which::Asked => (
            "$4 = $4 AND mail.asked_at > (SELECT tried_at FROM outbox_pause)".to_owned(),
            String::new(),
        ),
        Which::Probe => (
            may_try(),
            format!("{} DESC, {} DESC, ", is_elsewhere(), counts("$4")),
        ),
    };
    diesel::sql_query(format!(
        "SELECT id, kind, blast_id, address, address_hash, subject, body, message_id, attempts, returned, EXISTS \
             (SELECT FROM suppressions WHERE suppressions.address_hash = mail.address_hash) AS suppressed \
         FROM outbox mail WHERE {} AND {which} ORDER BY {first}not_before, id LIMIT $3 FOR UPDATE SKIP LOCKED",
        due()
    ))
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlText>, _>(&Kind::ALL[..])
    .bind::<BigInt, _>(most)
    .bind::<SqlText, _>(own_domain.to_lowercase())
    .load(connection)
}

const DOMAIN: &str = "lower(substring(mail.address FROM '@([^@]*)$'))";

/// Whether a mail goes to a payer at another domain than ours, which is the parameter.
pub(super) fn counts(own_domain: &str) -> String {
    let to_payers: Vec<String> = Kind::ALL
        .into_iter()
        .filter(|kind| kind.is_to_a_payer())
        .map(|kind| format!("'{kind}'"))
        .collect();
    format!(
        "(mail.kind IN ({}) AND {DOMAIN} IS DISTINCT FROM {own_domain})",
        to_payers.join(", ")
    )
}

/// An alert tries for all others only where there is no connection at all.
fn may_try() -> String {
    let causes: Vec<String> = before_any_mail()
        .iter()
        .map(|cause| format!("'{cause}'"))
        .collect();
    format!(
        "(NOT ({}) OR (SELECT cause FROM outbox_pause) IN ({}))",
        is_an_alert(),
        causes.join(", ")
    )
}

/// Whether a mail counts, and goes to another domain than those of the streak that mail is paused for.
fn is_elsewhere() -> String {
    format!(
        "({} AND NOT EXISTS (SELECT FROM outbox refused JOIN outbox_pause ON outbox_pause.streak = refused.streak \
             WHERE {} = {DOMAIN}))",
        counts("$4"),
        DOMAIN.replace("mail.", "refused.")
    )
}

/// A row as it is stored.
#[derive(QueryableByName)]
pub(super) struct Row {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = SqlText)]
    kind: Field<Kind>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    blast_id: Field<Option<Uuid>>,
    #[diesel(sql_type = Nullable<SqlText>)]
    address: Field<Option<String>>,
    #[diesel(sql_type = Bytea)]
    address_hash: Field<Vec<u8>>,
    #[diesel(sql_type = Nullable<SqlText>)]
    subject: Field<Option<String>>,
    #[diesel(sql_type = Nullable<SqlText>)]
    body: Field<Option<String>>,
    #[diesel(sql_type = SqlText)]
    message_id: Field<String>,
    #[diesel(sql_type = Integer)]
    attempts: Field<i32>,
    #[diesel(sql_type = Nullable<SqlText>)]
    returned: Field<Option<String>>,
    #[diesel(sql_type = Bool)]
    suppressed: Field<bool>,
}

impl Row {
    /// What it is, if that can be read.
    pub fn kind(&self) -> Option<Kind> {
        self.kind.0.as_ref().ok().copied()
    }

    /// The mail, or why the row is none.
    pub fn read(self) -> Result<Candidate, String> {
        let kind = self.kind.read("kind")?;
        if kind == Kind::Blast && self.blast_id.read("blast_id")?.is_none() {
            return Err(cannot_be("blast_id", "a mailing's mail has none"));
        }
        let text = match (self.subject.read("subject")?, self.body.read("body")?) {
            (Some(subject), Some(body)) => Some(Text { subject, body }),
            // They are written when they are claimed.
            _ if matches!(kind, Kind::Reminder | Kind::Account) => None,
            _ => return Err(cannot_be("subject or body", "there is none")),
        };
        let address = self.address.read("address")?;
        let hash = self.address_hash.read("address_hash")?;
        Ok(Candidate {
            id: self.id,
            kind,
            address: address.ok_or_else(|| cannot_be("address", "there is none"))?,
            address_hash: AddressHash::from_column(&hash)
                .ok_or_else(|| cannot_be("address_hash", "it has another length"))?,
            text,
            message_id: self.message_id.read("message_id")?,
            this_try: next_try(self.attempts.read("attempts")?)?,
            returned: self.returned.read("returned")?,
            suppressed: self.suppressed.read("suppressed")?,
        })
    }
}

/// The number of the try after so many.
fn next_try(attempts: i32) -> Result<i32, String> {
    let next = attempts.checked_add(1).filter(|next| *next > 0);
    next.ok_or_else(|| cannot_be("attempts", &attempts.to_string()))
}

fn cannot_be(column: &str, why: &str) -> String {
    format!("its row cannot be read: {column}: {why}")
}

/// A column's value, or why it does not decode.
struct Field<T>(Result<T, String>);

impl<T> Field<T> {
    fn read(self, column: &str) -> Result<T, String> {
        self.0.map_err(|why| cannot_be(column, &why))
    }
}

impl<T: FromSql<ST, Pg>, ST> FromSql<ST, Pg> for Field<T> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(T::from_sql(value).map_err(|why| why.to_string())))
    }

    fn from_nullable_sql(value: Option<PgValue<'_>>) -> deserialize::Result<Self> {
        Ok(Self(
            T::from_nullable_sql(value).map_err(|why| why.to_string()),
        ))
    }
}
