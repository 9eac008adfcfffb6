//! No reply of a mail server, in any stage, stops the next mail.
//!
//! Cases are drawn from one seed. In each, some mails go to addresses at which the server behaves, others
//! to such where it says anything; and anything is said once each at stages that know no address. Those at
//! which it behaves get their mail once, within a bounded time; none gets two; and each of the others ends,
//! or waits, with a reason.

use std::time::{Duration, Instant};

use freshmint::outbox::{Courier, Round};
use proptest::{
    collection::vec, prelude::*, sample::select, strategy::ValueTree, test_runner::TestRunner,
};

use super::{hanging::shop, refused::the_wait_is_over};
use crate::support::{
    World,
    browser::runtime,
    scripted::{Does, Moment, Scripted},
};

const CASES: usize = 10;
/// Mails of a case to addresses at which the server behaves, and to others.
const FINE: usize = 10;
const ODD: usize = 6;
/// A case is given up after so long; it takes some ten seconds.
const BOUND: Duration = Duration::from_secs(100);

/// Moments of a connection that is being opened: silence there takes the whole time of a log-in.
const OPENING: [Moment; 3] = [Moment::Greeting, Moment::Hello, Moment::Login];
/// Moments that come between two mails, or before the server knows whom a mail is for.
const BETWEEN: [Moment; 4] = [Moment::Sender, Moment::Reset, Moment::Noop, Moment::Quit];
/// Moments of one mail.
const OF_A_MAIL: [Moment; 3] = [Moment::Recipient, Moment::Data, Moment::Dot];

#[derive(Debug, Clone)]
struct Case {
    once: Vec<(Moment, Does)>,
    odd: Vec<(Moment, Does, usize)>,
}

/// A reply of any code, of one line or several, with any bytes in it; or half of one.
fn reply() -> impl Strategy<Value = Vec<u8>> {
    let enhanced = select(vec!["", "5.1.1 ", "4.7.1 ", "5.7.60 ", "2.0.0 ", "5.1.1"]);
    let end = select(vec!["\r\n", "\r\n", "\r\n", "\n", ""]);
    let text = vec(any::<u8>(), 0..60);
    (100..=999_u16, 0..3_usize, enhanced, text, end).prop_map(
        |(code, more, enhanced, text, end)| {
            let line =
                |between: &str| [format!("{code}{between}{enhanced}").as_bytes(), &text].concat();
            let mut bytes = [line("-"), b"\r\n".to_vec()].concat().repeat(more);
            bytes.extend(line(" "));
            bytes.extend(end.as_bytes());
            bytes
        },
    )
}

fn does() -> impl Strategy<Value = Does> {
    let pause = (0..600_u64).prop_map(Duration::from_millis);
    let garbage = vec(any::<u8>(), 0..2_000);
    prop_oneof![
        8 => reply().prop_map(Does::Says),
        2 => garbage.prop_map(Does::Says),
        2 => (reply(), reply()).prop_map(|(a, b)| Does::Says([a, b].concat())),
        2 => reply().prop_map(|more| Does::SaysMore(Duration::from_millis(50), more)),
        1 => reply().prop_map(Does::Endless),
        2 => pause.prop_map(Does::Late),
        1 => Just(Does::Drips(Duration::from_millis(20))),
        1 => Just(Does::Nothing),
        1 => Just(Does::Sleeps),
        2 => Just(Does::Closes),
    ]
}

fn once() -> impl Strategy<Value = (Moment, Does)> {
    let moments = [OPENING.as_slice(), &BETWEEN].concat();
    (select(moments), does()).prop_map(|(moment, does)| (moment, not_of_the_mail(moment, does)))
}

/// At `MAIL` a server may refuse for good what is the mail's own, such as its size: then it does not behave
/// to that one.
fn not_of_the_mail(moment: Moment, mut does: Does) -> Does {
    if moment == Moment::Sender
        && let Does::Says(bytes) | Does::SaysMore(_, bytes) | Does::Endless(bytes) = &mut does
    {
        for byte in bytes.iter_mut().filter(|byte| **byte == b'5') {
            *byte = b'4';
        }
    }
    does
}

fn odd() -> impl Strategy<Value = (Moment, Does, usize)> {
    let moment = select(OF_A_MAIL.to_vec());
    (moment, does(), select(vec![1, usize::MAX])).prop_map(|(moment, does, times)| {
        let does = match does {
            // What comes in the middle of a message is the word on it, though the server take it then.
            Does::SaysMore(pause, _) if moment == Moment::Data => Does::Late(pause),
            does => does,
        };
        (moment, does, times)
    })
}

