//! Migrations, with rows in the tables.

use diesel::{
    PgConnection, RunQueryDsl,
    connection::SimpleConnection,
    sql_types::{Bytea, Text},
};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};

use crate::support::{World, browser::runtime, cluster::Database};

fn migrations() -> FileBasedMigrations {
    FileBasedMigrations::find_migrations_directory_in_path(env!("CARGO_MANIFEST_DIR"))
        .expect("migrations")
}

/// Takes back the migration with this number, and what came after it.
fn before(connection: &mut PgConnection, number: &str) {
    loop {
        let reverted = connection.revert_last_migration(migrations());
        if reverted.expect("down").to_string().ends_with(number) {
            return;
        }
    }
}

/// A row in every table, through the tables' own conditions.
const ROWS: &str = "
    INSERT INTO orders (id, reference, locale, currency, amount_total, lines, mode, content_hash, created_at, paid_at)
        VALUES ('00000000-0000-7000-8000-000000000001', 'CUP-1', 'en', 'eur', 4500, '[{}]', 'payment', 'x', now(), now());
    INSERT INTO checkout_sessions (id, stripe_id, state, origin, asked_by, idempotency_key, created_at, minted_at, expires_at, ended_at)
        VALUES ('00000000-0000-7000-8000-000000000002', 'cs_1', 'complete', 'click', 'person', 'k', now(), now(), now(), now());
    INSERT INTO session_orders (session_id, order_id, amount, version, attempt, live)
        VALUES ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', 4500, 1, 1, false);
    INSERT INTO orders (id, reference, locale, currency, amount_total, lines, mode, content_hash, created_at)
        VALUES ('00000000-0000-7000-8000-00000000000a', 'GYM-1', 'en', 'eur', NULL, '[{\"price\": \"price_1\"}]', 'payment', 'x', now()),
               ('00000000-0000-7000-8000-00000000000b', 'GYM-2', 'en', 'eur', 0, '[{\"price\": \"price_2\"}]', 'subscription', 'x', now());
    INSERT INTO session_orders (session_id, order_id, amount, version, attempt, live)
        VALUES ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-00000000000a', NULL, 1, 1, false),
               ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-00000000000b', 0, 1, 1, false);
    INSERT INTO payments (id, stripe_session_id, session_id, payment_intent, amount, currency, found_by, found_at)
        VALUES ('00000000-0000-7000-8000-000000000003', 'cs_1', '00000000-0000-7000-8000-000000000002', 'pi_1', 4500, 'eur', 'webhook', now());
    INSERT INTO payment_allocations (payment_id, order_id, amount, verdict)
        VALUES ('00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000001', 4500, 'settles');
    INSERT INTO stripe_events (id, type, body, received_at, session_id, session_row, order_names, address_hashes, account, named)
        VALUES ('evt_1', 'checkout.session.completed', '{}', now(), 'cs_1', '00000000-0000-7000-8000-000000000002',
            '{CUP-1}', ARRAY['\\x00000000000000000000000000000001'::bytea], 'acct_1', 'these');
    INSERT INTO activity (at, order_id, category, level, actor, what)
        VALUES (now(), '00000000-0000-7000-8000-000000000001', 'order', 'info', 'test', 'paid');
    INSERT INTO api_tokens (id, name, role, token_hash, created_at)
        VALUES ('00000000-0000-7000-8000-000000000004', 'shop', 'viewer', '\\x00', now());
    UPDATE settings SET notice_text = 'One reminder may follow.';
    INSERT INTO suppressions (address_hash, address, reason, since)
        VALUES ('\\x00000000000000000000000000000001', 'gone@example.org', 'unsubscribed', now());
    INSERT INTO blasts (id, name, subject, body, selection, state, author, created_at, started_at)
        VALUES ('00000000-0000-7000-8000-000000000005', 'Cup', 's', 'b', '{}', 'sending', 'test', now(), now());
    INSERT INTO blast_approvals (blast_id, content_hash, approved_by, approved_at)
        VALUES ('00000000-0000-7000-8000-000000000005', 'x', 'test', now());
    INSERT INTO blast_preflights (blast_id, approval_id, stripe_id, closed_at, checks)
        SELECT blast_id, id, 'cs_2', now(), '[]' FROM blast_approvals;
    UPDATE orders SET import = 'fees.csv';
    INSERT INTO blast_recipients (blast_id, order_id, digest)
        VALUES ('00000000-0000-7000-8000-000000000005', '00000000-0000-7000-8000-000000000001', '\\x00');
    INSERT INTO outbox (id, kind, address, address_hash, message_id, created_at, due_at)
        VALUES ('00000000-0000-7000-8000-000000000006', 'reminder', 'parent@example.org',
            '\\x00000000000000000000000000000002', '<1@example.org>', now(), now());
    INSERT INTO outbox (id, kind, blast_id, address, address_hash, subject, body, message_id, state, created_at, sent_at, handed_over)
        VALUES ('00000000-0000-7000-8000-000000000007', 'blast', '00000000-0000-7000-8000-000000000005', 'parent@example.org',
            '\\x00000000000000000000000000000002', 's', 'b', '<2@example.org>', 'sent', now(), now(), true);
    INSERT INTO outbox_orders (mail_id, order_id, kind, blast_id, version, link_version)
        VALUES ('00000000-0000-7000-8000-000000000006', '00000000-0000-7000-8000-000000000001', 'reminder', NULL, 1, 1),
               ('00000000-0000-7000-8000-000000000007', '00000000-0000-7000-8000-000000000001', 'blast',
                '00000000-0000-7000-8000-000000000005', 1, 1);
    INSERT INTO reminder_decisions (id, session_id, order_id, decision, expired_at, decided_at, due_at, mail_id)
        VALUES ('00000000-0000-7000-8000-000000000008', '00000000-0000-7000-8000-000000000002',
            '00000000-0000-7000-8000-000000000001', 'scheduled', now(), now(), now(), '00000000-0000-7000-8000-000000000006');
    INSERT INTO outbox_pause (reason, until) VALUES ('535', now());
    INSERT INTO refunds (payment_intent, amount_refunded, currency, heard_at, asked, answered, failure)
        VALUES ('pi_1', 500, 'eur', now(), 3, 2, 'it failed at Stripe');
    INSERT INTO order_refunds (id, order_id, payment_id, payment_intent, key, asked_amount, amount, currency, asked_at,
            asked_by, state, refund_id, failure, ended_at)
        VALUES ('00000000-0000-7000-8000-000000000010', '00000000-0000-7000-8000-000000000001',
            '00000000-0000-7000-8000-000000000003', 'pi_1', 'k1', 500, 500, 'eur', now(), 'test', 'made', 're_1', NULL, now()),
            ('00000000-0000-7000-8000-000000000011', '00000000-0000-7000-8000-000000000001',
            '00000000-0000-7000-8000-000000000003', 'pi_1', 'k2', NULL, 4000, 'eur', now(), 'test', 'asked', NULL, NULL, NULL);
    INSERT INTO disputes (id, payment_intent, amount, currency, status, heard_at)
        VALUES ('dp_1', 'pi_1', 4500, 'eur', 'needs_response', now());
    INSERT INTO cases (id, kind, about, order_id, payment_id, payment_intent, amount, currency, opened_at,
            refunding_at, refunding_by, refund_id, refund_failure)
        VALUES ('00000000-0000-7000-8000-000000000009', 'dispute', 'dp_1', '00000000-0000-7000-8000-000000000001',
            '00000000-0000-7000-8000-000000000003', 'pi_1', 4500, 'eur', now(), now(), 'test', 're_1', 'it failed');
    INSERT INTO alert_causes (key, kind, count, since) VALUES ('pause', 'pause', 1, now());
    INSERT INTO ops_users (id, email, name, role, password_hash, created_at)
        VALUES ('00000000-0000-7000-8000-00000000000c', 'tom@example.org', 'Tom', 'admin', 'x', now());
    INSERT INTO ops_sessions (token_hash, user_id, began_at, seen_at)
        VALUES (sha256('s'), '00000000-0000-7000-8000-00000000000c', now(), now());
    INSERT INTO ops_browsers (token_hash, user_id, used_at)
        VALUES (sha256('b'), '00000000-0000-7000-8000-00000000000c', now());
    INSERT INTO ops_tries (what, account, at) VALUES ('password', '\\x00', now());
    INSERT INTO ops_once (id, user_id, token, at)
        VALUES ('00000000-0000-7000-8000-00000000000d', '00000000-0000-7000-8000-00000000000c', 'x', now());
    INSERT INTO ops_once (id, user_id, token, at, held_until, held_by)
        VALUES ('00000000-0000-7000-8000-000000000012', '00000000-0000-7000-8000-00000000000c', 'y', now(), now(),
            '00000000-0000-7000-8000-000000000013');
    INSERT INTO outbox (id, kind, address, address_hash, message_id, created_at)
        VALUES ('00000000-0000-7000-8000-00000000000e', 'account', 'tom@example.org',
            '\\x00000000000000000000000000000003', '<9@example.org>', now());
    INSERT INTO ops_links (mail_id, user_id, purpose)
        VALUES ('00000000-0000-7000-8000-00000000000e', '00000000-0000-7000-8000-00000000000c', 'invitation');
    INSERT INTO activity_dismissals (activity_id, at, actor) SELECT id, now(), 'test' FROM activity;
    INSERT INTO alert_messages (channel, state, key, kind, count, since, noted_at)
        VALUES ('url', 'begins', 'pause', 'pause', 1, now(), now());
    INSERT INTO link_looks (order_id, by_person) VALUES ('00000000-0000-7000-8000-000000000001', now());
    INSERT INTO stripe_asked (order_id, asked_at) VALUES ('00000000-0000-7000-8000-000000000001', now());
    INSERT INTO visit_salts (day, salt) VALUES (current_date, sha256('x'));
    INSERT INTO visit_markers (day, marker) VALUES (current_date, decode(repeat('00', 16), 'hex'));
    INSERT INTO visit_counts VALUES (current_date, 'pay', 'letter', 'phone', 'person', 1);
    INSERT INTO visit_totals VALUES (current_date, 'all', 'all', 'person', 1, 1);
    INSERT INTO performance_minutes VALUES (now(), 'click', 500, 1);
    INSERT INTO performance_days VALUES (current_date, 'outbox_age', 0, 0);
    INSERT INTO order_batches (id, act, actor, at) VALUES ('00000000-0000-7000-8000-000000000026', 'cash', 'test', now());
    INSERT INTO order_batch_parts (batch_id, order_id)
        VALUES ('00000000-0000-7000-8000-000000000026', '00000000-0000-7000-8000-000000000001');
