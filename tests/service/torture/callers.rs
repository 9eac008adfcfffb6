//! Payers: each follows the link of an order until it leads to a checkout, pays there, and may come back.

use std::{
    sync::Mutex,
    thread::{Scope, ScopedJoinHandle},
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use reqwest::Method;

use super::Ground;
use crate::support::{
    Order,
    browser::{person, runtime},
    world::session_in,
};

const AT_ONCE: usize = 6;
/// Between two tries of somebody who was asked to wait.
const PAUSE: Duration = Duration::from_secs(1);

/// What somebody asked for, and what came of it.
#[derive(Debug, Clone)]
pub struct Call {
    pub at: Instant,
    pub took: Duration,
    pub path: String,
    /// The answer's status, or why there was none.
    pub answer: Result<u16, String>,
}

/// All calls, and the sessions that were paid, with their orders.
#[derive(Default)]
pub struct Calls {
    pub calls: Mutex<Vec<Call>>,
    pub paid: Mutex<Vec<(String, Order)>>,
}

/// Payers spread over the run.
pub fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    ground: &'scope Ground,
    orders: &[Order],
    calls: &'scope Calls,
) -> Vec<ScopedJoinHandle<'scope, ()>> {
    let mut orders = orders.to_vec();
    orders.shuffle(&mut StdRng::seed_from_u64(ground.measure.seed));
    let share = orders.len().div_ceil(AT_ONCE);
    let shares = orders.chunks(share).map(<[Order]>::to_vec);
    let payers = shares.enumerate().map(|(number, orders)| {
        let mut dice = StdRng::seed_from_u64(ground.measure.seed * 100 + number as u64);
        scope.spawn(move || {
            let turn = ground.measure.lasts / u32::try_from(orders.len()).expect("a few");
            for (number, order) in (0_u32..).zip(&orders) {
                let due = ground.began + turn * number + turn.mul_f64(dice.random());
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                pay(ground, order, calls, &mut dice);
            }
        })
    });
    payers.collect()
}

/// Until it is paid, or nobody has patience any more.
fn pay(ground: &Ground, order: &Order, calls: &Calls, dice: &mut StdRng) {
    let patience = ground.began + ground.measure.lasts + ground.measure.rest;
    while Instant::now() < patience {
        // Somebody with two devices, or a finger that is too fast.
        let paths = if dice.random_bool(0.2) { 2 } else { 1 };
        let followed: Vec<_> = std::thread::scope(|scope| {
            let follow = || scope.spawn(|| ask(ground, &order.path, calls));
            let asked: Vec<_> = (0..paths).map(|_| follow()).collect();
            let answers = asked.into_iter().map(|one| one.join().expect("no panic"));
            answers.collect()
        });
        let session = followed.into_iter().flatten().next_back();
        if let Some(session) = session
            && ground.world.stripe.pay(&session).is_ok()
        {
            let paid = (session, order.clone());
            calls.paid.lock().expect("no panic").push(paid);
            if dice.random_bool(0.5) {
                ask(ground, &format!("{}/return", order.path), calls);
            }
            return;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Asks once; tells the session that the answer leads to.
fn ask(ground: &Ground, path: &str, calls: &Calls) -> Option<String> {
    let request = person(Method::GET, &format!("{}{path}", ground.door.url));
    let request = request.header("connection", "close");
    let at = Instant::now();
    let answer = runtime().block_on(async {
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        answer.bytes().await?;
        Ok::<_, reqwest::Error>((status, headers))
    });
    let call = Call {
        at,
        took: at.elapsed(),
        path: path.to_owned(),
        answer: match &answer {
            Ok((status, _)) => Ok(*status),
            Err(error) => Err(format!("{error:?}")),
        },
    };
    calls.calls.lock().expect("no panic").push(call);
    let (status, headers) = answer.ok()?;
    let location = headers.get("location")?.to_str().ok()?;
    (status == 303).then(|| session_in(location))
}
