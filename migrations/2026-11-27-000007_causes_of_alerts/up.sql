-- Alerts by cause: each begins, goes on, and is over. Until now every line of the log that needs
-- attention was mailed once, ten minutes' worth at a time.

-- What needs somebody, one row a cause. What is open is compared with it every few seconds.
CREATE TABLE alert_causes (
    key      text PRIMARY KEY,              -- case:ID, pause, bounces:ID …: the same cause has the same key
    kind     text NOT NULL,
    -- No foreign keys: what a cause is about may be erased or pruned while it is told.
    order_id uuid,
    blast_id uuid,
    detail   text,                          -- for a mail to the shop; never for ALERT_URL
    count    bigint NOT NULL CHECK (count > 0),
    since    timestamptz NOT NULL,
    told     boolean NOT NULL DEFAULT false, -- its beginning has been put among the messages
    -- Of a cause that is known from lines of the log alone: it is over when none has come until then.
    ends_at  timestamptz,
    gone_at  timestamptz,                   -- what says that it is open is gone since then
    over_at  timestamptz,                   -- it has been gone for long enough: its end has been told
    returns  integer NOT NULL DEFAULT 0 CHECK (returns >= 0), -- how often it came back after it was gone
    CONSTRAINT over_was_told CHECK (over_at IS NULL OR told)
);

-- What is to be told, one row a message and channel. A row is there until it was told.
CREATE TABLE alert_messages (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel       text NOT NULL CHECK (channel IN ('mail', 'url')),
    state         text NOT NULL CHECK (state IN ('begins', 'over')),
    key           text NOT NULL,
    kind          text NOT NULL,
    order_id      uuid,
    blast_id      uuid,
    detail        text,
    count         bigint NOT NULL,
    since         timestamptz NOT NULL,
    noted_at      timestamptz NOT NULL,
    -- Of one that goes to ALERT_URL, on the database's clock.
    attempts      integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    not_before    timestamptz NOT NULL DEFAULT to_timestamp(0),
    claimed_until timestamptz,
    claim_id      uuid
);
CREATE INDEX alert_messages_by_key ON alert_messages (key, channel, id);

-- What the watch over causes remembers. One row; whoever watches holds its lock.
CREATE TABLE alert_watch (
    only_row       boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    log_seen       bigint,                  -- the last line of the log that was looked at; null: none ever
    mailed_at      timestamptz NOT NULL DEFAULT to_timestamp(0),
    digest_on      date,                    -- the last day of which a digest was thought of
    passed_at      timestamptz NOT NULL DEFAULT to_timestamp(0),
    watching_since timestamptz NOT NULL DEFAULT to_timestamp(0)
);
-- What had been told of the log stays told. Zero: nobody ever was.
INSERT INTO alert_watch (log_seen, mailed_at) SELECT nullif(activity_id, 0), at FROM alerted;
DROP TABLE alerted;

-- What the watch looks for every few seconds.
CREATE INDEX stripe_events_failed ON stripe_events (received_at) WHERE state = 'failed';
CREATE INDEX orders_debit_failed ON orders (debit_failed_at) WHERE debit_failed_at IS NOT NULL;
CREATE INDEX activity_of_refusals ON activity (order_id, id) WHERE level = 'attention' AND category = 'checkout';