";

#[test]
fn every_migration_goes_up_down_and_up_again_with_rows_in_the_tables() {
    let database = Database::new();
    let mut connection: PgConnection = database.connect();
    connection
        .batch_execute(ROWS)
        .expect("the rows are possible");
    connection
        .revert_all_migrations(migrations())
        .expect("down");
    connection
        .run_pending_migrations(migrations())
        .expect("up again");
    connection.batch_execute(ROWS).expect("and as before");
}

/// Events that wait while the program is replaced by one that knows the columns: what the migration reads
/// in SQL is what the program would have read, and what it cannot read is left to that.
#[test]
fn events_that_wait_are_read_by_the_migration_as_the_program_reads_them() {
    const READ: [&str; 7] = [
        r#"{"customer_email":" Ann@Example.org\t","id":"cs_test_1","client_reference_id":"CUP-1",
            "customer_details":{"email":"ann@example.org"},"customer":{"id":"cus_1","email":"bo@example.org"},
            "metadata":{"order_id":"7","reference":"CUP-1","freshmint_session":"00000000-0000-7000-8000-000000000002"}}"#,
        r#"{"id":"ch_1","customer":"cus_1","metadata":null,"receipt_email":"kim@example.org",
            "billing_details":{"email":"cy@example.org"}}"#,
        r#"{"id":"dp_1","evidence":{"customer_email_address":"kim@example.org"}}"#,
        r#"{"id":"cs_1 ","metadata":{"freshmint_session":"?"},"client_reference_id":""}"#,
        r#"{"id":7,"customer_details":null}"#,
        r#"{"metadata":{"reference":"Jürgen"}}"#,
        "{}",
    ];
    const LEFT: [&str; 6] = [
        r#""cs_1""#,
        r#"{"metadata":[]}"#,
        r#"{"metadata":{"order_id":7}}"#,
        r#"{"customer_email":"jürgen@müller.example"}"#,
        r#"{"customer_details":"ann@example.org"}"#,
        r#"{"client_reference_id":"a\u0000b"}"#,
    ];
    let database = Database::new();
    let mut connection = database.connect();
    let world = World::on(database, &[]);
    before(&mut connection, "000006");
    let keep = |connection: &mut PgConnection, id: String, state: &str, body: &[u8]| {
        diesel::sql_query(
            "INSERT INTO stripe_events (id, type, body, received_at, state, last_error) \
             VALUES ($1, 'checkout.session.completed', $2, now(), $3, 'x')",
        )
        .bind::<Text, _>(id)
        .bind::<Bytea, _>(body)
        .bind::<Text, _>(state)
        .execute(connection)
        .expect("the row is possible");
    };
    let body = |id: &str, object: &str| {
        format!(r#"{{"id":"{id}","account":"acct_1","data":{{"object":{object}}}}}"#).into_bytes()
    };
    for (name, objects) in [("read", &READ[..]), ("left", &LEFT[..])] {
        for (number, object) in objects.iter().enumerate() {
            let id = format!("evt_{name}_{number}");
            keep(&mut connection, id.clone(), "pending", &body(&id, object));
        }
    }
    keep(
        &mut connection,
        "evt_left_utf8".to_owned(),
        "pending",
        &[0xff],
    );
    keep(
        &mut connection,
        "evt_done".to_owned(),
        "processed",
        &body("evt_done", READ[0]),
    );
    for _ in 0..2 {
        connection
            .run_pending_migrations(migrations())
            .expect("up, with events that wait");
        let unread = world.texts("SELECT id AS text FROM stripe_events WHERE named IS NULL");
        assert_eq!(unread.len(), LEFT.len() + 2, "{unread:?}");
        assert!(
            !unread.iter().any(|id| id.starts_with("evt_read")),
            "{unread:?}"
        );
        before(&mut connection, "000006");
    }
    connection
        .run_pending_migrations(migrations())
        .expect("and up");
    let columns = "SELECT row(id, session_id, session_row, order_names, address_hashes, account, named)::text AS text \
         FROM stripe_events WHERE id LIKE 'evt_read%' ORDER BY id";
    let by_the_migration = world.texts(columns);
    assert_eq!(by_the_migration.len(), READ.len());
    world.execute("UPDATE stripe_events SET named = NULL");
    let read = runtime().block_on(freshmint::inbox::unread::read(&world.app));
    assert_eq!(
        read.expect("the database answers"),
        READ.len() + LEFT.len() + 2
    );
    assert_eq!(by_the_migration, world.texts(columns));
}

