//! One event that cannot be worked on keeps no other: it waits, and fails with the reason in the end.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;

use crate::support::{Order, Process, World, runtime};

/// Two orders that were paid; the events are kept, and nobody has worked on them.
fn two_paid(world: &World) -> [Order; 2] {
    let orders = ["POISON", "FINE"].map(|reference| world.order(reference));
    for order in &orders {
        world.stripe.pay(&world.click_through(order)).unwrap();
    }
    let statuses = world
        .stripe
        .deliver_all(crate::simulator::Order::AsHappened)
        .unwrap();
    assert!(statuses.iter().all(|status| *status == 200));
    orders
}

fn wait_until(what: &str, is_so: impl FnMut() -> bool) {
    crate::mail::accident::wait_until(what, is_so);
}

fn refuse(world: &World, table: &str, condition: &str) {
    world.execute(
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$",
    );
    world.execute(&format!(
        "CREATE TRIGGER refuse BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION refuse()"
    ));
}

fn event_of(world: &World, order: &Order) -> String {
    world.text(&format!(
        "SELECT id AS text FROM stripe_events WHERE '{}' = ANY(order_names) AND type = 'checkout.session.completed'",
        order.reference
    ))
}

fn row(world: &World, event: &str) -> String {
    world.text(&format!(
        "SELECT concat_ws(' ', state, attempts, last_error) AS text FROM stripe_events WHERE id = '{event}'"
    ))
}

#[test]
fn an_event_whose_work_never_ends_waits_with_the_reason_and_the_rest_goes_on() {
    let world = World::new();
    let [poison, fine] = two_paid(&world);
    let event = event_of(&world, &poison);
    // Somebody sits on the order's row.
    let mut connection = world.database.connect();
    let lock = format!(
        "BEGIN; SELECT FROM orders WHERE id = '{}' FOR UPDATE",
        poison.id
    );
    connection.batch_execute(&lock).unwrap();
    let worker = Process::work(world.settings());
    wait_until("the other is paid", || world.status(&fine) == "paid");
    wait_until("it says why", || {
        row(&world, &event) == "pending 1 the database cannot be reached"
            || row(&world, &event).starts_with("pending 1 the database")
    });
    // One whose work is under way does not keep those that come later.
    world.execute("UPDATE stripe_events SET not_before = to_timestamp(0)");
    let later = world.order("LATER");
    world.stripe.pay(&world.click_through(&later)).unwrap();
    world
        .stripe
        .deliver_all(crate::simulator::Order::AsHappened)
        .unwrap();
    wait_until("the next one is paid", || world.status(&later) == "paid");
    connection.batch_execute("ROLLBACK").unwrap();
    world.execute("UPDATE stripe_events SET not_before = to_timestamp(0)");
    wait_until("then it is paid, too", || world.status(&poison) == "paid");
    worker.kill();
}

#[test]
fn an_event_whose_outcome_cannot_be_written_keeps_no_other() {
    let world = World::new();
    let [poison, fine] = two_paid(&world);
    let event = event_of(&world, &poison);
    refuse(
        &world,
        "stripe_events",
        &format!("OLD.id = '{event}' AND NEW.claimed_until IS NULL"),
    );
    let started = Instant::now();
    let worked = runtime().block_on(freshmint::consumer::work_off(&world.app));
    assert!(worked.is_ok(), "{worked:?}");
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(world.status(&fine), "paid");
    assert_eq!(row(&world, &event), "pending 1");
    world.execute("DROP TRIGGER refuse ON stripe_events");
    world.execute("UPDATE stripe_events SET claimed_until = to_timestamp(0)");
    world.work_off();
    assert_eq!(world.status(&poison), "paid");
}

#[test]
fn an_event_whose_work_was_never_ended_so_often_fails_and_is_not_begun_again() {
    let world = World::new();
    let [poison, fine] = two_paid(&world);
    let event = event_of(&world, &poison);
    // Each time the process died with it in hand.
    world.execute(&format!(
        "UPDATE stripe_events SET attempts = 36 WHERE id = '{event}'"
    ));
    world.work_off();
    assert_eq!(world.status(&fine), "paid");
    assert_eq!(world.status(&poison), "open");
    let told = row(&world, &event);
    assert!(
        told.starts_with("failed 37 its work has not come to an end in 36 tries"),
        "{told}"
    );
    assert_eq!(
        world.count(
            "activity WHERE level = 'attention' AND what LIKE 'an event of Stripe failed for good%'"
        ),
        1
    );
}

#[test]
fn a_page_of_the_sweep_with_one_event_that_cannot_be_kept_brings_the_others() {
    let world = World::new();
    world.stripe.drop_deliveries(true);
    let orders = ["POISON", "FINE"].map(|reference| world.order(reference));
    for order in &orders {
        world.stripe.pay(&world.click_through(order)).unwrap();
    }
    world.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$");
    world.execute("CREATE TRIGGER refuse BEFORE INSERT ON stripe_events FOR EACH ROW WHEN ('POISON' = ANY(NEW.order_names)) EXECUTE FUNCTION refuse()");
    let looked = runtime().block_on(freshmint::sweep::look(
        &world.app,
        freshmint::sweep::Look::Short,
    ));
    assert!(looked.is_ok(), "{looked:?}");
    assert_eq!(world.status(&orders[1]), "paid");
    assert_eq!(world.status(&orders[0]), "open");
}

