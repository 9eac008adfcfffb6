-- Money adds up: refunds, disputes, failed bank debits and cases; what is asked by catalogue prices;
-- and what the sweep keeps between its looks at Stripe.

-- An order with catalogue prices does not know its amount before Stripe has told it, at the first mint.
ALTER TABLE orders
    ALTER COLUMN amount_total DROP NOT NULL,
    -- A subscription may be free.
    DROP CONSTRAINT orders_amount_total_check,
    ADD CONSTRAINT orders_amount_total_check CHECK (amount_total >= 0),
    ADD CONSTRAINT inline_lines_have_an_amount
        CHECK (amount_total IS NOT NULL OR jsonb_path_exists(lines, '$[*].price')),
    -- What the payment that settled it brought, in the payment's minor units; null: what was owed. It
    -- differs with taxes, promotion codes, and where a person accepted a payment that did not fit.
    ADD COLUMN paid_amount bigint CHECK (paid_amount >= 0),
    ADD COLUMN paid_currency text CHECK (paid_currency ~ '^[a-z]{3}$'),
    -- The last bank debit did not arrive, and nothing has come since: the payer is told.
    ADD COLUMN debit_failed_at timestamptz,
    -- Stripe works out taxes and takes promotion codes at the checkout.
    ADD COLUMN automatic_tax boolean NOT NULL DEFAULT false,
    ADD COLUMN promotion_codes boolean NOT NULL DEFAULT false;
-- A refund is whole when all that was paid went back, whatever was owed.
ALTER TABLE orders DROP COLUMN status;
ALTER TABLE orders ADD COLUMN status text NOT NULL GENERATED ALWAYS AS (
    CASE
        WHEN paid_at IS NOT NULL AND refunded_amount > 0
             AND refunded_amount >= coalesce(paid_amount, amount_total, 0) THEN 'refunded'
        WHEN paid_at IS NOT NULL AND refunded_amount > 0 THEN 'partially_refunded'
        WHEN paid_at IS NOT NULL THEN 'paid'
        WHEN settled_at IS NOT NULL THEN 'settled_offline'
        WHEN cancelled_at IS NOT NULL THEN 'cancelled'
        WHEN in_review_at IS NOT NULL THEN 'in_review'
        WHEN processing_at IS NOT NULL THEN 'processing'
        ELSE 'open'
    END
) STORED;
CREATE INDEX orders_by_status ON orders (status, id);

-- Null until Stripe has told it: catalogue prices.
ALTER TABLE session_orders
    ALTER COLUMN amount DROP NOT NULL,
    DROP CONSTRAINT session_orders_amount_check,
    ADD CONSTRAINT session_orders_amount_check CHECK (amount >= 0);

-- The bank debit of a completed session did not arrive. Stripe's session looks the same as before.
ALTER TABLE checkout_sessions ADD COLUMN payment_failed_at timestamptz;

-- Told by an import: paid in an older system.
ALTER TABLE payments
    DROP CONSTRAINT payments_found_by_check,
    ADD CONSTRAINT payments_found_by_check
        CHECK (found_by IN ('webhook', 'return', 'click', 'sweep', 'import'));

-- Who brought an event: Stripe by itself, or the sweep, which found that it never came.
ALTER TABLE stripe_events
    ADD COLUMN source text NOT NULL DEFAULT 'webhook' CHECK (source IN ('webhook', 'sweep')),
    -- Of an event that the sweep brought: when its webhook came after all, and when it was told that it
    -- did not.
    ADD COLUMN delivered_at timestamptz,
    ADD COLUMN missed_told_at timestamptz;
CREATE INDEX stripe_events_by_webhook ON stripe_events (created_at) WHERE source = 'webhook';
CREATE INDEX stripe_events_missed ON stripe_events (created_at)
    WHERE source = 'sweep' AND delivered_at IS NULL AND missed_told_at IS NULL;

