//! A mailing to thousands.

use std::time::Instant;

use super::{approved, done, families, preview, show, to_all};
use crate::support::World;

#[test]
fn three_thousand_mails_are_queued_in_one_go() {
    let world = World::new();
    families(&world, 1);
    world.execute(
        "INSERT INTO orders (id, content_hash, reference, email, name, locale, currency, amount_total, lines, mode, created_at) \
         SELECT gen_random_uuid(), '', 'MANY-' || n, 'many' || n || '@example.org', 'Kim ' || n, locale, currency, \
             amount_total, lines, mode, created_at FROM orders, generate_series(2, 3000) n",
    );
    let id = to_all(&world);
    assert_eq!(preview(&world, &id)["recipients"], 3000);
    approved(&world, &id);
    let begun = Instant::now();
    let blast = done(&world, &id, "start");
    eprintln!("3,000 mails were queued in {:?}", begun.elapsed());
    assert_eq!(blast["counts"]["queued"], 3000);
    assert_eq!(world.count("outbox_orders WHERE kind = 'blast'"), 3000);
    done(&world, &id, "cancel");
    assert_eq!(show(&world, &id)["counts"]["cancelled"], 3000);
}
