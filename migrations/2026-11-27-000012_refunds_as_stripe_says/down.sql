ALTER TABLE cases
    DROP CONSTRAINT a_refund_under_way_was_asked_for,
    DROP COLUMN refund_failure,
    DROP COLUMN refund_id;

ALTER TABLE refunds
    DROP CONSTRAINT answered_was_asked,
    DROP COLUMN failure,
    DROP COLUMN answered,
    DROP COLUMN asked;
