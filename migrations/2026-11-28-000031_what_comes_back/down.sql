DELETE FROM chores WHERE name = 'bounces';
DROP TABLE bounce_mailboxes;
UPDATE outbox SET sent_at = NULL WHERE state <> 'sent';
ALTER TABLE outbox
    DROP CONSTRAINT sent_says_when,
    ADD CONSTRAINT sent_says_when CHECK ((state = 'sent') = (sent_at IS NOT NULL));
DROP INDEX outbox_by_server_id;
DROP INDEX outbox_by_mark;
ALTER TABLE outbox DROP COLUMN server_id;
ALTER TABLE outbox DROP COLUMN mark;
