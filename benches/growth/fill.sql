-- Fills an empty database with as many orders as the setting `growth.orders` says, and with what belongs to
-- them: checkouts, payments, events, mails, decisions, history, in the proportions of a shop's 25 days.
--
-- Each order has as many lines in the log as the setting `growth.lines` says; two, where it is not set.
--
-- Of each kind that is rare a handful stands at the very beginning: a list that shows the newest first
-- finds them last. Row i of each table has a time and an id that follow i.

SET session_replication_role = replica;  -- no triggers: the rows refer to each other as they should
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';

-- Row i of each table: when it was made, and its id as a UUID of version 7 has it, which sorts by time. It
-- lacks the table's three digits, which stand between `one` and `two`.
CREATE TEMP TABLE growth AS
    SELECT i, at, lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' AS one,
        '8000' || lpad(to_hex(i), 12, '0') AS two
    FROM (SELECT i, now() - interval '25 days' * (1 - i::double precision / current_setting('growth.orders')::bigint) AS at
          FROM generate_series(1, current_setting('growth.orders')::bigint) AS i) AS rows;
CREATE FUNCTION growth_hash(of text) RETURNS bytea LANGUAGE sql IMMUTABLE
    AS $$ SELECT decode(md5(of), 'hex') $$;

-- Indexes are built afterwards, which takes a tenth of the time.
CREATE TEMP TABLE growth_indexes AS
    SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
    WHERE relnamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid);
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT growth_indexes.name FROM growth_indexes LOOP EXECUTE 'DROP INDEX ' || name; END LOOP;
END $$;

-- Of ten orders six are paid, one was left and reminded of, one is at its checkout, two are open.
INSERT INTO orders (id, reference, kind, email, name, locale, currency, amount_total, lines, metadata, mode,
        content_hash, created_at, paid_at, paid_amount, paid_currency, settled_at, settled_how, cancelled_at)
    SELECT (one || '001' || two)::uuid, 'CUP-' || i, CASE WHEN i <= 5 THEN 'recovered' ELSE 'billed' END,
        'parent' || i / 2 || '@example.org', 'Kim Miller', 'en', 'eur', 4500,
        '[{"description": "Summer cup, U12", "unit_amount": 4500, "quantity": 1}]', '{"team": "U12"}',
        'payment', md5(i::text), at,
        CASE WHEN i > 20 AND i % 10 < 6 THEN at END,
        CASE WHEN i > 20 AND i % 10 < 6 THEN 4500 END, CASE WHEN i > 20 AND i % 10 < 6 THEN 'eur' END,
        CASE WHEN i BETWEEN 11 AND 15 THEN at END, CASE WHEN i BETWEEN 11 AND 15 THEN 'cash' END,
        CASE WHEN i BETWEEN 16 AND 20 THEN at END
    FROM growth;

INSERT INTO order_news (order_id, list, news, at, may_be_unmailed, may_be_unopened)
    SELECT id, list_of(kind, status), CASE status WHEN 'open' THEN 'created' ELSE status END, created_at,
        NOT (i <= 20 OR i % 2 = 0 OR i % 10 = 6), i BETWEEN 6 AND 20 OR i > 20 AND i % 10 = 8
    FROM orders JOIN growth ON (one || '001' || two)::uuid = id;

INSERT INTO checkout_sessions (id, stripe_id, state, origin, asked_by, idempotency_key, url, livemode,
        created_at, posted_at, minted_at, expires_at, ended_at)
    SELECT (one || '002' || two)::uuid, 'cs_test_g' || i,
        CASE WHEN i % 10 < 6 THEN 'complete' WHEN i % 10 = 6 THEN 'expired' ELSE 'open' END,
        'click', 'person', 'growth-' || i, 'https://checkout.stripe.com/c/pay/cs_test_g' || i, false,
        at, at, at, at + interval '1 day',
        CASE WHEN i % 10 < 7 THEN at END
    FROM growth WHERE i > 20 AND i % 10 < 8;
INSERT INTO session_orders (session_id, order_id, amount, version, attempt, live)
    SELECT (one || '002' || two)::uuid, (one || '001' || two)::uuid, 4500, 1, 1, i % 10 = 7
    FROM growth WHERE i > 20 AND i % 10 < 8;
