//! Each click is answered within its budget.

use std::time::Duration;

use super::counted;
use crate::torture::{Ground, callers::Call};

/// The whole budget of one click at Stripe (`STRIPE_TIMEOUT_SECONDS`), and the database's five seconds.
const BUDGET: Duration = Duration::from_secs(10 + 5);
/// What a busy machine adds.
const SLACK: Duration = Duration::from_secs(3);

/// What does not hold, a sentence each.
pub fn judge(ground: &Ground, calls: &[Call]) -> Vec<String> {
    let answers = calls.iter().map(|call| match &call.answer {
        Ok(status) => status.to_string(),
        Err(_) => "none".to_owned(),
    });
    let slowest = calls.iter().map(|call| call.took).max();
    ground.say(&format!(
        "clicks: {:?}, slowest {slowest:?}",
        counted(answers)
    ));
    let killed = |call: &Call| ground.fleet.killed_within(call.at, call.took);
    wrong_clicks(calls, killed)
}

/// A click is led on, or asked to wait; who has paid is told so. Only a process that dies owes an answer.
fn wrong_clicks(calls: &[Call], killed: impl Fn(&Call) -> bool) -> Vec<String> {
    let wrong = calls.iter().filter_map(|call| {
        let fault = match &call.answer {
            _ if call.took > BUDGET + SLACK => "took too long".to_owned(),
            Ok(200 | 303 | 503) => return None,
            Ok(status) => format!("was answered with {status}"),
            Err(_) if killed(call) => return None,
            Err(error) => format!("was not answered: {error}"),
        };
        Some(format!("{} {fault} ({:?})", call.path, call.took))
    });
    wrong.collect()
}

#[test]
fn the_judge_sees_a_click_that_is_late_or_lost() {
    let call = |answer: Result<u16, String>, seconds| Call {
        at: std::time::Instant::now(),
        took: Duration::from_secs(seconds),
        path: "/pay/x".to_owned(),
        answer,
    };
    let calls = [
        call(Ok(303), 1),
        call(Ok(503), 5),
        call(Ok(303), 19),
        call(Ok(500), 1),
        call(Err("reset".to_owned()), 1),
    ];
    assert_eq!(wrong_clicks(&calls, |_| false).len(), 3);
    assert_eq!(wrong_clicks(&calls, |_| true).len(), 2);
}
