//! A queued mail wakes the worker, on whichever replica it was queued.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use freshmint::outbox::listen;

use super::accident::wait_until;
use crate::support::{World, browser::runtime, cluster::Database};

#[test]
fn past_the_pooler_postgresql_wakes_every_worker() {
    let database = Database::new();
    let url = database.url.clone();
    let world = World::on(database, &[("DATABASE_DIRECT_URL", &url)]);
    let stopped = Arc::new(AtomicBool::new(false));
    let until = Arc::clone(&stopped);
    listen::start(&world.app, move || until.load(Ordering::SeqCst));
    let listening = "pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()";
    wait_until("it listens", || world.count(listening) == 1);
    world.queue_link(&world.order("CUP-1"));
    // Nothing else in this process knows of the mail.
    let woken = runtime().block_on(async {
        tokio::time::timeout(Duration::from_secs(30), world.app.wake_mail.notified()).await
    });
    stopped.store(true, Ordering::SeqCst);
    assert!(woken.is_ok());
}
