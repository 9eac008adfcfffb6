-- Recovery: checkouts that the shop's own site opened and nobody finished, what was decided about each,
-- and how long anything of it is kept.

-- A checkout of another system that expired. Of whom, only the keyed hash; what was in it is in the
-- order that was made of it, if one was.
CREATE TABLE carts (
    session_id   uuid PRIMARY KEY REFERENCES checkout_sessions (id) ON DELETE CASCADE,
    address_hash bytea CHECK (octet_length(address_hash) = 16),   -- null: nobody gave an address
    amount       bigint,                                          -- minor units
    currency     text,
    started_at   timestamptz,
    expired_at   timestamptz NOT NULL
);
CREATE INDEX carts_by_time ON carts (expired_at);
CREATE INDEX carts_by_address ON carts (address_hash, expired_at);

-- A checkout of another system that was paid: by whom (hashed) and when, to know who has bought since.
CREATE TABLE purchases (
    stripe_session_id text PRIMARY KEY,
    address_hash      bytea NOT NULL CHECK (octet_length(address_hash) = 16),
    amount            bigint NOT NULL,                            -- minor units
    currency          text NOT NULL,
    bought_at         timestamptz NOT NULL
);
CREATE INDEX purchases_by_address ON purchases (address_hash, bought_at);

-- A cart that leads to nothing has no order.
ALTER TABLE reminder_decisions
    ALTER COLUMN order_id DROP NOT NULL,
    -- Until when the reminder may be sent, where a person set another limit than the usual one.
    ADD COLUMN good_until timestamptz,
    ADD CONSTRAINT only_an_order_is_reminded CHECK (order_id IS NOT NULL OR decision = 'skipped');
CREATE UNIQUE INDEX one_decision_per_cart ON reminder_decisions (session_id) WHERE order_id IS NULL;

-- What remains of what was pruned: figures by day and currency, and no person.
CREATE TABLE recovery_totals (
    day        date NOT NULL,
    currency   text NOT NULL,
    figure     text NOT NULL,                                     -- abandoned, with_email, reminded, recovered
    count      bigint NOT NULL DEFAULT 0,
    amount     bigint NOT NULL DEFAULT 0,                         -- minor units
    PRIMARY KEY (day, currency, figure)
);

-- How long things are kept, in days.
ALTER TABLE settings
    ADD COLUMN recovered_orders_days integer NOT NULL DEFAULT 30 CHECK (recovered_orders_days BETWEEN 1 AND 365),
    ADD COLUMN activity_days         integer NOT NULL DEFAULT 90 CHECK (activity_days BETWEEN 7 AND 3650),
    ADD COLUMN events_days           integer NOT NULL DEFAULT 60 CHECK (events_days BETWEEN 31 AND 3650);

INSERT INTO chores (name, due_at) VALUES ('prune', now() + interval '1 day');

-- What is pruned is looked for where it is named.
CREATE INDEX payments_by_session ON payments (session_id);
CREATE INDEX reminder_decisions_by_order ON reminder_decisions (order_id);
CREATE INDEX blast_recipients_by_order ON blast_recipients (order_id);

-- A mail to somebody who left a cart is about an order of its own kind.
CREATE INDEX reminders_by_address ON outbox (address_hash, created_at) WHERE kind = 'reminder';
