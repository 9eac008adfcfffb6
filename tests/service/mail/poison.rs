//! One mail of which nothing can be written down keeps no other.

use super::{
    accident::wait_until,
    refused::{now, the_wait_is_over},
};
use crate::{
    mailbox::{Action, Stage},
    support::{Process, World},
};

/// From now on the database refuses what `condition` says of a row of the outbox.
fn refuse(world: &World, condition: &str) {
    world.execute(
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$",
    );
    world.execute(&format!(
        "CREATE TRIGGER refuse BEFORE UPDATE ON outbox FOR EACH ROW WHEN ({condition}) \
         EXECUTE FUNCTION refuse()"
    ));
}

/// Three mails; the poison is the one to a2.
fn three(changed: &[(&str, &str)]) -> World {
    let world = World::with_mailbox(changed);
    for number in 1..=3 {
        let fields = serde_json::json!({ "email": format!("a{number}@example.org") });
        world.queue_link(&world.order_with(&format!("CUP-{number}"), fields));
    }
    world
}

fn errors(world: &World) -> Vec<String> {
    world.texts("SELECT coalesce(last_error, '') AS text FROM outbox ORDER BY id")
}

#[test]
fn a_mail_that_cannot_be_claimed_or_ended_is_set_aside_with_the_reason() {
    for (condition, end) in [
        (
            "OLD.address = 'a2@example.org' AND NEW.state = 'sending'",
            "sent",
        ),
        (
            "OLD.address = 'a2@example.org' AND NEW.state = 'cancelled'",
            "cancelled",
        ),
    ] {
        let world = three(&[]);
        if end == "cancelled" {
            world.execute("UPDATE orders SET cancelled_at = now() WHERE reference = 'CUP-2'");
        }
        refuse(&world, condition);
        let worker = Process::work(world.settings());
        wait_until("the others have arrived", || {
            world.count("outbox WHERE state = 'sent'") == 2
        });
        wait_until("it says why", || errors(&world)[1].contains("refused"));
        assert_eq!(
            world.mail_states(),
            ["sent", "queued", "sent"],
            "{condition}"
        );
        let later = "outbox WHERE address = 'a2@example.org' AND not_before > clock_timestamp()";
        assert_eq!(world.count(later), 1);
        // It is tried again, and told once while that goes on.
        the_wait_is_over(&world);
        wait_until("it was tried again", || world.count(later) == 1);
        let told = "activity WHERE level = 'attention' AND what LIKE 'a mail is set aside%'";
        assert_eq!(world.count(told), 1);
        world.execute("DROP TRIGGER refuse ON outbox");
        the_wait_is_over(&world);
        wait_until("it goes on", || {
            world.mail_states() == ["sent", end, "sent"]
        });
        worker.kill();
    }
}

#[test]
fn a_mail_whose_row_takes_nothing_at_all_is_passed_over() {
    let world = three(&[("MAIL_CONNECTIONS", "1")]);
    refuse(&world, "OLD.address = 'a1@example.org'");
    let worker = Process::work(world.settings());
    wait_until("the others have arrived", || {
        world.mail_states() == ["queued", "sent", "sent"]
    });
    worker.kill();
}

#[test]
fn a_mail_that_cannot_become_unknown_keeps_no_other() {
    let world = three(&[]);
    world.execute("UPDATE outbox SET state = 'sending', claim_id = gen_random_uuid(), claimed_until = to_timestamp(0) WHERE address < 'a3'");
    refuse(
        &world,
        "OLD.address = 'a2@example.org' AND NEW.state = 'unknown'",
    );
    let worker = Process::work(world.settings());
    wait_until("the others go on", || {
        world.mail_states() == ["unknown", "sending", "sent"]
    });
    worker.kill();
}

#[test]
fn as_many_outcomes_as_connections_that_cannot_be_written_stop_mail_for_a_while_alone() {
    let world = three(&[("MAIL_CONNECTIONS", "2"), ("MAIL_LEASE_SECONDS", "2")]);
    let spam = Action::Reply(554, "5.7.1 spam".to_owned());
    world.mailbox().set_rules(vec![
        now(spam.clone(), Stage::Message),
        now(spam, Stage::Message),
    ]);
    refuse(&world, "OLD.address < 'a3' AND NEW.state = 'bounced'");
    let worker = Process::work(world.settings());
    wait_until("the third has arrived", || {
        world.mail_states() == ["unknown", "unknown", "sent"]
    });
    worker.kill();
}