fn cases() -> Vec<Case> {
    let mut runner = TestRunner::deterministic();
    let case = (vec(once(), 0..5), vec(odd(), ODD)).prop_map(|(once, odd)| Case { once, odd });
    let mut cases: Vec<Case> = (0..CASES)
        .map(|_| case.new_tree(&mut runner).expect("a case").current())
        .collect();
    // Fifteen seconds of silence are enough for one of them.
    for (moment, does) in cases.iter_mut().skip(1).flat_map(|case| &mut case.once) {
        if OPENING.contains(moment) {
            *does = not_silent(does.clone());
        }
    }
    cases[0].once.push((Moment::Hello, Does::Nothing));
    // Silence after refusals, on more connections than there are.
    let silent = &mut cases[1];
    for (moment, does, times) in &mut silent.odd {
        let spam = Does::Says(b"554 5.7.1 spam\r\n".to_vec());
        (*moment, *does, *times) = (Moment::Dot, spam, 1);
        silent.once.push((Moment::Reset, Does::Sleeps));
    }
    cases
}

fn not_silent(does: Does) -> Does {
    match does {
        Does::Nothing | Does::Sleeps => Does::Closes,
        // Either a reply's end, or a line that is none.
        Does::Says(bytes) => Does::Says([bytes, b"\r\n\xff\r\n".to_vec()].concat()),
        does => does,
    }
}

#[test]
fn no_reply_of_a_mail_server_in_any_stage_stops_the_next_mail() {
    // At once, since they mostly wait.
    std::thread::scope(|scope| {
        let cases = cases();
        let running: Vec<_> = cases
            .into_iter()
            .map(|case| scope.spawn(move || play(&case)))
            .collect();
        for case in running {
            case.join().unwrap();
        }
    });
}

fn play(case: &Case) {
    let server = Scripted::start();
    let world = shop(&server, &[("MAIL_LEASE_SECONDS", "4")]);
    for (number, (moment, does, times)) in case.odd.iter().enumerate() {
        server.to(&address("odd", number), *moment, does.clone(), *times);
    }
    for (moment, does) in &case.once {
        server.once(*moment, does.clone());
    }
    queue(&world, 0..FINE / 2, 0..ODD);
    let mut courier = world.courier();
    let started = Instant::now();
    while !is_over(&world, 0..FINE / 2) {
        assert!(started.elapsed() < BOUND, "{case:#?}\n{:#?}", rows(&world));
        turn(&world, &mut courier);
    }
    // Whatever it has said by now, those that come next are sent as well; connections were idle meanwhile.
    std::thread::sleep(Duration::from_millis(2_100));
    queue(&world, FINE / 2..FINE, 0..0);
    while !is_over(&world, 0..FINE) {
        assert!(started.elapsed() < BOUND, "{case:#?}\n{:#?}", rows(&world));
        turn(&world, &mut courier);
    }
    runtime()
        .block_on(courier.stop())
        .expect("the database answers");
    check(&world, &server, case);
}

fn address(name: &str, number: usize) -> String {
    format!("{name}{number}@{name}{number}.example.org")
}

fn queue(world: &World, fine: std::ops::Range<usize>, odd: std::ops::Range<usize>) {
    let all = fine.map(|n| ("fine", n)).chain(odd.map(|n| ("odd", n)));
    for (name, number) in all {
        let fields = serde_json::json!({ "email": address(name, number) });
        world.queue_link(&world.order_with(&format!("{name}-{number}"), fields));
    }
}

/// Rounds of a worker until it would rest; then its wait is over, as all waits are.
fn turn(world: &World, courier: &mut Courier) {
    for _ in 0..20 {
        match runtime()
            .block_on(courier.round())
            .expect("the database answers")
        {
            Round::Busy => {}
            Round::Idle | Round::Wait(_) => break,
        }
    }
    std::thread::sleep(Duration::from_millis(20));
    the_wait_is_over(world);
}

/// Whether each of the fine ones has left, and no mail is in hand.
fn is_over(world: &World, fine: std::ops::Range<usize>) -> bool {
    let left = "outbox WHERE address LIKE 'fine%' AND state NOT IN ('queued', 'sending')";
    world.count(left) >= fine.len() && world.count("outbox WHERE state = 'sending'") == 0
}

fn rows(world: &World) -> Vec<String> {
    world.texts("SELECT concat_ws(' ', address, state, attempts, last_error) AS text FROM outbox ORDER BY id")
}

fn check(world: &World, server: &Scripted, case: &Case) {
    let what = || format!("{case:#?}\n{:#?}", rows(world));
    for number in 0..FINE {
        let address = address("fine", number);
        let state = format!("SELECT state AS text FROM outbox WHERE address = '{address}'");
        assert_eq!(world.text(&state), "sent", "{address}: {}", what());
        assert_eq!(server.taken(&address), 1, "{address}: {}", what());
    }
    for number in 0..ODD {
        let address = address("odd", number);
        assert!(server.taken(&address) <= 1, "{address}: {}", what());
    }
    let without_a_reason = "outbox WHERE state <> 'sent' AND last_error IS NULL AND address LIKE 'odd%' \
                            AND NOT EXISTS (SELECT FROM outbox_pause)";
    assert_eq!(world.count(without_a_reason), 0, "{}", what());
}
