//! A mailbox that reports come into, beside whatever else people write there.

use freshmint::bounce_mailbox;

use super::{about, mark};
use crate::support::{World, dovecot::Dovecot, runtime};

/// A mail that was taken, and a mailbox that is read for what comes back.
fn world(dovecot: &Dovecot) -> World {
    let url = dovecot.url();
    let world = World::with_mailbox(&[
        ("BOUNCE_MAILBOX", &url),
        ("MAIL_RETURN_PATH", "bounces+{id}@rovers.example"),
    ]);
    world.queue_link(&world.order("CUP-1"));
    world.carry();
    world
}

/// A minute passes, and every replica wants its turn.
fn look(world: &World) {
    world.execute("UPDATE chores SET due_at = clock_timestamp() WHERE name = 'bounces'");
    let (one, another) = (&world.app, &world.another_app());
    let (a, b) = runtime().block_on(async {
        tokio::join!(
            bounce_mailbox::look_if_due(one),
            bounce_mailbox::look_if_due(another)
        )
    });
    a.and(b).expect("the database answers");
}

const LETTER: &str =
    "From: Kim <kim@example.org>\r\nSubject: a question\r\n\r\nWhen does it begin?\r\n";

#[test]
fn a_report_among_many_letters_is_taken_and_the_letters_stay_unread() {
    let dovecot = Dovecot::start();
    let world = world(&dovecot);
    for _ in 0..10_000 {
        dovecot.deliver(LETTER);
    }
    dovecot.deliver(&about(&mark(&world), sample!("exchange-failed.eml")));
    dovecot.deliver(&about(&mark(&world), sample!("out-of-office.eml")));
    // One look has its time; what is left is read by the next.
    for _ in 0..5 {
        look(&world);
    }
    assert_eq!(world.mail_states(), ["bounced"]);
    assert_eq!(dovecot.read_and_unread(), (1, 10_001));
    assert_eq!(
        world.count("activity WHERE what = 'mail came back: link'"),
        1
    );
}

#[test]
fn it_is_read_on_from_where_it_was_left() {
    let dovecot = Dovecot::start();
    let world = world(&dovecot);
    look(&world);
    assert_eq!(world.mail_states(), ["sent"]);
    dovecot.deliver(LETTER);
    // Somebody else's report is somebody else's to read.
    dovecot.deliver(&about(&"ab".repeat(16), sample!("postfix-failed.eml")));
    look(&world);
    assert_eq!(
        world.text("SELECT last_uid::text AS text FROM bounce_mailboxes"),
        "2"
    );
    dovecot.deliver(&about(&mark(&world), sample!("complaint.eml")));
    look(&world);
    assert_eq!(world.count("suppressions WHERE reason = 'complaint'"), 1);
    assert_eq!(dovecot.read_and_unread(), (1, 2));
}

#[test]
fn a_mailbox_that_is_away_stops_nothing_and_is_read_when_it_is_back() {
    let dovecot = Dovecot::start();
    let world = world(&dovecot);
    dovecot.deliver(&about(&mark(&world), sample!("postfix-failed.eml")));
    let away = World::with_mailbox(&[("BOUNCE_MAILBOX", "imap://a:b@127.0.0.1:1/INBOX")]);
    look(&away);
    assert_eq!(
        away.count("chores WHERE name = 'bounces' AND claim_id IS NULL"),
        1
    );
    look(&world);
    assert_eq!(world.mail_states(), ["bounced"]);
}

#[test]
fn doctor_says_whether_the_mailbox_lets_us_in() {
    let dovecot = Dovecot::start();
    let world = world(&dovecot);
    let (_, said, _) = world.command(&["doctor"]);
    assert!(
        said.contains("lets us in") && !said.contains("bounces:secret"),
        "{said}"
    );
    let wrong = dovecot.url().replace("secret", "another");
    let world = World::with_mailbox(&[("BOUNCE_MAILBOX", &wrong)]);
    let (code, said, _) = world.command(&["doctor"]);
    assert!(code == 1 && said.contains("check BOUNCE_MAILBOX"), "{said}");
    assert!(!said.contains("another"), "{said}");
}
