CREATE INDEX outbox_before_others ON outbox (not_before, id)
    WHERE state = 'queued' AND (kind = 'alert' OR asked_at IS NOT NULL);
DROP INDEX outbox_before_all;
DROP TABLE ops_links;
DELETE FROM outbox WHERE kind = 'account';
-- What hangs on a mail is looked at before the table changes.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE outbox
    DROP CONSTRAINT an_account_mail_keeps_no_words,
    DROP CONSTRAINT outbox_kind_check,
    ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('blast', 'link', 'reminder', 'test', 'alert')),
    DROP CONSTRAINT pending_has_its_content,
    ADD CONSTRAINT pending_has_its_content CHECK (
        state IN ('sent', 'cancelled', 'suppressed')
        OR (address IS NOT NULL AND (kind = 'reminder' OR num_nonnulls(subject, body) = 2))),
    DROP CONSTRAINT in_hand_has_its_words,
    ADD CONSTRAINT in_hand_has_its_words CHECK (
        state NOT IN ('sending', 'unknown') OR num_nonnulls(subject, body) = 2);
DROP TABLE ops_once, ops_tries, ops_browsers, ops_sessions, ops_users;
