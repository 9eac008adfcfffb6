//! What payments of others that lie in the inbox cost a mail: each claim asks whether one of them may be
//! its payer's.

use std::time::{Duration, Instant};

use freshmint::{
    app::App,
    inbox::{self, MailToPayer, NewEvent, Source},
    suppression::AddressKey,
};
use freshmint_benches::Line;
use serde_json::json;
use uuid::Uuid;

use crate::{ways::Way, world::World};

/// Payments that lie in the inbox.
pub const FULL: [usize; 3] = [0, 1_000, 100_000];
pub const QUICK: [usize; 3] = [0, 100, 5_000];
/// Rows of one statement.
const ROWS: usize = 500;
/// How often the question is asked alone.
const ASKED: u32 = 200;

/// Measures over one connection: two lines each.
pub async fn compare(pending: [usize; 3], mails: usize, at_most: Duration) -> Vec<Line> {
    let (mut lines, mut none) = (Vec::new(), None);
    for pending in pending {
        let world = World::start(1, mails);
        keep(&world.app, pending);
        let sent = Way::Outbox.send(&world, at_most).await.per_second();
        let none = *none.get_or_insert(sent);
        let what = format!("{pending} payments of others pending");
        lines.push(Line::rate(&what, sent).of("the outbox with none pending", sent / none));
        let question = question(&world.app);
        lines.push(Line::time(format!("the question alone, {what}"), question));
    }
    lines
}

/// As many payments as the webhook would have kept, which nobody works on.
fn keep(app: &App, count: usize) {
    let numbers: Vec<usize> = (0..count).collect();
    for numbers in numbers.chunks(ROWS) {
        let events: Vec<NewEvent> = numbers
            .iter()
            .map(|number| NewEvent::of(payment(*number), Source::Webhook, app.clock.now()))
            .collect();
        let kept = app
            .db
            .run_blocking(|connection| inbox::insert(connection, &events));
        assert_eq!(kept.expect("the database answers").len(), events.len());
    }
}

fn payment(number: usize) -> Vec<u8> {
    let order = id(number);
    let event = json!({
        "id": format!("evt_{number}"),
        "type": "checkout.session.completed",
        "livemode": false,
        "data": { "object": {
            "id": format!("cs_test_{number}"),
            "status": "complete",
            "payment_status": "paid",
            "amount_total": 4500,
            "currency": "eur",
            "client_reference_id": order,
            "customer_details": { "email": format!("somebody{number}@example.org") },
            "metadata": { "order_id": order, "reference": format!("other-{number}"), "freshmint_session": order },
        } },
    });
    event.to_string().into_bytes()
}

fn id(number: usize) -> Uuid {
    Uuid::from_u128(u128::try_from(number).unwrap_or_default() + 1)
}

/// The mean of asking for one mail, of which nothing is pending.
fn question(app: &App) -> Duration {
    let key = app.db.run_blocking(AddressKey::load).expect("a key");
    let mail = MailToPayer {
        id: id(0),
        address: Some(key.hash("parent@example.org")),
        orders: vec![(id(usize::MAX), "mail-0".to_owned())],
    };
    let began = Instant::now();
    for _ in 0..ASKED {
        let held = app.db.run_blocking(|connection| {
            let now = app.clock.now();
            inbox::payment_pending_in_inbox(connection, std::slice::from_ref(&mail), now)
        });
        assert!(held.expect("the database answers").mails.is_empty());
    }
    began.elapsed() / ASKED
}
