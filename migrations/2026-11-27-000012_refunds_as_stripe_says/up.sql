-- What has been given back of a payment is what Stripe says when it is asked: the sum of the refunds that
-- have succeeded. It may shrink, when one of them fails later.
ALTER TABLE refunds
    -- How often Stripe has been asked, or was about to be. A number is taken before the question is sent.
    ADD COLUMN asked bigint NOT NULL DEFAULT 0,
    -- The number of the question whose answer is kept here: the answer to an earlier one changes nothing.
    ADD COLUMN answered bigint NOT NULL DEFAULT 0,
    -- Why the newest of those that were not made was not.
    ADD COLUMN failure text,
    ADD CONSTRAINT answered_was_asked CHECK (answered BETWEEN 0 AND asked);

ALTER TABLE cases
    -- The refund that Stripe has begun and not finished (`re_…`): it is waited for.
    ADD COLUMN refund_id text,
    -- Why the last refund that was asked for was not made.
    ADD COLUMN refund_failure text,
    ADD CONSTRAINT a_refund_under_way_was_asked_for CHECK (refund_id IS NULL OR refunding_at IS NOT NULL);
