-- Refunds that people asked for of orders that are paid. A row before the call: what is asked of Stripe, and
-- under which key, is committed before Stripe hears of it.
CREATE TABLE order_refunds (
    -- Stripe's refund names it (`metadata[freshmint_refund]`), and so does the idempotency key.
    id             uuid PRIMARY KEY,
    order_id       uuid NOT NULL REFERENCES orders (id),
    payment_id     uuid NOT NULL REFERENCES payments (id),
    payment_intent text NOT NULL,
    -- The caller's: asked twice under one key, it is one refund.
    key            text NOT NULL,
    -- What the caller said; null: all that was left. In minor units, as `amount`, which is asked of Stripe.
    asked_amount   bigint CHECK (asked_amount > 0),
    amount         bigint NOT NULL CHECK (amount > 0),
    currency       text NOT NULL,
    asked_at       timestamptz NOT NULL,
    asked_by       text NOT NULL,
    -- Counts what is asked of Stripe: a failure is kept there under its key, so whoever asks again asks
    -- under another, after the refunds have been read.
    attempt        integer NOT NULL DEFAULT 1 CHECK (attempt > 0),
    state          text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'under_way', 'made', 'not_made')),
    refund_id      text,
    failure        text,
    ended_at       timestamptz,
    CONSTRAINT one_refund_per_key UNIQUE (order_id, key),
    CONSTRAINT at_stripe_it_has_an_id CHECK (state NOT IN ('under_way', 'made') OR refund_id IS NOT NULL),
    CONSTRAINT only_one_that_was_not_made_says_why CHECK ((state = 'not_made') = (failure IS NOT NULL)),
    CONSTRAINT ended_when CHECK ((state IN ('made', 'not_made')) = (ended_at IS NOT NULL))
);
-- What is left of a payment is known only while nobody else asks for some of it.
CREATE UNIQUE INDEX one_refund_in_flight ON order_refunds (payment_intent) WHERE state IN ('asked', 'under_way');
-- Whose of a payment for several orders has gone back.
CREATE INDEX order_refunds_by_intent ON order_refunds (payment_intent);

-- A form whose action asks Stripe, or takes several transactions, is held by whoever carries it out, until its
-- outcome is written. Held longer than the lease, by the database's clock: whoever held it has died.
ALTER TABLE ops_once
    ADD COLUMN held_until timestamptz,
    ADD COLUMN held_by uuid,
    ADD CONSTRAINT held_by_somebody CHECK ((held_until IS NULL) = (held_by IS NULL)),
    -- Not yet known while it goes on.
    ADD CONSTRAINT held_or_carried_out CHECK (held_until IS NULL OR outcome = '{}');
