//! The heartbeat: a monitor elsewhere is asked while the worker goes on, and tells somebody when it is asked
//! no more. That way a process which can tell nobody anything is noticed, too.

use std::{thread, time::Duration};

use diesel::RunQueryDsl;
use tokio::{runtime::Builder, time::sleep};

use crate::{app::App, outside::Outside};

/// How long until it is looked again where nothing was to be told, or could be: the monitor should hear soon
/// that all is well again.
const AGAIN: Duration = Duration::from_secs(1);

/// Beats every `minute` until `stopped` says so, on a thread of its own: nothing that stands still is on it.
/// Without `HEARTBEAT_URL` there is none.
pub fn start(app: &App, minute: Duration, stopped: impl Fn() -> bool + Send + 'static) {
    let Some(monitor) = app.heartbeat.clone() else {
        return;
    };
    let app = app.clone();
    thread::spawn(
        move || match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(beat(&app, &monitor, minute, stopped)),
            Err(error) => log::error!("there is no heartbeat: {error}"),
        },
    );
}

async fn beat(app: &App, monitor: &Outside, minute: Duration, stopped: impl Fn() -> bool) {
    let mut heard = true;
    while !stopped() {
        if !is_well(app, minute).await {
            sleep(AGAIN).await;
            continue;
        }
        let asked = monitor.get().await;
        // Once while it lasts.
        if let (Err(error), true) = (asked, heard) {
            log::warn!("the monitor in HEARTBEAT_URL was not reached: {error}");
        }
        heard = asked.is_ok();
        sleep(if heard { minute } else { AGAIN.max(minute / 6) }).await;
    }
}

/// Whether the loops turn and the database answers.
async fn is_well(app: &App, minute: Duration) -> bool {
    if !app.loops.have_turned(minute) {
        return false;
    }
    let answers = app
        .db
        .run(|connection| diesel::sql_query("SELECT 1").execute(connection));
    answers.await.is_ok()
}
