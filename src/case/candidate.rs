//! The orders that a payment without an order may be for, as rows.

use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use uuid::Uuid;

use super::suggest::{Candidate, Orphan};
use crate::{db::lower, order::Status, schema::orders};

/// How many orders with the payer's address, or the payment's amount, are looked at: five are shown,
/// and a club's whole team may owe the same.
const MOST: i64 = 1_000;

/// The newest orders that wait for their money and share an address or an amount with an orphan.
pub(super) fn candidates(
    connection: &mut PgConnection,
    orphans: &[Orphan],
) -> QueryResult<Vec<Candidate>> {
    if orphans.is_empty() {
        return Ok(Vec::new());
    }
    let addresses: Vec<String> = orphans
        .iter()
        .filter_map(|orphan| orphan.email.as_ref())
        .map(|email| email.trim().to_lowercase())
        .collect();
    let amounts: Vec<i64> = orphans.iter().map(|orphan| orphan.amount).collect();
    // Two queries, so that a whole team that owes the same does not push the address out.
    let with_the_address = waiting()
        .filter(lower(orders::email).eq_any(addresses))
        .load::<CandidateRow>(connection)?;
    let with_the_amount = waiting()
        .filter(orders::amount_total.eq_any(amounts))
        .load::<CandidateRow>(connection)?;
    let mut found: Vec<CandidateRow> = with_the_address;
    for row in with_the_amount {
        if !found.iter().any(|known| known.id == row.id) {
            found.push(row);
        }
    }
    Ok(found.into_iter().map(Candidate::from).collect())
}

type Waiting<'a> = diesel::dsl::IntoBoxed<
    'a,
    diesel::dsl::Select<orders::table, diesel::dsl::AsSelect<CandidateRow, Pg>>,
    Pg,
>;

fn waiting<'a>() -> Waiting<'a> {
    orders::table
        .select(CandidateRow::as_select())
        .into_boxed()
        .filter(orders::status.eq_any([Status::Open, Status::InReview]))
        .order(orders::id.desc())
        .limit(MOST)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = orders)]
struct CandidateRow {
    id: Uuid,
    reference: String,
    email: Option<String>,
    amount_total: Option<i64>,
    currency: String,
    created_at: DateTime<Utc>,
}

impl From<CandidateRow> for Candidate {
    fn from(row: CandidateRow) -> Self {
        Self {
            order_id: row.id,
            reference: row.reference,
            email: row.email,
            amount: row.amount_total,
            currency: row.currency,
            created_at: row.created_at,
        }
    }
}
