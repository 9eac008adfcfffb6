-- Orders without an amount and what is known of refunds, disputes and cases do not fit the older schema.
DROP TABLE sweeps;
DROP TABLE chores;
DROP TABLE cases;
DROP TABLE disputes;
DROP TABLE refunds;

DROP INDEX stripe_events_by_webhook;
DROP INDEX stripe_events_missed;
ALTER TABLE stripe_events
    DROP COLUMN missed_told_at,
    DROP COLUMN delivered_at,
    DROP COLUMN source;

UPDATE payments SET found_by = 'sweep' WHERE found_by = 'import';
ALTER TABLE payments
    DROP CONSTRAINT payments_found_by_check,
    ADD CONSTRAINT payments_found_by_check CHECK (found_by IN ('webhook', 'return', 'click', 'sweep'));

ALTER TABLE checkout_sessions DROP COLUMN payment_failed_at;

UPDATE session_orders SET amount = 1 WHERE amount IS NULL OR amount = 0;
ALTER TABLE session_orders
    ALTER COLUMN amount SET NOT NULL,
    DROP CONSTRAINT session_orders_amount_check,
    ADD CONSTRAINT session_orders_amount_check CHECK (amount > 0);

UPDATE orders SET amount_total = coalesce(nullif(paid_amount, 0), 1)
    WHERE amount_total IS NULL OR amount_total = 0;
ALTER TABLE orders DROP COLUMN status;
ALTER TABLE orders
    DROP COLUMN promotion_codes,
    DROP COLUMN automatic_tax,
    DROP COLUMN debit_failed_at,
    DROP COLUMN paid_currency,
    DROP COLUMN paid_amount,
    DROP CONSTRAINT inline_lines_have_an_amount,
    DROP CONSTRAINT orders_amount_total_check,
    ADD CONSTRAINT orders_amount_total_check CHECK (amount_total > 0),
    ALTER COLUMN amount_total SET NOT NULL;
ALTER TABLE orders ADD COLUMN status text NOT NULL GENERATED ALWAYS AS (
    CASE
        WHEN paid_at IS NOT NULL AND refunded_amount >= amount_total THEN 'refunded'
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
