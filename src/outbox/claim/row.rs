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

use super::{candidate::Candidate, due};
use crate::{mail::Text, outbox::Kind, suppression::AddressHash};

/// Locks up to `most` mails whose turn has come. `SKIP LOCKED`: one that a person is deciding on is not
/// waited for.
pub(super) fn load(
    connection: &mut PgConnection,
    most: i64,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Row>> {
    diesel::sql_query(format!(
        "SELECT id, kind, blast_id, address, address_hash, subject, body, message_id, attempts, EXISTS \
             (SELECT FROM suppressions WHERE suppressions.address_hash = mail.address_hash) AS suppressed \
         FROM outbox mail WHERE {} ORDER BY not_before, id LIMIT $3 FOR UPDATE SKIP LOCKED",
        due()
    ))
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlText>, _>(&Kind::ALL[..])
    .bind::<BigInt, _>(most)
    .load(connection)
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
            // A reminder is written when it is claimed.
            _ if kind == Kind::Reminder => None,
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