-- Carts of the shop's own checkout, which led to nothing.
INSERT INTO checkout_sessions (id, stripe_id, state, origin, asked_by, livemode, created_at, expires_at, ended_at)
    SELECT (one || '003' || two)::uuid, 'cs_test_c' || i, 'expired', 'foreign', 'person', false, at, at, at
    FROM growth WHERE i % 100 = 9;
INSERT INTO carts (session_id, address_hash, amount, currency, started_at, expired_at)
    SELECT (one || '003' || two)::uuid, growth_hash('cart' || i), 4500, 'eur', at, at
    FROM growth WHERE i % 100 = 9;

INSERT INTO payments (id, stripe_session_id, session_id, payment_intent, amount, currency, found_by, found_at)
    SELECT (one || '004' || two)::uuid, 'cs_test_g' || i, (one || '002' || two)::uuid, 'pi_g' || i, 4500, 'eur', 'webhook', at
    FROM growth WHERE i > 20 AND i % 10 < 6;
INSERT INTO payment_allocations (payment_id, order_id, amount, verdict)
    SELECT (one || '004' || two)::uuid, (one || '001' || two)::uuid, 4500, 'settles'
    FROM growth WHERE i > 20 AND i % 10 < 6;
INSERT INTO purchases (stripe_session_id, address_hash, amount, currency, bought_at)
    SELECT 'cs_test_g' || i, growth_hash('address' || i), 4500, 'eur', at
    FROM growth WHERE i > 20 AND i % 10 < 6;

INSERT INTO stripe_events (id, type, livemode, created_at, body, received_at, state, last_error,
        session_id, session_row, order_names, address_hashes, named)
    SELECT 'evt_g' || i,
        CASE WHEN i % 10 < 6 THEN 'checkout.session.completed' ELSE 'checkout.session.expired' END, false,
        at, convert_to('{"id":"evt_g' || i || '","data":{"object":{"id":"cs_test_g' || i || '"}}}', 'UTF8'),
        at, CASE WHEN i <= 20 THEN 'failed' ELSE 'processed' END,
        CASE WHEN i <= 20 THEN 'it could not be read' END,
        'cs_test_g' || i, (one || '002' || two)::uuid, ARRAY['CUP-' || i], ARRAY[growth_hash('address' || i)], 'these'
    FROM growth WHERE i % 10 < 7;

INSERT INTO blasts (id, name, subject, body, selection, state, author, created_at, started_at)
    SELECT (one || '005' || two)::uuid, 'mailing ' || i, 'Fee', '{{ pay_url }}', '{"filter": {}}', 'sending', 'growth',
        at, at
    FROM growth WHERE i <= 20;
CREATE TEMP TABLE growth_blasts AS SELECT row_number() OVER (ORDER BY id) AS number, id FROM blasts;
-- The first mailing went to twenty, the others to thousands.
INSERT INTO blast_recipients (blast_id, order_id, digest)
    SELECT (SELECT id FROM growth_blasts WHERE number = CASE WHEN i <= 20 THEN 1 ELSE 2 + i % 19 END), (one || '001' || two)::uuid, sha256('x')
    FROM growth WHERE i <= 20 OR i % 2 = 0;
INSERT INTO outbox (id, kind, blast_id, address, address_hash, subject, body, message_id, state, attempts,
        created_at, handed_over, last_error, sent_at)
    SELECT (one || '006' || two)::uuid, 'blast', (SELECT id FROM growth_blasts WHERE number = CASE WHEN i <= 20 THEN 1 ELSE 2 + i % 19 END),
        'parent' || i / 2 || '@example.org', growth_hash('address' || i), 'The fee', repeat('A line of a mail. ', 20),
        '<g' || i || '@example.org>', CASE WHEN i <= 5 THEN 'bounced' ELSE 'sent' END, 1, at, true,
        CASE WHEN i <= 5 THEN '550 5.1.1 no such user' END, CASE WHEN i > 5 THEN at END
    FROM growth WHERE i <= 20 OR i % 2 = 0;
INSERT INTO outbox (id, kind, address, address_hash, subject, body, message_id, state, attempts, created_at, handed_over, sent_at)
    SELECT (one || '007' || two)::uuid, 'test', 'shop@example.org', growth_hash('shop'), 'The fee', 'A test.',
        '<t' || i || '@example.org>', 'sent', 1, at, true, at
    FROM growth WHERE i <= 5;
