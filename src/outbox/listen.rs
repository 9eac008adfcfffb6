//! PostgreSQL wakes the worker when a mail was queued, on whichever replica.
//!
//! Behind a transaction pooler LISTEN does not work, so this needs `DATABASE_DIRECT_URL`. Without it,
//! or while its connection is away, the worker's own look every two seconds finds the mail.

use std::{thread, time::Duration};

use diesel::{Connection, PgConnection, connection::SimpleConnection};

use super::CHANNEL;
use crate::{app::App, config::Secret, db};

/// How often the connection's socket is looked at; the server is asked nothing.
const LOOK: Duration = Duration::from_millis(100);
/// Between two tries to connect.
const AGAIN: Duration = Duration::from_secs(2);

/// Listens on a thread of its own until `stopped` says so.
pub fn start(app: &App, stopped: impl Fn() -> bool + Send + 'static) {
    let Some(url) = app.direct_url.as_ref().map(db::listening) else {
        return;
    };
    let wake = app.wake_mail.clone();
    thread::spawn(move || {
        while !stopped() {
            // The connection ended, or none could be had.
            let _ = listen(&url, &stopped, || wake.notify_one());
            thread::sleep(AGAIN);
        }
    });
}

fn listen(
    url: &Secret,
    stopped: &impl Fn() -> bool,
    wake: impl Fn(),
) -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = PgConnection::establish(url.expose())?;
    connection.batch_execute(&format!("LISTEN {CHANNEL}"))?;
    while !stopped() {
        for notification in connection.notifications_iter() {
            notification?;
            wake();
        }
        thread::sleep(LOOK);
    }
    Ok(())
}
