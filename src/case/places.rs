//! The orders that a payment may be counted for, and whose cases are.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Nullable, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::CaseState;
use crate::{
    order::{Kind, Status},
    schema::{cases, orders},
};

/// Orders that are offered; whose is not among them is named by its reference.
const MOST: i64 = 100;
/// The newest open orders that are looked at for the amount.
const LOOKED_AT: i64 = 5_000;
/// More than anybody counts.
const MANY: i64 = 100;

/// An order that asks for just this amount.
#[derive(Debug, Clone, QueryableByName)]
pub struct Place {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The shop's name for it.
    #[diesel(sql_type = Text)]
    pub reference: String,
    /// Whose it is.
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
    /// Whether it has the payer's address.
    #[diesel(sql_type = Bool)]
    pub same_address: bool,
}

/// The open orders of just this amount, those with this address first. `of` is not among them.
pub fn places(
    connection: &mut PgConnection,
    (amount, currency): (i64, &str),
    email: Option<&str>,
    of: Option<Uuid>,
) -> QueryResult<Vec<Place>> {
    // Those of the address by its index; of the others the newest, however many are owed.
    diesel::sql_query(format!(
        "SELECT id, reference, name, lower(email) = lower($3) IS TRUE AS same_address \
         FROM (SELECT * FROM orders WHERE lower(email) = lower($3) AND kind = '{kind}' AND status = '{open}' \
               UNION \
               (SELECT * FROM (SELECT * FROM orders WHERE kind = '{kind}' AND status = '{open}' \
                               ORDER BY id DESC LIMIT {LOOKED_AT}) newest \
                WHERE amount_total = $1 AND currency = $2 ORDER BY id DESC LIMIT {MOST})) found \
         WHERE amount_total = $1 AND currency = $2 AND id IS DISTINCT FROM $4 \
         ORDER BY same_address DESC, coalesce(name, reference), reference LIMIT {MOST}",
        kind = Kind::Billed,
        open = Status::Open
    ))
    .bind::<BigInt, _>(amount)
    .bind::<Text, _>(currency)
    .bind::<Nullable<Text>, _>(email)
    .bind::<Nullable<SqlUuid>, _>(of)
    .load(connection)
}

/// Names and references of these orders.
pub fn whose(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> QueryResult<Vec<(Uuid, Option<String>, String)>> {
    orders::table
        .filter(orders::id.eq_any(ids))
        .select((orders::id, orders::name, orders::reference))
        .load(connection)
}

/// How many cases are so; a hundred and more are a hundred.
pub fn count(connection: &mut PgConnection, state: CaseState) -> QueryResult<i64> {
    let of_state = cases::table.select(cases::id).limit(MANY).into_boxed();
    let ids: Vec<Uuid> = match state {
        CaseState::Open => of_state.filter(cases::resolved_at.is_null()),
        CaseState::Resolved => of_state.filter(cases::resolved_at.is_not_null()),
    }
    .load(connection)?;
    Ok(i64::try_from(ids.len()).unwrap_or(MANY))
}
