-- What needs somebody is one list: lines of the log that are open. The badge, the tab of the feed, the API's
-- `open=true` and the first page count and show these, so that they agree.

-- The first page reads some of each kind, however many of another are open.
ALTER TABLE activity_open ADD COLUMN category text;
UPDATE activity_open SET category = activity.category FROM activity WHERE activity.id = activity_id;
ALTER TABLE activity_open ALTER COLUMN category SET NOT NULL;
CREATE INDEX activity_open_by_category ON activity_open (category, activity_id);

CREATE OR REPLACE FUNCTION open_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_open (activity_id, category) VALUES (NEW.id, NEW.category);
    RETURN NULL;
END $$;

-- A mailing that waits for an approval, or is paused, has a line for as long: it is the newest that tells of it.
INSERT INTO activity (at, category, level, actor, what, detail)
SELECT clock_timestamp(), 'blast', 'attention', CASE state WHEN 'draft' THEN author ELSE 'freshmint' END,
       CASE state WHEN 'draft' THEN 'mailing waits for an approval: ' ELSE 'mailing is paused: ' END || name,
       jsonb_build_object('blast', id, 'waits', state)
FROM blasts WHERE state IN ('draft', 'paused') ORDER BY id;

-- A family that is not written to and still owes has a line for as long, unless a mail that did not arrive has
-- one already. Only lines of bills: nobody owes for a cart.
CREATE INDEX suppressions_by_address ON suppressions (address) WHERE address IS NOT NULL;

CREATE FUNCTION open_lines_of_unwritten(which uuid[], said_at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO activity (at, order_id, category, level, actor, what, detail)
    SELECT said_at, id, 'suppression', 'attention', 'freshmint',
           'it is owed, and its address is not written to', jsonb_build_object('unwritten', id)
    FROM orders
    WHERE id = ANY (which) AND status = 'open' AND kind = 'billed'
      AND NOT EXISTS (SELECT FROM activity line JOIN activity_open open ON open.activity_id = line.id
                      WHERE line.order_id = orders.id AND open.category IN ('mail', 'suppression'))
    ORDER BY id;
$$;

CREATE FUNCTION address_is_unwritten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM open_lines_of_unwritten(
        ARRAY(SELECT id FROM orders WHERE lower(email) = NEW.address AND status = 'open' LIMIT 100), NEW.since);
    RETURN NULL;
END $$;
CREATE TRIGGER address_is_unwritten AFTER INSERT ON suppressions FOR EACH ROW
    WHEN (NEW.address IS NOT NULL) EXECUTE FUNCTION address_is_unwritten();

CREATE FUNCTION address_is_written_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_dismissals (activity_id, at, actor)
    SELECT line.id, clock_timestamp(), 'freshmint'
    FROM orders JOIN activity line ON line.order_id = orders.id AND line.category = 'suppression'
         JOIN activity_open open ON open.activity_id = line.id
    WHERE lower(orders.email) = OLD.address
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER address_is_written_to AFTER DELETE ON suppressions FOR EACH ROW
    WHEN (OLD.address IS NOT NULL) EXECUTE FUNCTION address_is_written_to();

-- Once a statement, since thousands come in with one.
CREATE FUNCTION orders_come_in() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE unwritten uuid[];
BEGIN
    unwritten := ARRAY(SELECT new_orders.id FROM new_orders
                       JOIN suppressions ON suppressions.address = lower(new_orders.email));
    IF cardinality(unwritten) > 0 THEN
        PERFORM open_lines_of_unwritten(unwritten, (SELECT max(created_at) FROM new_orders));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER orders_come_in AFTER INSERT ON orders REFERENCING NEW TABLE AS new_orders
    FOR EACH STATEMENT EXECUTE FUNCTION orders_come_in();

SELECT open_lines_of_unwritten(
    ARRAY(SELECT orders.id FROM orders JOIN suppressions ON suppressions.address = lower(orders.email)
          WHERE orders.status = 'open' AND orders.kind = 'billed'), now());

-- Whoever owes nothing any more needs nobody: the mail that came back, the checkout that Stripe refused, the
-- debit that did not arrive. Money that does not add up stays until its case is resolved.
CREATE FUNCTION close_lines_of_order(owing uuid, categories text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO activity_dismissals (activity_id, at, actor)
    SELECT line.id, clock_timestamp(), 'freshmint'
    FROM activity line JOIN activity_open open ON open.activity_id = line.id
    WHERE line.order_id = owing
      AND (line.category = ANY (categories) OR 'debit' = ANY (categories) AND line.detail ? 'debit_failed')
    ON CONFLICT DO NOTHING;
$$;

CREATE FUNCTION order_is_owed_no_more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM close_lines_of_order(NEW.id, '{mail,checkout,suppression,debit}');
    RETURN NULL;
END $$;
CREATE TRIGGER order_is_owed_no_more AFTER UPDATE ON orders FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status NOT IN ('open', 'processing', 'in_review'))
    EXECUTE FUNCTION order_is_owed_no_more();

-- A corrected address is a new try: what became of mail to the old one is over.
CREATE FUNCTION address_of_order_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM close_lines_of_order(NEW.id, '{mail,suppression}');
    PERFORM open_lines_of_unwritten(ARRAY[NEW.id], clock_timestamp())
        FROM suppressions WHERE address = lower(NEW.email);
    RETURN NULL;
END $$;
CREATE TRIGGER address_of_order_changes AFTER UPDATE OF email ON orders FOR EACH ROW
    WHEN (OLD.email IS DISTINCT FROM NEW.email) EXECUTE FUNCTION address_of_order_changes();

-- What Stripe refused was the order as it stood; and a payment page that opens says that it refuses no more.
CREATE FUNCTION order_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM close_lines_of_order(NEW.id, '{checkout}');
    RETURN NULL;
END $$;
CREATE TRIGGER order_changes AFTER UPDATE OF version ON orders FOR EACH ROW
    WHEN (OLD.version IS DISTINCT FROM NEW.version) EXECUTE FUNCTION order_changes();

-- In the path of a click: looked for only while some order is refused.
CREATE FUNCTION payment_page_opens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM activity_open WHERE category = 'checkout') THEN
        PERFORM close_lines_of_order(order_id, '{checkout}') FROM session_orders WHERE session_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payment_page_opens AFTER UPDATE OF state ON checkout_sessions FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state = 'open') EXECUTE FUNCTION payment_page_opens();

