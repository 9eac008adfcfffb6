//! Many reports at once that addresses of one domain do not exist: that is rather the domain's trouble.

use serde_json::json;

use super::{VERP, about, take};
use crate::support::World;

const GONE: &str = sample!("postfix-failed.eml");

/// A mail to each of so many families at this domain, which a server has taken.
fn sent(world: &World, prefix: &str, domain: &str, families: usize) {
    for n in 1..=families {
        let fields = json!({ "email": format!("parent{n}@{domain}") });
        world.queue_link(&world.order_with(&format!("{prefix}-{n}"), fields));
    }
    assert_eq!(world.carry().len(), families);
}

/// The newest mail to this address is reported: there is nobody of that name.
fn is_gone(world: &World, address: &str) {
    let mark = world.text(&format!(
        "SELECT replace(mark::text, '-', '') AS text FROM outbox WHERE address = '{address}' ORDER BY id DESC LIMIT 1"
    ));
    let report = about(&mark, GONE).replace("parent@example.org", address);
    assert_eq!(take(world, &report)[0]["outcome"], "bounced", "{address}");
}

fn are_gone(world: &World, families: std::ops::RangeInclusive<usize>) {
    families.for_each(|n| is_gone(world, &format!("parent{n}@big.example")));
}

fn suppressed(world: &World) -> Vec<String> {
    world.texts("SELECT address AS text FROM suppressions ORDER BY address")
}

const TOLD: &str =
    "activity WHERE what LIKE '10 reports within an hour say%' AND level = 'attention'";

#[test]
fn an_outage_of_a_provider_takes_nobody_off_and_what_it_says_a_day_later_does() {
    let world = World::with_mailbox(VERP);
    sent(&world, "BIG", "big.example", 12);
    sent(&world, "SMALL", "small.example", 1);
    is_gone(&world, "parent1@small.example");
    are_gone(&world, 1..=9);
    assert_eq!(suppressed(&world).len(), 10);
    are_gone(&world, 10..=10);
    assert_eq!(suppressed(&world), ["parent1@small.example"]);
    are_gone(&world, 11..=12);
    assert_eq!(suppressed(&world), ["parent1@small.example"]);
    assert_eq!(
        world.count("outbox WHERE state = 'bounced'"),
        13,
        "they did come back"
    );
    assert_eq!(world.count(TOLD), 1);
    // It is said again when no outage lasts so long.
    world.execute("UPDATE outbox SET reported_gone_at = reported_gone_at - interval '25 hours'");
    sent(&world, "AGAIN", "big.example", 12);
    are_gone(&world, 1..=12);
    assert_eq!(suppressed(&world).len(), 13);
    assert_eq!(world.count(TOLD), 1);
}

#[test]
fn of_an_old_list_each_dead_address_is_taken_off() {
    let world = World::with_mailbox(VERP);
    sent(&world, "BIG", "big.example", 11);
    // The domain was given a hundred and ten meanwhile, all at one time.
    world.execute("UPDATE outbox SET sent_at = (SELECT min(sent_at) FROM outbox)");
    world.execute(
        "INSERT INTO outbox (id, kind, address, address_hash, subject, body, message_id, state, attempts, created_at, \
             queued_at, not_before, handed_over, sent_at) \
         SELECT gen_random_uuid(), kind, address, address_hash, subject, body, gen_random_uuid()::text, state, attempts, \
             created_at, queued_at, not_before, handed_over, sent_at FROM outbox, generate_series(1, 9)",
    );
    // Its own mails are the ones that are named.
    are_gone_by_mark(&world, 10);
    assert_eq!(suppressed(&world).len(), 10);
    assert_eq!(world.count(TOLD), 0);
    // An eleventh is one of ten.
    are_gone_by_mark(&world, 11);
    assert_eq!(suppressed(&world), Vec::<String>::new());
}

/// The first so many of those that have a mark, unless they were reported.
fn are_gone_by_mark(world: &World, families: usize) {
    let named = world.texts(&format!(
        "SELECT replace(mark::text, '-', '') || ' ' || address AS text FROM outbox \
         WHERE mark IS NOT NULL AND state = 'sent' ORDER BY id LIMIT {families} - (SELECT count(*) FROM outbox WHERE state = 'bounced')"
    ));
    for named in named {
        let (mark, address) = named.split_once(' ').expect("two words");
        let report = about(mark, GONE).replace("parent@example.org", address);
        assert_eq!(take(world, &report)[0]["outcome"], "bounced", "{address}");
    }
}
