//! The watchdog: tells from memory, on a thread of its own, what nothing that stands still could tell.

use std::{thread, time::Duration};

use tokio::{runtime::Builder, time::sleep};

use crate::{
    alert::{
        away::{self, Memory},
        heir::Heir,
    },
    app::App,
    clock::Moment,
    loops::MINUTE,
};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(2);

/// Looks until `stopped` says so. Without `ALERT_URL` there is nobody to tell.
pub fn start(app: &App, stopped: impl Fn() -> bool + Send + 'static) {
    if app.alert_url.is_none() {
        return;
    }
    let app = app.clone();
    thread::spawn(
        move || match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(watch(&app, stopped)),
            Err(error) => log::error!("nobody looks whether the worker goes on: {error}"),
        },
    );
}

async fn watch(app: &App, stopped: impl Fn() -> bool) {
    let mut database = Memory::new(&away::DATABASE);
    let mut worker = Memory::new(&away::WORKER);
    let mut heir = Heir::new(app);
    let mut away_at = None;
    while !stopped() {
        let is_away = away::database_is_away(app).await;
        database.turn(app, is_away).await;
        if is_away {
            away_at = Some(Moment::now());
        }
        // Without a database all loops stand, which is told already; then they have a minute to turn.
        let just_away = away_at.is_some_and(|at| at.after(MINUTE) > Moment::now());
        let stands = !just_away && app.loops.standing_still().is_some();
        worker.turn(app, stands).await;
        if !is_away {
            heir.turn(app, &mut [&mut database, &mut worker]).await;
        }
        sleep(LOOK).await;
    }
}
