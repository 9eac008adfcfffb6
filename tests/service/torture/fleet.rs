//! The replicas, each a process of the real binary, started again by somebody as systemd would.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::support::{Process, process::free_address};

pub struct Fleet {
    pub addresses: Vec<SocketAddr>,
    settings: BTreeMap<String, String>,
    replicas: Vec<Mutex<Option<Process>>>,
    kills: Mutex<Vec<Instant>>,
}

impl Fleet {
    pub fn start(settings: &BTreeMap<String, String>, count: usize) -> Self {
        let mut settings = settings.clone();
        settings.insert("RUST_LOG".to_owned(), "warn".to_owned());
        let fleet = Self {
            addresses: (0..count).map(|_| free_address()).collect(),
            settings,
            replicas: (0..count).map(|_| Mutex::default()).collect(),
            kills: Mutex::default(),
        };
        for number in 0..count {
            fleet.start_again(number);
        }
        fleet
    }

    /// SIGKILL.
    pub fn kill(&self, number: usize) {
        self.kills.lock().expect("no panic").push(Instant::now());
        self.replica(number).take().expect("it runs").kill();
    }

    /// SIGTERM; tells how it ended.
    pub fn stop(&self, number: usize) -> (Option<i32>, Duration) {
        let process = self.replica(number).take();
        process.expect("it runs").terminate()
    }

    /// Until it runs: while the database is away it ends at once.
    pub fn start_again(&self, number: usize) {
        loop {
            match Process::try_to_serve_at(self.addresses[number], &self.settings, &[]) {
                Ok(process) => {
                    *self.replica(number) = Some(process);
                    return;
                }
                Err(_) => std::thread::sleep(Duration::from_millis(500)),
            }
        }
    }

    /// Whether one was killed from `began` on, or a moment before, within `took`.
    pub fn killed_within(&self, began: Instant, took: Duration) -> bool {
        let moment = Duration::from_secs(1);
        let kills = self.kills.lock().expect("no panic");
        kills
            .iter()
            .any(|at| *at + moment >= began && *at <= began + took + moment)
    }

    fn replica(&self, number: usize) -> std::sync::MutexGuard<'_, Option<Process>> {
        self.replicas[number].lock().expect("no panic")
    }
}
