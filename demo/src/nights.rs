//! The nights that pass when somebody sets the simulator's clock ahead.
//!
//! What the service does nightly is due by PostgreSQL's clock, which nobody can set; everything else
//! goes by the simulator's. So that a far jump shows what a night brings, the demo does it here.

use std::{convert::Infallible, time::Duration};

use chrono::TimeDelta;
use freshmint::{app::App, retention};
use serde_json::json;

/// How often we look at the clock.
const LOOK: Duration = Duration::from_secs(1);

/// Prunes whenever the service's clock has gone on by a day.
pub async fn pass(app: App) -> Infallible {
    let mut last = app.clock.now();
    loop {
        tokio::time::sleep(LOOK).await;
        let now = app.clock.now();
        if now - last < TimeDelta::days(1) {
            continue;
        }
        last = now;
        match retention::prune(&app, "retention").await {
            Ok(pruned) => eprintln!("A night has passed; pruned: {}", json!(pruned)),
            Err(error) => eprintln!("A night has passed; pruning broke off: {error}"),
        }
    }
}
