-- What else the checkout of a cart asked for (where to ship to, at what rates, whose customer …), as
-- Stripe's form writes it: [[name, value], …]. A restored checkout asks for the same.
ALTER TABLE orders ADD COLUMN checkout_params jsonb NOT NULL DEFAULT '[]';

-- A cart of which nothing was to be paid, or not what is in it.
ALTER TABLE reminder_decisions
    DROP CONSTRAINT reminder_decisions_reason_check,
    ADD CONSTRAINT reminder_decisions_reason_check CHECK (reason IN (
        'paid', 'cancelled', 'settled_offline', 'processing', 'superseded', 'already_reminded',
        'suppressed', 'no_email', 'recovery_disabled', 'reminder_disabled', 'too_old',
        'recently_reminded', 'recent_purchase', 'test_mode', 'no_session', 'not_restorable'));

COMMENT ON TABLE purchases IS
    'A checkout that was paid, ours or another system''s, or whose bank debit is on its way: by whom (hashed) and when.';
COMMENT ON COLUMN recovery_totals.figure IS
    'abandoned, with_email, reminded, scheduled, recovered, or not_sent: and the reason';

-- What has been pruned, so that nothing of it is taken for new.
CREATE TABLE retention (
    one               boolean PRIMARY KEY DEFAULT true CHECK (one),
    carts_gone_before timestamptz                                 -- null: none have gone yet
);
INSERT INTO retention DEFAULT VALUES;
