DROP INDEX outbox_by_server_id;
DROP INDEX outbox_by_mark;
ALTER TABLE outbox DROP COLUMN server_id;
ALTER TABLE outbox DROP COLUMN mark;