#[test]
fn webhooks_that_come_together_are_kept_though_one_of_them_cannot_be() {
    let world = World::new();
    world.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$");
    world.execute("CREATE TRIGGER refuse BEFORE INSERT ON stripe_events FOR EACH ROW WHEN (NEW.id = 'evt_poison') EXECUTE FUNCTION refuse()");
    let mut statuses = Vec::new();
    std::thread::scope(|scope| {
        // Held back together, so that they are one statement.
        let mut connection = world.database.connect();
        connection
            .batch_execute("BEGIN; LOCK TABLE stripe_events IN SHARE MODE")
            .unwrap();
        let post = |id: String| {
            let world = &world;
            scope.spawn(move || {
                let body = super::event(
                    world,
                    &id,
                    "price.created",
                    serde_json::json!({ "id": "price_1" }),
                );
                super::post_signed(world, &body.to_string()).status
            })
        };
        let mut posted = vec![post("evt_first".to_owned())];
        std::thread::sleep(Duration::from_millis(300));
        posted.push(post("evt_poison".to_owned()));
        posted.extend((0..4).map(|number| post(format!("evt_{number}"))));
        std::thread::sleep(Duration::from_millis(500));
        connection.batch_execute("ROLLBACK").unwrap();
        statuses.extend(posted.into_iter().map(|it| it.join().unwrap()));
    });
    assert_eq!(statuses, [200, 503, 200, 200, 200, 200]);
    assert_eq!(world.count("stripe_events"), 5);
}

#[test]
fn an_event_that_cannot_be_read_for_what_it_names_keeps_no_older_one() {
    let world = World::new();
    two_paid(&world);
    world.execute("UPDATE stripe_events SET session_id = NULL, session_row = NULL, order_names = NULL, address_hashes = NULL, account = NULL, named = NULL");
    let newest =
        world.text("SELECT id AS text FROM stripe_events ORDER BY received_at DESC, id LIMIT 1");
    refuse(
        &world,
        "stripe_events",
        &format!("OLD.id = '{newest}' AND NEW.named IS NOT NULL"),
    );
    runtime()
        .block_on(freshmint::inbox::unread::if_due(&world.app))
        .expect("the database answers");
    assert_eq!(
        world.texts("SELECT id AS text FROM stripe_events WHERE named IS NULL"),
        [newest]
    );
}

#[test]
fn an_overdue_session_that_cannot_be_settled_keeps_no_other() {
    let world = World::new();
    world.stripe.drop_deliveries(true);
    let orders = ["POISON", "FINE"].map(|reference| world.order(reference));
    for order in &orders {
        world.stripe.pay(&world.click_through(order)).unwrap();
    }
    // Stripe tells of no event any more.
    world.pass(chrono::Duration::days(31));
    refuse(&world, "orders", "OLD.reference = 'POISON'");
    let looked = runtime().block_on(freshmint::sweep::look(
        &world.app,
        freshmint::sweep::Look::Full,
    ));
    assert_eq!(world.status(&orders[1]), "paid", "{looked:?}");
    assert_eq!(world.status(&orders[0]), "open");
}

#[test]
fn a_cart_that_cannot_be_decided_on_keeps_no_other() {
    let world = World::new();
    world.execute("UPDATE settings SET recovery_enabled = true");
    world.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$");
    let carts: Vec<String> = (0..3)
        .map(|_| {
            let session = world
                .stripe
                .open_foreign_session(serde_json::json!({
                    "mode": "payment",
                    "success_url": "https://shop.example.org/thanks",
                    "line_items": [{ "quantity": 1, "price_data": {
                        "currency": "eur", "unit_amount": 3500, "product_data": { "name": "Scarf" } } }],
                }))
                .unwrap();
            session["id"].as_str().unwrap().to_owned()
        })
        .collect();
    world.execute(&format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON checkout_sessions FOR EACH ROW WHEN (NEW.stripe_id = '{}') EXECUTE FUNCTION refuse()",
        carts[0]
    ));
    for cart in &carts {
        world.stripe.expire(cart).unwrap();
    }
    world.deliver();
    assert_eq!(world.count("carts"), 2);
    let event = world.text("SELECT id AS text FROM stripe_events WHERE state = 'pending'");
    assert!(
        row(&world, &event).contains("refused"),
        "{}",
        row(&world, &event)
    );
    for _ in 0..36 {
        world.execute("UPDATE stripe_events SET not_before = to_timestamp(0)");
        world.work_off();
    }
    assert!(
        row(&world, &event).starts_with("failed "),
        "{}",
        row(&world, &event)
    );
}
