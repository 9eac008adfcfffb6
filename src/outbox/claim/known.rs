//! Which mails wait, since Stripe has told of a payment that may be their payers'.

use std::collections::{HashMap, HashSet};

use diesel::{
    prelude::*,
    sql_types::{Array, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{candidate::Candidate, facts::about};
use crate::order::Order;

/// Mails whose address or order an event names that may be a payment, and is still to be worked on.
pub(super) fn unheard(
    connection: &mut PgConnection,
    candidates: &[Candidate],
    orders: &HashMap<Uuid, Vec<(Order, bool)>>,
) -> QueryResult<HashSet<Uuid>> {
    #[derive(QueryableByName)]
    struct Named {
        #[diesel(sql_type = SqlUuid)]
        mail: Uuid,
    }
    let (mut mails, mut names) = (Vec::new(), Vec::new());
    for mail in candidates.iter().filter(|mail| mail.kind().is_to_a_payer()) {
        let about: Vec<&Order> = about(orders, mail.id).collect();
        let address = mail.address(&about).to_lowercase();
        for name in about
            .iter()
            .map(|order| order.id.to_string())
            .chain([address])
        {
            mails.push(mail.id);
            names.push(name);
        }
    }
    let named: Vec<Named> = diesel::sql_query(
        "WITH told AS MATERIALIZED ( \
             SELECT lower(encode(body, 'escape')) AS text FROM stripe_events \
             WHERE state = 'pending' AND received_at > clock_timestamp() - interval '1 day' \
               AND type IN ('checkout.session.completed', 'checkout.session.async_payment_succeeded')) \
         SELECT DISTINCT asked.mail FROM unnest($1, $2) AS asked (mail, name) \
         WHERE EXISTS (SELECT FROM told WHERE strpos(told.text, asked.name) > 0)",
    )
    .bind::<Array<SqlUuid>, _>(mails)
    .bind::<Array<Text>, _>(names)
    .load(connection)?;
    Ok(named.into_iter().map(|named| named.mail).collect())
}
