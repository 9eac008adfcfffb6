//! What must hold: asked of the mailbox, the simulator, the callers, the place for alerts, and the rows.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use freshmint::token::Role;
use reqwest::Method;
use serde_json::Value;

use super::{
    Ground, Happened,
    callers::{Call, Calls},
    troubles::Lane,
    watch::{Span, Watch},
};
use crate::{simulator, support::Order};

/// The whole budget of one click at Stripe (`STRIPE_TIMEOUT_SECONDS`), and the database's five seconds.
const BUDGET: Duration = Duration::from_secs(10 + 5);
/// What a busy machine adds.
const SLACK: Duration = Duration::from_secs(3);
/// What is to be told is told within this time, and so is its end.
const TOLD_WITHIN: Duration = Duration::from_secs(60);
/// What docs/alerts.md says of when a cause is over: gone for so long, or, if it came back, for so long.
const GONE: Duration = Duration::from_secs(30);
const GONE_AFTER_A_RETURN: Duration = Duration::from_secs(10 * 60);
/// A database that is away is a cause from then on.
const DATABASE_IS_A_CAUSE: Duration = Duration::from_secs(2 * 60);
/// Nobody waits for an end that is to be told later than this.
const PATIENCE: Duration = Duration::from_secs(120);
/// A pause that ends so soon may be over before anybody looks.
const SEEN_FOR_SURE: Duration = Duration::from_secs(10);

/// Rows of mails that wait although nothing keeps them, or that are in hand: a mail waits with a reason if all
/// mail is paused, or if it was refused for now and its next try has not come.
const UNRESTED: &str = "outbox WHERE state = 'sending' OR state = 'queued' AND NOT EXISTS (SELECT FROM outbox_pause) \
    AND (not_before <= clock_timestamp() OR last_error IS NULL)";

/// Waits, within bounds, until nothing is in hand, mail goes out again and every order is paid. Meanwhile Stripe posts what it
/// could not, as it does for days, and somebody looks at Stripe, as the worker does every quarter of an hour.
pub fn come_to_rest(ground: &Ground, orders: &[Order]) {
    let until = Instant::now() + ground.measure.rest;
    while Instant::now() < until {
        let posted = ground
            .world
            .stripe
            .deliver_all(simulator::Order::Shuffled(1));
        let looked = ground.world.command(&["sweep"]);
        let (mails, unpaid) = (ground.world.count(UNRESTED), unpaid(ground));
        ground.say(&format!(
            "at rest but for {mails} mails and {unpaid} of {} orders (events: {:?}, sweep: {})",
            orders.len(),
            posted.map(|statuses| statuses.len()),
            looked.0
        ));
        if mails == 0 && unpaid == 0 && ground.world.count("outbox_pause") == 0 {
            return;
        }
        std::thread::sleep(Duration::from_secs(3));
    }
}

fn unpaid(ground: &Ground) -> usize {
    ground
        .world
        .count("orders WHERE status <> 'paid' AND reference LIKE 'pay-%'")
}

/// Everything that does not hold, a sentence each.
pub fn judge(ground: &Ground, orders: &[Order], calls: &Calls, watch: &Watch) -> Vec<String> {
    let mut wrong = mails(ground);
    wrong.extend(payments(ground, orders, calls));
    wrong.extend(clicks(ground, &calls.calls.lock().expect("no panic")));
    wrong.extend(told(ground, watch));
    wrong
}

// -- mails --

/// A mail's row: its Message-ID, its state, why.
struct Row {
    id: String,
    state: String,
    why: String,
}

fn mails(ground: &Ground) -> Vec<String> {
    let got = ground.world.mailbox().mails();
    let ids = got.iter().filter_map(|mail| mail.header("Message-ID"));
    let got = counted(ids);
    let rows = rows(ground);
    ground.say(&format!(
        "mails: {:?}",
        counted(rows.iter().map(|row| row.state.clone()))
    ));
    let mut wrong = wrong_mails(&got, &rows);
    let pause = "SELECT reason || ' until ' || until AS text FROM outbox_pause";
    for pause in ground.world.texts(pause) {
        ground.say(&format!("mail waits: {pause}"));
    }
    let untried = "outbox_pause WHERE until < clock_timestamp() - interval '1 minute' \
        AND EXISTS (SELECT FROM outbox WHERE state = 'queued' AND not_before < clock_timestamp())";
    if ground.world.count(untried) > 0 {
        wrong.push("a pause has been over for a minute, and no mail tries".to_owned());
    }
    wrong
}

