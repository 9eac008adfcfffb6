//! Pausing, resuming, giving up: each safe to repeat, each refused where it makes no sense.

use diesel::connection::SimpleConnection;

use super::{SENT, done, families, mails, refused, set_mail, show, started, state, to_all};
use crate::support::World;

/// A mail in a worker's hand.
const IN_HAND: &str =
    "state = 'sending', claim_id = gen_random_uuid(), claimed_until = now() + interval '1 minute'";

#[test]
fn a_pause_holds_the_queue_and_a_second_one_is_no_error() {
    let world = World::new();
    families(&world, 2);
    let id = to_all(&world);
    started(&world, &id);
    for _ in 0..2 {
        assert_eq!(done(&world, &id, "pause")["state"], "paused");
    }
    assert_eq!(mails(&world), ["CUP-1 queued", "CUP-2 queued"]);
    for _ in 0..2 {
        assert_eq!(done(&world, &id, "resume")["state"], "sending");
    }
}

#[test]
fn a_cancel_gives_up_what_is_queued_and_lets_what_is_in_hand_finish() {
    let world = World::new();
    families(&world, 4);
    let id = to_all(&world);
    started(&world, &id);
    set_mail(&world, "CUP-1", SENT);
    set_mail(&world, "CUP-2", IN_HAND);
    for _ in 0..2 {
        let blast = done(&world, &id, "cancel");
        assert_eq!(blast["state"], "cancelled");
        let counts = &blast["counts"];
        assert_eq!(
            (&counts["sent"], &counts["queued"], &counts["cancelled"]),
            (&1.into(), &1.into(), &2.into())
        );
    }
    assert_eq!(
        mails(&world),
        [
            "CUP-1 sent",
            "CUP-2 sending",
            "CUP-3 cancelled",
            "CUP-4 cancelled"
        ]
    );
    // The server asked to try later: it never will be, and nobody waits for it.
    set_mail(&world, "CUP-2", "state = 'queued', claimed_until = NULL");
    let counts = show(&world, &id)["counts"].clone();
    assert_eq!(
        (&counts["queued"], &counts["cancelled"]),
        (&0.into(), &3.into())
    );
}

/// The brake works though what is queued cannot be written down as given up yet.
#[test]
fn a_cancel_holds_before_its_mails_are_given_up() {
    let world = World::new();
    families(&world, 2);
    let id = to_all(&world);
    started(&world, &id);
    let mut other = world.database.connect();
    other
        .batch_execute("BEGIN; SELECT FROM outbox FOR UPDATE")
        .unwrap();
    std::thread::scope(|scope| {
        let cancel = scope.spawn(|| done(&world, &id, "cancel"));
        let is_cancelled = || world.text("SELECT state AS text FROM blasts") == "cancelled";
        for _ in 0..200 {
            if is_cancelled() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert!(is_cancelled(), "while its mails are locked");
        other.batch_execute("COMMIT").unwrap();
        cancel.join().unwrap();
    });
    assert_eq!(mails(&world), ["CUP-1 cancelled", "CUP-2 cancelled"]);
}

#[test]
fn a_paused_mailing_can_be_cancelled_and_a_draft_too() {
    let world = World::new();
    families(&world, 1);
    let paused = to_all(&world);
    started(&world, &paused);
    done(&world, &paused, "pause");
    done(&world, &paused, "cancel");
    assert_eq!(mails(&world), ["CUP-1 cancelled"]);
    let draft = to_all(&world);
    done(&world, &draft, "cancel");
    for id in [paused, draft] {
        for what in ["start", "pause", "resume"] {
            assert!(refused(&world, &id, what).contains("cancelled"), "{what}");
        }
    }
}

#[test]
fn what_was_not_started_is_neither_paused_nor_resumed() {
    let world = World::new();
    families(&world, 1);
    let id = to_all(&world);
    for what in ["pause", "resume"] {
        assert!(
            refused(&world, &id, what).contains("not been started"),
            "{what}"
        );
    }
}

#[test]
fn what_is_done_is_done() {
    let world = World::new();
    families(&world, 1);
    let id = to_all(&world);
    started(&world, &id);
    set_mail(&world, "CUP-1", SENT);
    assert_eq!(state(&world, &id), "done");
    for what in ["pause", "cancel"] {
        assert!(
            refused(&world, &id, what).contains("gone out already"),
            "{what}"
        );
    }
    for what in ["start", "resume"] {
        assert_eq!(done(&world, &id, what)["state"], "done");
    }
    // A person has one sent again.
    set_mail(&world, "CUP-1", "state = 'queued', sent_at = NULL");
    assert_eq!(state(&world, &id), "sending");
}