-- A pause of all mail, and a silence of Stripe, end with their rows. Lines about one mail or one event name it.
CREATE FUNCTION pause_is_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_dismissals (activity_id, at, actor)
    SELECT line.id, clock_timestamp(), 'freshmint'
    FROM activity_open open JOIN activity line ON line.id = open.activity_id
    WHERE open.category = 'mail' AND line.order_id IS NULL AND line.detail ? 'reason' AND NOT line.detail ? 'mail'
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER pause_is_over AFTER DELETE ON outbox_pause FOR EACH ROW EXECUTE FUNCTION pause_is_over();

-- While it lasts it is told again each day: the newest line stands for it.
CREATE FUNCTION silence_turns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_dismissals (activity_id, at, actor)
    SELECT id, clock_timestamp(), 'freshmint'
    FROM (SELECT line.id, row_number() OVER (ORDER BY line.id DESC) AS turn
          FROM activity_open open JOIN activity line ON line.id = open.activity_id
          WHERE open.category = 'webhook' AND line.detail ? 'since' AND NOT line.detail ? 'event') told
    WHERE turn > 1 OR NEW.silent_since IS NULL
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER silence_turns AFTER UPDATE ON sweeps FOR EACH ROW
    WHEN (OLD.silent_since IS DISTINCT FROM NEW.silent_since OR OLD.told_at IS DISTINCT FROM NEW.told_at)
    EXECUTE FUNCTION silence_turns();

-- An order that waits for a decision has its case's line: its own said the same again.
INSERT INTO activity_dismissals (activity_id, at, actor)
    SELECT line.id, now(), 'freshmint'
    FROM activity_open open JOIN activity line ON line.id = open.activity_id
    WHERE line.category = 'order' AND line.detail ? 'in_review'
    ON CONFLICT DO NOTHING;

-- When mail last went out, and which orders were mailed lately: read from the newest backwards.
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
