//! The worker: works off what the web side has kept.

use std::time::Duration;

use tokio::sync::watch;

use crate::{app::App, inbox};

/// Without a wake-up the inbox is looked at this often: another replica may have filled it, and
/// some events wait for their time.
const POLL: Duration = Duration::from_secs(2);

/// Works until `stop` says so; what is in hand is finished first.
pub async fn run(app: App, mut stop: watch::Receiver<bool>) {
    app.metrics.worker_running.set(1);
    while !*stop.borrow() {
        match inbox::work_off(&app).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => log::error!("the worker found no database: {error}"),
        }
        tokio::select! {
            _ = app.wake.notified() => {}
            _ = tokio::time::sleep(POLL) => {}
            _ = stop.changed() => {}
        }
    }
    app.metrics.worker_running.set(0);
}
