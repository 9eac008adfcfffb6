//! Each mail came at most once, and none waits without a reason.

use std::collections::BTreeMap;

use super::{counted, rest::UNRESTED};
use crate::torture::Ground;

/// A mail's row: its Message-ID, its state, why.
struct Row {
    id: String,
    state: String,
    why: String,
}

/// What does not hold, a sentence each.
pub fn judge(ground: &Ground) -> Vec<String> {
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
