DROP INDEX outbox_sent;
DROP TRIGGER silence_turns ON sweeps;
DROP FUNCTION silence_turns();
DROP TRIGGER pause_is_over ON outbox_pause;
DROP FUNCTION pause_is_over();
DROP TRIGGER payment_page_opens ON checkout_sessions;
DROP FUNCTION payment_page_opens();
DROP TRIGGER order_changes ON orders;
DROP FUNCTION order_changes();
DROP TRIGGER address_of_order_changes ON orders;
DROP FUNCTION address_of_order_changes();
DROP TRIGGER order_is_owed_no_more ON orders;
DROP FUNCTION order_is_owed_no_more();
DROP FUNCTION close_lines_of_order(uuid, text[]);
DROP TRIGGER orders_come_in ON orders;
DROP FUNCTION orders_come_in();
DROP TRIGGER address_is_written_to ON suppressions;
DROP FUNCTION address_is_written_to();
DROP TRIGGER address_is_unwritten ON suppressions;
DROP FUNCTION address_is_unwritten();
DROP FUNCTION open_lines_of_unwritten(uuid[], timestamptz);
DROP INDEX suppressions_by_address;
-- Lines that only this version closes would stay open for ever.
DELETE FROM activity_open USING activity WHERE activity.id = activity_id
    AND (activity.detail ? 'waits' OR activity.detail ? 'unwritten');
CREATE OR REPLACE FUNCTION open_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_open (activity_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
DROP INDEX activity_open_by_category;
ALTER TABLE activity_open DROP COLUMN category;
