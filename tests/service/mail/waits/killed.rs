//! Workers that die in the middle of it.

use super::{cause, families, refuse, states};
use crate::{
    mail::{accident::wait_until, refused::the_wait_is_over},
    mailbox::{Action, Rule, Stage},
    support::{Process, World},
};

#[test]
fn a_streak_outlives_the_process_that_began_it() {
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "1")]);
    families(&world, 2);
    refuse(&world, Stage::Recipient, 554, "5.0.1 no");
    let worker = Process::work(world.settings());
    wait_until("two came back", || states(&world) == ["bounced 2"]);
    worker.kill();
    super::to(&world, "CUP-3", "parent3@family3.example");
    world.carry();
    assert_eq!(
        (states(&world), cause(&world)),
        (vec!["queued 3".to_owned()], "streak".to_owned())
    );
}

#[test]
fn when_the_one_that_tries_dies_another_tries_after_its_lease() {
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "1")]);
    families(&world, 5);
    refuse(&world, Stage::Recipient, 554, "5.0.1 no");
    world.carry();
    the_wait_is_over(&world);
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Sender,
        recipient: None,
        action: Action::Hang,
        times: Some(1),
    }]);
    let worker = Process::work(world.settings());
    wait_until("one tries", || {
        world.count("outbox WHERE state = 'sending'") == 1
    });
    worker.kill();
    // It may have died before its server was silent.
    world.mailbox().set_rules(Vec::new());
    assert_eq!(world.carry(), [], "it may still be handed over");
    world.execute("UPDATE outbox SET claimed_until = clock_timestamp() WHERE state = 'sending'");
    world.execute("UPDATE outbox_pause SET trying_until = clock_timestamp()");
    assert_eq!(world.carry().len(), 4);
    assert_eq!(states(&world), ["sent 4", "unknown 1"]);
}

#[test]
fn a_worker_killed_at_any_moment_of_a_streak_loses_and_doubles_nothing() {
    for delay in [20, 60, 120, 250] {
        let world = World::with_mailbox(&[("MAIL_LEASE_SECONDS", "1")]);
        families(&world, 12);
        refuse(&world, Stage::Recipient, 554, "5.0.1 no");
        let worker = Process::work(world.settings());
        wait_until("it has begun", || world.mailbox().connections() > 0);
        std::thread::sleep(std::time::Duration::from_millis(delay));
        worker.kill();
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        world.carry();
        world.mailbox().set_rules(Vec::new());
        the_wait_is_over(&world);
        world.carry();
        let unknown = world.count("outbox WHERE state = 'unknown'");
        let bounced = world.count("outbox WHERE state = 'bounced'");
        let sent = world.mailbox().mails().len();
        assert_eq!(
            unknown + bounced + sent,
            12,
            "{delay} ms: {:?}",
            states(&world)
        );
        assert_eq!(bounced, 0, "{delay} ms");
    }
}