#[test]
fn what_must_never_happen_is_refused_by_the_tables() {
    let database = Database::new();
    let mut connection = database.connect();
    connection
        .batch_execute(ROWS)
        .expect("the rows are possible");
    let mut refused = |statement: &str, by: &str| {
        let error = connection
            .batch_execute(statement)
            .expect_err(statement)
            .to_string();
        assert!(error.contains(by), "{statement}\n{error}");
    };
    let session = |n: u8| {
        format!(
        "INSERT INTO checkout_sessions (id, state, origin, asked_by, idempotency_key, request_body, created_at)
            VALUES ('00000000-0000-7000-8000-00000000001{n}', 'minting', 'click', 'person', 'k{n}', 'a=b', now());
         INSERT INTO session_orders (session_id, order_id, amount, version, attempt, live)
            VALUES ('00000000-0000-7000-8000-00000000001{n}', '00000000-0000-7000-8000-000000000001', 4500, 1, 1{n}, true);"
    )
    };
    refused(&(session(1) + &session(2)), "one_live_session_per_order");
    refused(
        &session(1).replace("'minting'", "'open'"),
        "violates check constraint",
    );
    refused(
        &session(1).replace("true);", "false);"),
        "session_orders_session_id_live_fkey",
    );
    refused(
        "UPDATE orders SET amount_total = NULL",
        "inline_lines_have_an_amount",
    );
    refused(
        "INSERT INTO cases SELECT gen_random_uuid(), kind, about, order_id, payment_id, payment_intent, amount,
            currency, email, opened_at FROM cases",
        "one_case_of_a_kind",
    );
    refused(
        "UPDATE cases SET resolved_at = now()",
        "resolved_says_how_and_by_whom",
    );
    refused("UPDATE orders SET settled_at = now()", "settled_says_how");
    refused("UPDATE api_tokens SET tests = 1", "tests_are_of_a_day");
    refused(
        "UPDATE orders SET settled_at = now(), settled_how = 'cash', cancelled_at = now()",
        "closed_in_one_way",
    );
    refused(
        "UPDATE orders SET status = 'open'",
        "can only be updated to DEFAULT",
    );
    refused(
        "UPDATE checkout_sessions SET request_body = 'a=b'",
        "a_body_only_while_minting",
    );
    let mail = |kind: &str, blast: &str| {
        format!(
            "INSERT INTO outbox (id, kind, blast_id, address, address_hash, subject, body, message_id, created_at)
                SELECT '00000000-0000-7000-8000-000000000021', '{kind}', {blast}, address, address_hash, 's', 'b', '<3@example.org>', now()
                FROM outbox LIMIT 1;
             INSERT INTO outbox_orders (mail_id, order_id, kind, blast_id, version, link_version)
                VALUES ('00000000-0000-7000-8000-000000000021', '00000000-0000-7000-8000-000000000001', '{kind}', {blast}, 1, 1)"
        )
    };
    refused(&mail("reminder", "NULL"), "one_reminder_per_order");
    let blast = "'00000000-0000-7000-8000-000000000005'";
    refused(&mail("blast", blast), "one_mail_per_blast_and_order");
    refused(&mail("blast", "NULL"), "a_blast_has_its_blast");
    refused(
        "INSERT INTO checkout_sessions (id, stripe_id, state, origin, asked_by, created_at, expires_at, ended_at)
            VALUES ('00000000-0000-7000-8000-000000000022', 'cs_2', 'expired', 'click', 'person', now(), now(), now());
         INSERT INTO reminder_decisions SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000022', order_id,
            decision, reason, expired_at, decided_at, due_at, mail_id, sent_at FROM reminder_decisions",
        "one_reminder_decision_per_order",
    );
    for (set, by) in [
        ("claimed_until = now()", "sending_is_a_lease"),
        (
            "state = 'sending', subject = 's', body = 'b', claimed_until = now()",
            "claimed_by_somebody",
        ),
        ("state = 'sent'", "sent_says_when"),
        ("state = 'failed'", "trouble_says_why"),
        ("address = NULL", "pending_has_its_content"),
        ("message_id = '<2@example.org>'", "outbox_message_id_key"),
    ] {
        refused(
            &format!("UPDATE outbox SET {set} WHERE kind = 'reminder'"),
            by,
        );
    }
    refused(
        "UPDATE reminder_decisions SET decision = 'skipped'",
        "skipped_says_why",
    );
    refused(
        "INSERT INTO settings (only_row) VALUES (false)",
        "settings_only_row_check",
    );
    refused(
        "UPDATE stripe_events SET state = 'failed'",
        "failed_has_a_reason",
    );
    refused(
        "UPDATE stripe_events SET named = 'somebody'",
        "stripe_events_named_check",
    );
    refused(
        "INSERT INTO payments SELECT gen_random_uuid(), stripe_session_id, session_id, payment_intent, amount, currency, found_by, found_at FROM payments",
        "payments_stripe_session_id_key",
    );
}

