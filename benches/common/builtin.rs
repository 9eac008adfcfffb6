//! The built-in driver: a process of this binary that sends load, where there is no wrk.
//!
//! `--drive SERVER CONNECTIONS SECONDS FILE again|once THREADS`, and the file of `wrk.lua`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{Client, redirect::Policy};

/// The first argument of a process that is the driver.
pub const DRIVE: &str = "--drive";

/// Runs the driver and prints its result.
pub fn drive(arguments: &[String]) {
    let [server, connections, seconds, file, again, threads] = arguments else {
        panic!("{DRIVE} is for the bench itself");
    };
    let number = |text: &String| text.parse::<usize>().expect("a number");
    let targets = std::fs::read_to_string(file).expect("the file of targets");
    let work = Arc::new(Work {
        server: server.clone(),
        targets: targets.lines().map(str::to_owned).collect(),
        again: again == "again",
        next: AtomicUsize::new(0),
        until: Instant::now() + Duration::from_secs(number(seconds) as u64),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(number(threads))
        .enable_all()
        .build()
        .expect("threads");
    let started = Instant::now();
    let (mut times, failed) = runtime.block_on(all(work, number(connections)));
    let took = started.elapsed();
    times.sort_unstable();
    let percentile = |percent: usize| {
        let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(at).map_or(0, Duration::as_micros)
    };
    println!(
        "RESULT {} {} {} {} {failed}",
        times.len(),
        took.as_micros(),
        percentile(50),
        percentile(99)
    );
}

struct Work {
    server: String,
    targets: Vec<String>,
    again: bool,
    next: AtomicUsize,
    until: Instant,
}

async fn all(work: Arc<Work>, connections: usize) -> (Vec<Duration>, u64) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let hands: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(one(Arc::clone(&work))))
        .collect();
    let (mut times, mut failed) = (Vec::new(), 0);
    for hand in hands {
        let (more, failures) = hand.await.expect("a driver's hand");
        times.extend(more);
        failed += failures;
    }
    (times, failed)
}

/// One connection: one request after the other.
async fn one(work: Arc<Work>) -> (Vec<Duration>, u64) {
    let client = Client::builder().redirect(Policy::none()).no_proxy();
    let client = client.build().expect("a client");
    let (mut times, mut failed) = (Vec::new(), 0);
    while Instant::now() < work.until {
        let at = work.next.fetch_add(1, Ordering::Relaxed);
        if at >= work.targets.len() && !work.again {
            break;
        }
        let mut fields = work.targets[at % work.targets.len()].split('\t');
        let path = fields.next().unwrap_or_default();
        let body = fields.next().unwrap_or_default().to_owned();
        let url = format!("{}{path}", work.server);
        let mut request = match body.is_empty() {
            true => client.get(url),
            false => client.post(url).body(body),
        };
        for (name, value) in fields.filter_map(|field| field.split_once(": ")) {
            request = request.header(name, value);
        }
        let asked = Instant::now();
        match request.send().await {
            Ok(answer) if answer.status().as_u16() < 400 => match answer.bytes().await {
                Ok(_) => times.push(asked.elapsed()),
                Err(_) => failed += 1,
            },
            _ => failed += 1,
        }
    }
    (times, failed)
}