INSERT INTO outbox (id, kind, address, address_hash, subject, body, message_id, state, attempts, created_at,
        due_at, handed_over, sent_at)
    SELECT (one || '008' || two)::uuid, 'reminder', 'parent' || i / 2 || '@example.org', growth_hash('address' || i), 'Still open', 'A reminder.',
        '<r' || i || '@example.org>', 'sent', 1, at, at, true, at
    FROM growth WHERE i > 20 AND i % 10 = 6;
INSERT INTO outbox_orders (mail_id, order_id, kind, blast_id, version, link_version)
    SELECT (one || '006' || two)::uuid, (one || '001' || two)::uuid, 'blast', (SELECT id FROM growth_blasts WHERE number = CASE WHEN i <= 20 THEN 1 ELSE 2 + i % 19 END), 1, 1
    FROM growth WHERE i <= 20 OR i % 2 = 0;
INSERT INTO outbox_orders (mail_id, order_id, kind, version, link_version)
    SELECT (one || '008' || two)::uuid, (one || '001' || two)::uuid, 'reminder', 1, 1
    FROM growth WHERE i > 20 AND i % 10 = 6;

INSERT INTO reminder_decisions (id, session_id, order_id, decision, expired_at, decided_at, due_at, mail_id, sent_at)
    SELECT (one || '009' || two)::uuid, (one || '002' || two)::uuid, (one || '001' || two)::uuid, 'sent', at, at, at, (one || '008' || two)::uuid, at
    FROM growth WHERE i > 20 AND i % 10 = 6;
INSERT INTO reminder_decisions (id, session_id, decision, reason, expired_at, decided_at, due_at)
    SELECT (one || '009' || two)::uuid, (one || '003' || two)::uuid, 'skipped', CASE WHEN i < 500 THEN 'suppressed' ELSE 'recovery_disabled' END,
        at, at, at
    FROM growth WHERE i % 100 = 9;

INSERT INTO suppressions (address_hash, address, reason, since)
    SELECT growth_hash('gone' || i), 'gone' || i || '@example.org',
        CASE WHEN i <= 5 THEN 'no_such_address' ELSE 'unsubscribed' END, now()
    FROM growth WHERE i % 4 = 0 OR i <= 5;
INSERT INTO cases (id, kind, about, order_id, payment_intent, amount, currency, opened_at, resolved_at, resolved_how, resolved_by)
    SELECT (one || '010' || two)::uuid, CASE WHEN i <= 5 THEN 'dispute' ELSE 'mismatch' END, 'g' || i, (one || '001' || two)::uuid, 'pi_g' || i, 4500, 'eur',
        at, CASE WHEN i > 3 THEN at END, CASE WHEN i > 3 THEN 'accept' END,
        CASE WHEN i > 3 THEN 'growth' END
    FROM growth WHERE i <= 5 OR i % 200 = 0;

INSERT INTO activity (at, order_id, category, level, actor, what)
    SELECT at, (one || '001' || two)::uuid, CASE WHEN line = 1 THEN 'order' ELSE 'mail' END,
        CASE WHEN i <= 5 THEN 'attention' ELSE 'info' END, 'growth',
        CASE WHEN line = 1 THEN 'order created' ELSE 'mail sent: blast' END
    FROM growth, generate_series(1, coalesce(nullif(current_setting('growth.lines', true), '')::int, 2)) AS line;
-- The worker has read them all.
UPDATE order_news_read SET xact = pg_current_xact_id()::text::bigint + 1, line = 0;
INSERT INTO activity_open (activity_id, category) SELECT id, category FROM activity WHERE level = 'attention';

DO $$ DECLARE made text; BEGIN
    FOR made IN SELECT growth_indexes.made FROM growth_indexes LOOP EXECUTE made; END LOOP;
END $$;
-- Building an index counts the rows of its table: a database that was just filled does not know that.
UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r';

DROP TABLE growth_indexes, growth_blasts, growth;
DROP FUNCTION growth_hash;
RESET session_replication_role;
RESET synchronous_commit;
RESET maintenance_work_mem;
