-- What is searched for in Stripe's events, as columns. Until now their bodies were searched as text:
-- for each mail that was claimed, while the pace's row was locked.
--
-- The intake fills them. They are nullable, since an older version of the program goes on inserting
-- rows without them while it is replaced: NULL in `named` means that nobody has read the body yet, and
-- such an event may name anybody. The worker reads those (`inbox/unread.rs`), the newest first.

ALTER TABLE stripe_events
    ADD COLUMN session_id     text,     -- the session that it is about: cs_…
    ADD COLUMN session_row    uuid,     -- our row's id, as that session carries it
    ADD COLUMN order_names    text[],   -- ids and references of orders
    ADD COLUMN address_hashes bytea[],  -- the payer's addresses, as `suppressions` has them
    ADD COLUMN account        text,     -- acct_…, of an event of a connected account
    -- Whether it names those above, nobody, or, since its content cannot be read, anybody.
    ADD COLUMN named          text CHECK (named IN ('these', 'nobody', 'anybody'));

-- An import takes up what was ignored about a session, and a mail waits for what is pending about it.
CREATE INDEX stripe_events_by_session ON stripe_events (session_id, state) WHERE session_id IS NOT NULL;
-- A mail waits for payments that are still to be worked on. Without `fastupdate`, which would have
-- every claim read a list of up to four megabytes.
CREATE INDEX stripe_events_pending_by_row ON stripe_events (session_row)
    WHERE state = 'pending' AND session_row IS NOT NULL;
CREATE INDEX stripe_events_pending_by_name ON stripe_events
    USING gin (order_names, address_hashes) WITH (fastupdate = off) WHERE state = 'pending';
-- And for those that may name anybody; the same index finds the ones to be read.
CREATE INDEX stripe_events_of_anybody ON stripe_events (received_at)
    WHERE named IS NULL OR named = 'anybody';

INSERT INTO chores (name, due_at) VALUES ('events', now());

-- The pending events are read here, so that no mail goes out between this and the worker's first turn
-- to somebody who has paid. What is not plainly as Stripe writes it stays unread, for the worker.

CREATE FUNCTION event_json_of(body bytea) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    RETURN convert_from(body, 'UTF8')::jsonb;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END $$;

CREATE FUNCTION event_uuid_of(words text) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
    RETURN words::uuid;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END $$;

-- A key of HMAC's block size with each byte changed (RFC 2104). The key of addresses has 32 bytes.
CREATE FUNCTION event_pad(key bytea, with_byte int) RETURNS bytea LANGUAGE sql AS $$
    SELECT string_agg(set_byte('\x00', 0, with_byte #
               CASE WHEN at < length(key) THEN get_byte(key, at) ELSE 0 END), '' ORDER BY at)
    FROM generate_series(0, 63) AS at
$$;

-- As `suppression::AddressKey` hashes addresses: the first half of HMAC-SHA256.
CREATE FUNCTION event_hash_of(address text) RETURNS bytea LANGUAGE sql AS $$
    SELECT substring(sha256(event_pad(value, 92) || sha256(
               event_pad(value, 54) || convert_to(lower(btrim(address, E' \t\n\x0b\x0c\r')), 'UTF8'))) FOR 16)
    FROM secrets WHERE name = 'addresses'
$$;

WITH parsed AS MATERIALIZED (
    SELECT id, event_json_of(body) AS event FROM stripe_events WHERE state = 'pending'
), told AS (
    SELECT id, event, event #> '{data,object}' AS object FROM parsed
), plain AS (
    SELECT id, event, object FROM told
    WHERE jsonb_typeof(object) = 'object'
      AND coalesce(jsonb_typeof(object -> 'metadata'), 'null') IN ('object', 'null')
      AND coalesce(jsonb_typeof(object -> 'customer_details'), 'null') IN ('object', 'null')
      AND coalesce(jsonb_typeof(object -> 'billing_details'), 'null') IN ('object', 'null')
      AND coalesce(jsonb_typeof(object -> 'evidence'), 'null') IN ('object', 'null')
), named AS (
    SELECT id,
        CASE WHEN jsonb_typeof(event -> 'account') = 'string' THEN event ->> 'account' END AS account,
        CASE WHEN jsonb_typeof(object -> 'id') = 'string' THEN substring(object ->> 'id' FROM '^cs_[A-Za-z0-9_]+$') END AS session_id,
        event_uuid_of(object #>> '{metadata,freshmint_session}') AS session_row,
        ARRAY[object -> 'client_reference_id', object #> '{metadata,order_id}', object #> '{metadata,reference}'] AS names,
        ARRAY[object -> 'customer_email', object -> 'receipt_email', object #> '{customer_details,email}',
              object #> '{billing_details,email}', object #> '{evidence,customer_email_address}',
              CASE WHEN jsonb_typeof(object -> 'customer') = 'object' THEN object #> '{customer,email}' END] AS addresses
    FROM plain
), texts AS (
    SELECT id, account, session_id, session_row,
        ARRAY(SELECT DISTINCT name #>> '{}' FROM unnest(names) AS name WHERE name #>> '{}' <> '' ORDER BY 1) AS names,
        ARRAY(SELECT DISTINCT address #>> '{}' FROM unnest(addresses) AS address WHERE address #>> '{}' <> '') AS addresses
    FROM named
    -- Lower case is the program's business outside of ASCII, and no name of ours is so long.
    WHERE NOT EXISTS (SELECT FROM unnest(names || addresses) AS name
                      WHERE jsonb_typeof(name) NOT IN ('string', 'null') OR length(name #>> '{}') > 200)
      AND NOT EXISTS (SELECT FROM unnest(addresses) AS address WHERE address #>> '{}' ~ '[^[:ascii:]]')
)
UPDATE stripe_events SET
    account = texts.account,
    session_id = texts.session_id,
    session_row = texts.session_row,
    order_names = texts.names,
    address_hashes = ARRAY(SELECT DISTINCT event_hash_of(address) FROM unnest(texts.addresses) AS address ORDER BY 1),
    named = CASE WHEN texts.session_id IS NULL AND texts.session_row IS NULL
                      AND texts.names = '{}' AND texts.addresses = '{}' THEN 'nobody' ELSE 'these' END
FROM texts WHERE texts.id = stripe_events.id;

DROP FUNCTION event_hash_of, event_pad, event_uuid_of, event_json_of;

-- A reminder that was given up (48 hours without a server that took it) is no longer scheduled. What an
-- older version gave up is brought in line, its order's place freed: no server can have it.
UPDATE outbox_orders SET void = true
FROM outbox JOIN reminder_decisions decision ON decision.mail_id = outbox.id
WHERE outbox_orders.mail_id = outbox.id AND outbox.kind = 'reminder' AND outbox.state = 'failed'
  AND NOT outbox.handed_over AND decision.decision = 'scheduled';
UPDATE reminder_decisions SET decision = 'skipped', reason = 'too_old'
FROM outbox
WHERE outbox.id = reminder_decisions.mail_id AND outbox.kind = 'reminder' AND outbox.state = 'failed'
  AND NOT outbox.handed_over AND reminder_decisions.decision = 'scheduled';
