ALTER TABLE pace
    DROP COLUMN too_fast_domain,
    DROP COLUMN too_fast_at,
    DROP COLUMN slowed_at,
    DROP COLUMN rate;
DROP TABLE mail_ledger;
DROP TABLE mail_flow;
-- The older version tries at once whatever has paused, and bounces what is refused.
DELETE FROM outbox_pause WHERE cause = 'allowance';
ALTER TABLE outbox_pause
    DROP COLUMN proves,
    DROP COLUMN trying_until,
    DROP COLUMN trying,
    DROP COLUMN tried_at,
    DROP COLUMN streak,
    DROP COLUMN likeness,
    DROP COLUMN cause;
DROP INDEX outbox_before_others;
DROP INDEX outbox_by_streak;
DROP INDEX outbox_refused;
ALTER TABLE outbox
    DROP COLUMN returned,
    DROP COLUMN streak,
    DROP COLUMN address_gone,
    DROP COLUMN refused_at,
    DROP COLUMN asked_at;