#[test]
fn the_status_in_the_database_is_the_state_in_the_code() {
    let world = World::new();
    let evidence = [
        ("open", "version = version"),
        ("processing", "processing_at = now()"),
        ("in_review", "processing_at = now(), in_review_at = now()"),
        ("paid", "processing_at = now(), paid_at = now()"),
        ("partially_refunded", "paid_at = now(), refunded_amount = 1"),
        ("refunded", "paid_at = now(), refunded_amount = 4500"),
        (
            "settled_offline",
            "settled_at = now(), settled_how = 'cash'",
        ),
        ("cancelled", "cancelled_at = now()"),
    ];
    for (status, set) in evidence {
        let order = world.order(&format!("CUP-{status}"));
        world.execute(&format!(
            "UPDATE orders SET {set} WHERE id = '{}'",
            order.id
        ));
        let id = order.id;
        let decoded = world
            .app
            .db
            .run_blocking(|connection| freshmint::order::find(connection, id));
        assert_eq!(decoded.unwrap().unwrap().state.name(), status);
        assert_eq!(world.status(&order), status);
    }
}

#[test]
fn the_service_refuses_to_start_on_a_database_without_its_tables() {
    let world = World::on(Database::empty(), &[]);
    let (code, _, said) = world.command(&["serve"]);
    assert_eq!(code, 1);
    assert!(
        said.contains("run freshmint migrate, or start with --migrate"),
        "{said}"
    );
    assert_eq!(world.get("/readyz").status, 503);
    let (code, told, _) = world.command(&["migrate"]);
    assert!(code == 0 && told.starts_with("applied "), "{told}");
    assert_eq!(world.command(&["migrate"]).1, "nothing to do\n");
    assert_eq!(world.get("/readyz").status, 200);
}