fn rows(ground: &Ground) -> Vec<Row> {
    let told = ground.world.texts(&format!(
        "SELECT message_id || '|' || CASE WHEN id IN (SELECT id FROM {UNRESTED}) THEN 'unrested' ELSE state END \
             || '|' || coalesce(last_error, '') AS text FROM outbox"
    ));
    let row = |line: &String| {
        let mut parts = line.splitn(3, '|').map(str::to_owned);
        let mut part = || parts.next().expect("three parts");
        Row {
            id: part(),
            state: part(),
            why: part(),
        }
    };
    told.iter().map(row).collect()
}

/// What is wrong with these rows and what the mailbox got, by Message-ID.
fn wrong_mails(got: &BTreeMap<String, usize>, rows: &[Row]) -> Vec<String> {
    let twice = got.iter().filter(|(_, count)| **count > 1);
    let twice = twice.map(|(id, count)| format!("mail {id} came {count} times"));
    let rows = rows.iter().filter_map(|Row { id, state, why }| {
        let came = got.contains_key(id);
        let fault = match (state.as_str(), came, why.is_empty()) {
            ("sent", false, _) => "was never taken",
            // Whoever was told so may send it again.
            ("queued" | "unrested" | "failed" | "bounced", true, _) => "was taken all the same",
            ("unrested", ..) => "waits without a reason",
            ("failed" | "bounced" | "unknown", _, true) => "has ended without a reason",
            _ => return None,
        };
        Some(format!("mail {id} is {state} and {fault}: {why}"))
    });
    twice.chain(rows).collect()
}

// -- payments --

fn payments(ground: &Ground, orders: &[Order], calls: &Calls) -> Vec<String> {
    let world = &ground.world;
    let paid = calls.paid.lock().expect("no panic");
    ground.say(&format!(
        "payments: {} of {} orders",
        paid.len(),
        orders.len()
    ));
    let mut wrong: Vec<String> = paid
        .iter()
        .filter_map(|(session, order)| {
            let status = world.status(order);
            let settled = world.count(&format!(
                "payment_allocations WHERE order_id = '{}'",
                order.id
            ));
            let holds = status == "paid" && settled == 1;
            (!holds).then(|| {
                format!(
                    "{} was paid ({session}) and is {status}, with {settled} payments",
                    order.reference
                )
            })
        })
        .collect();
    let cases = world.count("cases");
    if cases > 0 {
        wrong.push(format!("{cases} cases of money that adds up"));
    }
    if paid.len() < orders.len() {
        wrong.push(format!(
            "{} payers never came to pay",
            orders.len() - paid.len()
        ));
    }
    wrong
}

// -- clicks --

fn clicks(ground: &Ground, calls: &[Call]) -> Vec<String> {
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

// -- alerts --

fn told(ground: &Ground, watch: &Watch) -> Vec<String> {
    let pauses = watch.pauses();
    let happened = ground.happened.lock().expect("no panic").clone();
    let away = happened.iter().filter(|one| is_told(one));
    let away: Vec<Span> = away
        .map(|one| Span {
            began: one.began + DATABASE_IS_A_CAUSE,
            ended: one.ended,
        })
        .collect();
    ground.say(&format!(
        "pauses: {}, databases away for long: {}",
        pauses.len(),
        away.len()
    ));
    let mut wrong = causes(ground, watch, "pause", &pauses);
    wrong.extend(causes(ground, watch, "database", &away));
    wrong.extend(unknown_mails(ground));
    wrong.extend(still_open(ground));
    ground.say(&format!(
        "alerts: {:?}",
        counted(ground.receiver.told().iter().map(|told| kind_of(told)))
    ));
    wrong
}

fn is_told(one: &Happened) -> bool {
    one.lane == Lane::Database
        && one.what.contains("IsAway")
        && one.ended - one.began > DATABASE_IS_A_CAUSE + SEEN_FOR_SURE
}

fn kind_of(told: &str) -> String {
    told.split(':').next().unwrap_or_default().to_owned()
}

/// Each of these times was told when it began, and that it is over where it has been so for long enough.
fn causes(ground: &Ground, watch: &Watch, cause: &str, spans: &[Span]) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(last) = spans.last() else {
        return wrong;
    };
    let first = spans
        .iter()
        .find(|span| span.ended - span.began > SEEN_FOR_SURE);
    if let Some(first) = first {
        let window = Span {
            began: spans[0].began,
            ended: first.began + TOLD_WITHIN,
        };
        let by = window.ended + watch.silent_within(window);
        wait_for(ground, by, |told| told == format!("begins {cause}"));
        let begins = heard(ground, "begins", cause).first().copied();
        if begins.is_none_or(|at| at > by) {
            wrong.push(format!(
                "{cause} was not told in time: {:?}",
                begins.map(|at| at - first.began)
            ));
        }
    }
    // What came back has to be gone for ten minutes: so long nobody waits here.
    let gone = if spans.len() > 1 {
        GONE_AFTER_A_RETURN
    } else {
        GONE
    };
    let by = last.ended + gone + TOLD_WITHIN;
    let begun = heard(ground, "begins", cause).len();
    if begun > 0 && by < Instant::now() + PATIENCE {
        wait_for(ground, by, |told| told == format!("over {cause}"));
        let over = heard(ground, "over", cause).last().copied();
        if over.is_none_or(|at| at > by) {
            wrong.push(format!("that {cause} is over was not told in time"));
        }
    }
    wrong
}

