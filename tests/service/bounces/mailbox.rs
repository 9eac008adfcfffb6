//! A mailbox that reports come into, beside whatever else people write there.

use freshmint::bounce_mailbox;

use super::{about, mark};
use crate::{
    mail::accident::wait_until,
    support::{World, dovecot::Dovecot, runtime},
};

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
fn a_look_that_ends_in_the_middle_is_gone_on_with_from_there() {
    let dovecot = Dovecot::start();
    let world = world(&dovecot);
    let first = mark(&world);
    world.queue_link(&world.order("CUP-2"));
    world.carry();
    for mark in [&first, &mark(&world)] {
        dovecot.deliver(&about(mark, sample!("postfix-failed.eml")));
    }
    // The database refuses the second one for a while.
    world.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$",
    );
    let second = world.text("SELECT id::text AS text FROM outbox ORDER BY id DESC LIMIT 1");
    world.execute(&format!(
        "CREATE TRIGGER refuse BEFORE UPDATE ON outbox FOR EACH ROW WHEN (OLD.id = '{second}') \
         EXECUTE FUNCTION refuse()"
    ));
    let looked = runtime().block_on(bounce_mailbox::look_if_due(&world.app));
    assert!(looked.is_err(), "{looked:?}");
    let read = "SELECT last_uid::text AS text FROM bounce_mailboxes";
    assert_eq!(world.text(read), "1");
    assert_eq!(world.mail_states(), ["bounced", "sent"]);
    world.execute("DROP TRIGGER refuse ON outbox");
    look(&world);
    assert_eq!(world.text(read), "2");
    assert_eq!(world.mail_states(), ["bounced", "bounced"]);
    assert_eq!(dovecot.read_and_unread(), (2, 0));
}

/// One of them was given up for dead, and reads on.
#[test]
fn two_replicas_that_read_at_once_take_each_report_once() {
    const MAILS: usize = 40;
    let dovecot = Dovecot::start();
    let world = world(&dovecot);
    for n in 2..=MAILS {
        world.queue_link(&world.order(&format!("CUP-{n}")));
    }
    world.carry();
    for mark in world.texts("SELECT replace(mark::text, '-', '') AS text FROM outbox") {
        dovecot.deliver(&about(&mark, sample!("postfix-failed.eml")));
    }
    let read = |app: &freshmint::app::App| {
        let looked = runtime().block_on(bounce_mailbox::look_if_due(app));
        looked.expect("the database answers");
    };
    let another = world.another_app();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| read(&world.app));
        wait_until("it reads", || world.count("bounce_mailboxes") == 1);
        world.execute(
            "UPDATE chores SET due_at = clock_timestamp(), claim_id = NULL, claimed_until = 'epoch' WHERE name = 'bounces'",
        );
        assert!(!first.is_finished(), "both read");
        read(&another);
    });
    look(&world);
    assert_eq!(world.mail_states(), vec!["bounced"; MAILS]);
    let told = "activity WHERE what = 'mail came back: link'";
    assert_eq!(world.count(told), MAILS);
    assert_eq!(dovecot.read_and_unread(), (MAILS, 0));
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
