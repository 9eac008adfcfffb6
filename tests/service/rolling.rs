//! A restart that nobody who calls notices: replicas behind a proxy, stopped one after the other.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::support::{Process, World, process::free_address, proxy::Proxy};

#[test]
fn behind_a_proxy_a_restart_of_one_replica_after_the_other_is_no_error_for_anybody() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    let addresses = [free_address(), free_address()];
    let start = |address: SocketAddr| Process::serve_at(address, world.settings(), &[]);
    let mut replicas = addresses.map(start).map(Some);
    let proxy = Proxy::new(&addresses);
    let (over, answers) = (AtomicBool::new(false), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        // A click may be asked again elsewhere; what Stripe posts is not.
        for (method, path) in [
            ("GET", order.path.as_str()),
            ("POST", "/webhooks/stripe"),
            ("POST", "/webhooks/stripe"),
            ("GET", "/pay/made-up"),
        ] {
            let (proxy, over, answers) = (&proxy, &over, &answers);
            scope.spawn(move || {
                while !over.load(Ordering::SeqCst) {
                    let (status, body) = proxy.ask(method, path);
                    let said = if status >= 500 { body } else { String::new() };
                    let mut answers = answers.lock().expect("no panic");
                    *answers.entry((method, path, status, said)).or_insert(0) += 1;
                    drop(answers);
                    std::thread::sleep(Duration::from_millis(2));
                }
            });
        }
        let _over = OnDrop(&over);
        std::thread::sleep(Duration::from_secs(1));
        for (address, replica) in addresses.iter().zip(&mut replicas) {
            let (code, took) = replica.take().expect("one that runs").terminate();
            assert_eq!(code, Some(0));
            assert!(took < Duration::from_secs(15), "{took:?}");
            *replica = Some(start(*address));
            std::thread::sleep(Duration::from_millis(1500));
        }
    });
    let answers = answers.into_inner().expect("no panic");
    let statuses: Vec<_> = answers
        .keys()
        .map(|(_, path, status, _)| (*path, *status))
        .collect();
    let expected = [
        (order.path.as_str(), 303),
        // Whoever is wrong so often is told so, which is no trouble of the restart.
        ("/pay/made-up", 404),
        ("/pay/made-up", 429),
        ("/webhooks/stripe", 400),
        ("/webhooks/stripe", 429),
    ];
    assert!(
        statuses.iter().all(|answer| expected.contains(answer)),
        "{answers:#?}"
    );
    assert!(proxy.reused() > 100, "{}", proxy.reused());
}

/// However the test ends, its callers do.
struct OnDrop<'a>(&'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_replica_that_stops_says_so_first_then_closes_what_was_kept_then_lets_nobody_in() {
    let world = World::new();
    let order = world.order("CUP-1");
    world.click_through(&order);
    let process = world.process();
    let ask = |path: &str| World::anybody_gets(&format!("{}{path}", process.url));
    assert_eq!(ask("/readyz").status, 200);
    process.signal("TERM");
    let asked = Instant::now();
    while ask("/readyz").status == 200 {
        assert!(asked.elapsed() < Duration::from_secs(2));
    }
    let ready = ask("/readyz");
    assert_eq!((ready.status, ready.body.as_str()), (503, "stopping\n"));
    assert_eq!(ready.header("connection"), "", "it serves on as before");
    assert_eq!(ask(&order.path).status, 303);
    loop {
        let answer = ask(&order.path);
        assert_eq!(answer.status, 303);
        if answer.header("connection") == "close" {
            break;
        }
        assert!(asked.elapsed() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(50));
    }
    let (code, _) = process.terminate();
    assert_eq!(code, Some(0));
    assert!(
        asked.elapsed() < Duration::from_secs(12),
        "{:?}",
        asked.elapsed()
    );
}

#[test]
fn a_replica_that_nobody_has_asked_anything_stops_at_once() {
    let world = World::new();
    let process = world.process();
    let (code, took) = process.terminate();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(3), "{took:?}");
}
