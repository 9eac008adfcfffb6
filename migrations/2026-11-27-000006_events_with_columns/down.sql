DELETE FROM chores WHERE name = 'events';
DROP INDEX stripe_events_of_anybody;
DROP INDEX stripe_events_pending_by_name;
DROP INDEX stripe_events_pending_by_row;
DROP INDEX stripe_events_by_session;
ALTER TABLE stripe_events
    DROP COLUMN named,
    DROP COLUMN account,
    DROP COLUMN address_hashes,
    DROP COLUMN order_names,
    DROP COLUMN session_row,
    DROP COLUMN session_id;
