//! Reminders of carts, when the shop turns recovery off.

use diesel::{prelude::*, sql_types::Text};

use crate::reminder::rule::Reason;

/// Cancels every reminder of a cart that waits, inside the caller's transaction. One that a courier holds
/// is ruled on by what the settings say when it is claimed.
///
/// # Errors
/// What PostgreSQL says.
pub fn cancel_reminders_of_carts(connection: &mut PgConnection) -> QueryResult<()> {
    diesel::sql_query(
        "WITH carts AS ( \
             SELECT mail.id FROM outbox mail \
             JOIN outbox_orders about ON about.mail_id = mail.id \
             JOIN orders ON orders.id = about.order_id AND orders.kind = 'recovered' \
             WHERE mail.kind = 'reminder' AND mail.state = 'queued' AND NOT mail.handed_over \
             ORDER BY mail.id FOR UPDATE OF mail), \
         cancelled AS ( \
             UPDATE outbox SET state = 'cancelled', skip_reason = $1, claim_id = NULL \
             FROM carts WHERE outbox.id = carts.id), \
         void AS (UPDATE outbox_orders SET void = true FROM carts WHERE mail_id = carts.id) \
         UPDATE reminder_decisions SET decision = 'skipped', reason = $1 \
         FROM carts WHERE mail_id = carts.id AND decision = 'scheduled'",
    )
    .bind::<Text, _>(Reason::RecoveryDisabled.name())
    .execute(connection)
    .map(drop)
}
