DROP TABLE retention;
COMMENT ON COLUMN recovery_totals.figure IS NULL;
COMMENT ON TABLE purchases IS NULL;
DELETE FROM reminder_decisions WHERE reason = 'not_restorable';
ALTER TABLE reminder_decisions
    DROP CONSTRAINT reminder_decisions_reason_check,
    ADD CONSTRAINT reminder_decisions_reason_check CHECK (reason IN (
        'paid', 'cancelled', 'settled_offline', 'processing', 'superseded', 'already_reminded',
        'suppressed', 'no_email', 'recovery_disabled', 'reminder_disabled', 'too_old',
        'recently_reminded', 'recent_purchase', 'test_mode', 'no_session'));
ALTER TABLE orders DROP COLUMN checkout_params;
