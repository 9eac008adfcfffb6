DROP INDEX activity_of_refusals;
DROP INDEX orders_debit_failed;
DROP INDEX stripe_events_failed;
CREATE TABLE alerted (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    activity_id bigint NOT NULL DEFAULT 0,
    at          timestamptz NOT NULL DEFAULT to_timestamp(0)
);
INSERT INTO alerted (activity_id, at) SELECT coalesce(log_seen, 0), mailed_at FROM alert_watch;
DROP TABLE alert_watch;
DROP TABLE alert_messages;
DROP TABLE alert_causes;