/// Of each mail that a person has to look at somebody was told; when they have, that it is over.
fn unknown_mails(ground: &Ground) -> Vec<String> {
    const UNTOLD: &str = "alert_messages WHERE channel = 'url' AND kind = 'unknown_mail'";
    const OPEN: &str = "alert_causes WHERE kind = 'unknown_mail' AND told AND over_at IS NULL";
    let world = &ground.world;
    let unknown = world.texts("SELECT id::text AS text FROM outbox WHERE state = 'unknown'");
    if unknown.is_empty() {
        return Vec::new();
    }
    let told = soon(TOLD_WITHIN, || {
        world.count(OPEN) >= unknown.len() && world.count(UNTOLD) == 0
    });
    let told = told
        && ground
            .receiver
            .told()
            .iter()
            .any(|told| told.starts_with("begins unknown_mail"));
    for id in &unknown {
        let path = format!("/outbox/{id}/drop");
        let dropped = world.api(Role::Operator, Method::POST, &path, None);
        assert_eq!(dropped.status, 200, "{}", dropped.body);
    }
    let over = soon(GONE + TOLD_WITHIN, || {
        world.count(OPEN) == 0 && world.count(UNTOLD) == 0
    });
    let over = over
        && ground
            .receiver
            .told()
            .iter()
            .any(|told| told.starts_with("over unknown_mail"));
    let wrong = [(told, "begins"), (over, "is over")];
    let wrong = wrong.into_iter().filter(|(holds, _)| !holds);
    wrong
        .map(|(_, what)| {
            format!(
                "{} unknown mails: that it {what} was not told in time",
                unknown.len()
            )
        })
        .collect()
}

fn soon(within: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + within;
    while Instant::now() < until {
        if is_so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(300));
    }
    false
}

/// No worker stands still at the end.
fn still_open(ground: &Ground) -> Vec<String> {
    let told = ground.receiver.told();
    let worker = told.iter().filter(|told| told.ends_with(" worker"));
    let worker = counted(worker.cloned());
    let stands = worker.get("begins worker") > worker.get("over worker");
    let stands = stands.then(|| format!("a worker stands still: {worker:?}"));
    stands.into_iter().collect()
}

fn heard(ground: &Ground, state: &str, cause: &str) -> Vec<Instant> {
    let heard = ground
        .receiver
        .heard()
        .into_iter()
        .filter_map(|(at, body)| {
            let body: Value = serde_json::from_str(&body).ok()?;
            (body["state"] == state && body["cause"] == cause).then_some(at)
        });
    heard.collect()
}

fn wait_for(ground: &Ground, until: Instant, is_it: impl Fn(&str) -> bool) {
    while Instant::now() < until && !ground.receiver.told().iter().any(|told| is_it(told)) {
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn counted(words: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_insert(0) += 1;
    }
    counts
}

#[test]
fn the_judge_sees_a_mail_that_came_twice_and_one_that_waits_for_nothing() {
    let row = |id: &str, state: &str, why: &str| Row {
        id: id.to_owned(),
        state: state.to_owned(),
        why: why.to_owned(),
    };
    let got = BTreeMap::from([
        ("<1>".to_owned(), 1),
        ("<2>".to_owned(), 2),
        ("<4>".to_owned(), 1),
    ]);
    let rows = [
        row("<1>", "sent", ""),
        row("<2>", "sent", ""),
        row("<3>", "sent", ""),
        row("<4>", "queued", "450 later"),
        row("<5>", "queued", "450 later"),
        row("<6>", "unrested", ""),
        row("<7>", "bounced", "550 no"),
        row("<8>", "unknown", ""),
    ];
    let wrong = wrong_mails(&got, &rows);
    let named: Vec<_> = wrong.iter().map(|line| &line[5..8]).collect();
    assert_eq!(named, ["<2>", "<3>", "<4>", "<6>", "<8>"], "{wrong:#?}");
}

#[test]
fn the_judge_sees_a_click_that_is_late_or_lost() {
    let call = |answer: Result<u16, String>, seconds| Call {
        at: Instant::now(),
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