/// What an older version gave up stood as scheduled for ever.
#[test]
fn a_reminder_that_was_given_up_is_scheduled_no_longer_after_the_migration() {
    let database = Database::new();
    let mut connection = database.connect();
    connection
        .batch_execute(ROWS)
        .expect("the rows are possible");
    before(&mut connection, "000006");
    connection
        .batch_execute(
            "UPDATE outbox SET state = 'failed', last_error = '450' WHERE kind = 'reminder'",
        )
        .expect("given up");
    connection.run_pending_migrations(migrations()).expect("up");
    let world = World::on(database, &[]);
    let decided = "SELECT decision || ' ' || reason AS text FROM reminder_decisions";
    assert_eq!(world.text(decided), "skipped too_old");
    assert_eq!(
        world.count("outbox_orders WHERE kind = 'reminder' AND void"),
        1
    );
}

#[test]
fn what_had_been_told_of_the_log_stays_told() {
    let database = Database::new();
    let mut connection = database.connect();
    let world = World::on(database, &[]);
    for (told, seen) in [("0", "none"), ("41", "41")] {
        before(&mut connection, "000007");
        connection
            .batch_execute(&format!(
                "UPDATE alerted SET activity_id = {told}, at = '2026-11-27 20:00Z'"
            ))
            .expect("an older version told");
        connection.run_pending_migrations(migrations()).expect("up");
        let watch = "SELECT coalesce(log_seen::text, 'none') || ' ' || (mailed_at = '2026-11-27 20:00Z')::text AS text \
             FROM alert_watch";
        assert_eq!(world.texts(watch), [format!("{seen} true")]);
    }
    before(&mut connection, "000007");
    let told = "SELECT activity_id::text AS text FROM alerted";
    assert_eq!(world.texts(told), ["41"]);
}
