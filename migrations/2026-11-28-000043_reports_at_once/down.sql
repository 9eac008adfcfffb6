DROP INDEX outbox_reported_gone;
ALTER TABLE outbox DROP COLUMN reported_gone_at;
