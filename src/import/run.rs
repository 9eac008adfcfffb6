//! Taking a file in from a web process: payment pages are closed, then one transaction, as often as it needs.

use std::time::Duration;

use diesel::{PgConnection, QueryResult};
use tokio::time::Instant;
use uuid::Uuid;

use super::close::{Closed, close_open};
use crate::{app::App, db::DbError};

/// So long payment pages are closed for in one request: browsers and proxies wait for longer. What is left then goes
/// on when somebody presses again.
const PATIENCE: Duration = Duration::from_secs(20);
/// So often it is begun again where a payer opens a page that was just closed.
const TURNS: usize = 5;

/// How it ended.
#[derive(Debug)]
pub enum Ran<T> {
    /// The transaction said this.
    Came(T),
    /// Nothing was changed: Stripe did not confirm that a payment page is closed.
    NoAnswer,
    /// Nothing was changed: there are more payment pages to close than time. Those that were closed stay so, and
    /// the next time goes on from there.
    Late,
}

/// Runs one transaction, which says which orders can still be paid as they stand (`Err`), closes their payment pages,
/// and runs it again.
///
/// # Errors
/// The database's; nothing was changed then.
pub async fn run<T, F>(app: &App, turn: F) -> Result<Ran<T>, DbError>
where
    T: Send + 'static,
    F: Fn(&mut PgConnection) -> QueryResult<Result<T, Vec<Uuid>>> + Clone + Send + 'static,
{
    let until = Instant::now() + PATIENCE;
    let patient = app.db.patient();
    for _ in 0..TURNS {
        let open = match patient.transaction(turn.clone()).await? {
            Ok(came) => return Ok(Ran::Came(came)),
            Err(open) => open,
        };
        match close_open(app, open, until).await? {
            Closed::All => {}
            Closed::NoAnswer => return Ok(Ran::NoAnswer),
            Closed::Late => return Ok(Ran::Late),
        }
    }
    Ok(Ran::Late)
}
