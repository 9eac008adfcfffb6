//! Every trouble is told within a minute, and told to be over; and nothing is told that nobody made.

mod due;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use serde_json::Value;

pub use self::due::kind_of;
use self::due::{Due, Heard, Troubles, of_a_row, of_memory};
use super::counted;
use crate::torture::{Ground, watch::Watch};

/// Nobody waits for an end that is to be told later than this.
const PATIENCE: Duration = Duration::from_secs(120);
/// Waits, within bounds, for what is still to be told.
pub fn hear_out(ground: &Ground, watch: &Watch) {
    let horizon = Instant::now() + PATIENCE;
    let waits = |due: &Due| !due.met && due.by <= horizon && due.by > Instant::now();
    while dues(ground, watch).iter().any(waits) {
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// What does not hold, a sentence each.
pub fn judge(ground: &Ground, watch: &Watch) -> Vec<String> {
    let heard = heard(ground);
    ground.say(&format!(
        "alerts: {:?}",
        counted(
            heard
                .iter()
                .map(|heard| format!("{} {}", heard.state, kind_of(&heard.cause)))
        )
    ));
    let (now, dues) = (Instant::now(), dues(ground, watch));
    ground.say(&format!("{} things were to be told", dues.len()));
    let late = dues.into_iter().filter(|due| !due.met && due.by <= now);
    let late = late.map(|due| format!("{} was not told in time", due.what));
    let happened = ground.happened.lock().expect("no panic");
    late.chain(false_alarms(&heard, &Troubles(&happened)))
        .collect()
}

fn dues(ground: &Ground, watch: &Watch) -> Vec<Due> {
    let heard = heard(ground);
    let happened = ground.happened.lock().expect("no panic");
    let troubles = Troubles(&happened);
    let spans = watch.spans();
    let of_rows = spans
        .iter()
        .flat_map(|(key, spans)| of_a_row(key, spans, &heard, &troubles));
    of_rows.chain(of_memory(&heard, &troubles)).collect()
}

fn false_alarms<'a>(
    heard: &'a [Heard],
    troubles: &'a Troubles,
) -> impl Iterator<Item = String> + 'a {
    let begins = heard.iter().filter(|heard| heard.state == "begins");
    let false_alarms = begins.filter(|heard| !troubles.may_cause(heard));
    false_alarms.map(|heard| format!("{} was told, and nobody made such a trouble", heard.cause))
}

fn heard(ground: &Ground) -> Vec<Heard> {
    let heard = ground.receiver.heard().into_iter();
    let heard = heard.filter_map(|(at, body)| {
        let body: Value = serde_json::from_str(&body).ok()?;
        let word = |name: &str| Some(body[name].as_str()?.to_owned());
        Some(Heard {
            at,
            state: word("state")?,
            cause: word("cause")?,
        })
    });
    heard.collect()
}
