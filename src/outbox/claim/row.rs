//! Rows whose turn has come, read one by one: one that cannot be read is no other mail's trouble.

use chrono::{DateTime, Utc};
use diesel::{
    deserialize::{self, FromSql},
    pg::{Pg, PgValue},
    prelude::*,
    sql_types::{
        Array, Bool, Bytea, Integer, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid,
    },
};
use uuid::Uuid;

use super::{candidate::Candidate, due, is_an_alert, trying::before_any_mail};
use crate::{
    db::prepared_sql,
    mail::Text,
    outbox::{Kind, turn::Which},
    suppression::AddressHash,
};

/// Locks up to `most` mails whose turn has come. `SKIP LOCKED`: one that a person is deciding on is not
/// waited for. What a person asked for and alerts come first, since they are due since ever.
pub(super) fn lock(
    connection: &mut PgConnection,
    own_domain: &str,
    (which, most): (Which, i64),
    now: DateTime<Utc>,
) -> QueryResult<Vec<Row>> {
    // The domain is bound also where it is not asked for, so that the parameters have one order.
    let (which, first) = match which {
        Which::Any => ("$3 = $3".to_owned(), String::new()),
        Which::Alerts => (format!("$3 = $3 AND {}", is_an_alert()), String::new()),
        Which::Asked => (
            "$3 = $3 AND mail.asked_at > (SELECT tried_at FROM outbox_pause)".to_owned(),
            String::new(),
        ),
        Which::Probe => (
            may_try(),
            format!("{} DESC, {} DESC, ", is_elsewhere(), counts("$3")),
        ),
    };
    prepared_sql(format!(
        "SELECT {COLUMNS}, {SUPPRESSED} AS suppressed, '' AS version \
         FROM outbox mail WHERE {} AND {which} ORDER BY {first}not_before, id LIMIT {most} \
         FOR UPDATE SKIP LOCKED",
        due()
    ))
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlText>, _>(&Kind::ALL[..])
    .bind::<SqlText, _>(own_domain.to_lowercase())
    .load(connection)
}

/// Reads up to `most` mails whose turn has come, and takes nothing.
pub(super) fn read(
    connection: &mut PgConnection,
    most: usize,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Row>> {
    prepared_sql(format!(
        "SELECT {COLUMNS}, {SUPPRESSED} AS suppressed, {VERSION} AS version \
         FROM outbox mail WHERE {} ORDER BY not_before, id LIMIT {most}",
        due()
    ))
    .bind::<Timestamptz, _>(now)
    .bind::<Array<SqlText>, _>(&Kind::ALL[..])
    .load(connection)
}

const COLUMNS: &str =
    "id, kind, blast_id, address, address_hash, subject, body, message_id, attempts, returned";

/// Whether the row's own address is not written to.
pub(super) const SUPPRESSED: &str =
    "EXISTS (SELECT FROM suppressions WHERE suppressions.address_hash = mail.address_hash)";

/// Which versions of a mail's row and of its orders' rows there are: PostgreSQL gives a row another `xmin`
/// with each change, whatever it is and whoever makes it.
pub(super) const VERSION: &str = "concat_ws(' ', mail.xmin::text, (SELECT string_agg( \
         (SELECT orders.xmin::text FROM orders WHERE orders.id = about.order_id), ' ' ORDER BY about.order_id) \
     FROM outbox_orders about WHERE about.mail_id = mail.id))";

/// The domain of a mail's address, in small letters.
pub(in crate::outbox) const DOMAIN: &str = "lower(substring(mail.address FROM '@([^@]*)$'))";

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
        counts("$3"),
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
    #[diesel(sql_type = SqlText)]
    version: String,
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
            version: self.version,
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