-- What has been given back of a payment, in all, as Stripe's charge counts it. Kept by payment intent,
-- since it may be heard of before the payment.
CREATE TABLE refunds (
    payment_intent  text PRIMARY KEY,
    amount_refunded bigint NOT NULL CHECK (amount_refunded >= 0),  -- minor units
    currency        text NOT NULL,
    heard_at        timestamptz NOT NULL
);

-- A payer's bank asks for money back. Kept by Stripe's id; it may be heard of before the payment.
CREATE TABLE disputes (
    id             text PRIMARY KEY,
    payment_intent text,
    amount         bigint NOT NULL,                                -- minor units
    currency       text NOT NULL,
    status         text NOT NULL,                                  -- Stripe's word
    reason         text,
    heard_at       timestamptz NOT NULL,
    closed_at      timestamptz
);
CREATE INDEX disputes_by_intent ON disputes (payment_intent);

-- Money that does not add up, until a person has decided. `about` is what it is about, once: a session
-- (`cs_…`), a dispute (`dp_…`), or a refund's payment intent (`pi_…`).
CREATE TABLE cases (
    id             uuid PRIMARY KEY,
    kind           text NOT NULL CHECK (kind IN ('mismatch', 'second_payment', 'orphan', 'dispute', 'refund')),
    about          text NOT NULL,
    order_id       uuid REFERENCES orders (id),
    payment_id     uuid REFERENCES payments (id),
    payment_intent text,
    amount         bigint NOT NULL,                                -- minor units
    currency       text NOT NULL,
    email          text,                                           -- an orphan's, as Stripe knows it
    opened_at      timestamptz NOT NULL,
    -- A refund was asked of Stripe, and its answer has not been written down yet: nothing else may be done.
    refunding_at   timestamptz,
    -- Counts what is asked of Stripe: an answer that is final is kept there under its key, so whoever
    -- asks again asks under another. Only what is left of the payment is ever asked for.
    refund_attempt integer NOT NULL DEFAULT 1 CHECK (refund_attempt > 0),
    resolved_at    timestamptz,
    resolved_how   text,
    resolved_by    text,
    note           text,
    -- Who asked for the refund: it is theirs, also when Stripe's webhook is quicker than its answer.
    refunding_by   text,
    -- The order that the payment is counted for since it was moved, or was found to be its.
    moved_to       uuid REFERENCES orders (id),
    CONSTRAINT resolved_says_how_and_by_whom
        CHECK (num_nonnulls(resolved_at, resolved_how, resolved_by) IN (0, 3)),
    CONSTRAINT a_refund_is_asked_for_by_somebody
        CHECK ((refunding_at IS NULL) = (refunding_by IS NULL)),
    CONSTRAINT moved_says_where
        CHECK ((moved_to IS NOT NULL) = (coalesce(resolved_how, '') IN ('move', 'adopt')))
);
CREATE UNIQUE INDEX one_case_of_a_kind ON cases (kind, about, coalesce(order_id, '00000000-0000-0000-0000-000000000000'));
CREATE INDEX open_cases ON cases (id) WHERE resolved_at IS NULL;
CREATE INDEX cases_by_order ON cases (order_id);
CREATE INDEX cases_by_new_order ON cases (moved_to);
CREATE INDEX cases_by_payment ON cases (payment_id);

-- What is done now and then, by one replica at a time. Leases are on the database's clock.
CREATE TABLE chores (
    name          text PRIMARY KEY,
    due_at        timestamptz NOT NULL,
    claimed_until timestamptz NOT NULL DEFAULT to_timestamp(0),
    claim_id      uuid,
    done_at       timestamptz
);
INSERT INTO chores (name, due_at) VALUES
    ('sweep', now() + interval '15 minutes'),
    ('full_sweep', now() + interval '6 hours');

-- How far the sweep has looked, and whether Stripe's webhooks reach us. One row.
CREATE TABLE sweeps (
    only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    seen_until   timestamptz,                                      -- of a full look, by Stripe's clock
    missed       bigint NOT NULL DEFAULT 0,                        -- events that only the sweep brought
    silent_since timestamptz,                                      -- when the first of them happened
    told_at      timestamptz                                       -- when people were told last
);
INSERT INTO sweeps DEFAULT VALUES;
