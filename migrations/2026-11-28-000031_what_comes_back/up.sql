-- Hours after a server has taken a mail somebody may report that it came back, or that its reader called it
-- spam. A report is believed where it names the mail by something that nobody can guess.

-- 16 random bytes, in the Message-ID and in the envelope's sender. Null: queued before there were any; its
-- Message-ID has the row's id.
ALTER TABLE outbox ADD COLUMN mark uuid;
-- Mail providers give a mail an id of their own when they take it, and report under that one.
ALTER TABLE outbox ADD COLUMN server_id text;

-- A report looks for both. Partial, since most servers give none that counts.
CREATE UNIQUE INDEX outbox_by_mark ON outbox (mark) WHERE mark IS NOT NULL;
CREATE INDEX outbox_by_server_id ON outbox (server_id) WHERE server_id IS NOT NULL;

-- A mail that comes back later was sent, and when it was stays known, also once it is dropped.
ALTER TABLE outbox
    DROP CONSTRAINT sent_says_when,
    ADD CONSTRAINT sent_says_when CHECK (
        CASE state
            WHEN 'sent' THEN sent_at IS NOT NULL
            WHEN 'bounced' THEN true
            WHEN 'cancelled' THEN true
            ELSE sent_at IS NULL
        END
    );

-- How far a mailbox was read for reports, by a hash of its address. Ids of its messages count as long as its
-- UIDVALIDITY stays (RFC 3501, 2.3.1.1).
CREATE TABLE bounce_mailboxes (
    name         text PRIMARY KEY,
    uid_validity bigint NOT NULL,
    last_uid     bigint NOT NULL,
    read_at      timestamptz NOT NULL
);

INSERT INTO chores (name, due_at) VALUES ('bounces', now());
