-- Decisions about carts without an order do not fit the older schema.
DROP INDEX reminders_by_address;
DROP INDEX blast_recipients_by_order;
DROP INDEX reminder_decisions_by_order;
DROP INDEX payments_by_session;
DELETE FROM chores WHERE name = 'prune';
ALTER TABLE settings
    DROP COLUMN events_days,
    DROP COLUMN activity_days,
    DROP COLUMN recovered_orders_days;
DROP TABLE recovery_totals;
DELETE FROM reminder_decisions WHERE order_id IS NULL;
DROP INDEX one_decision_per_cart;
ALTER TABLE reminder_decisions
    DROP CONSTRAINT only_an_order_is_reminded,
    DROP COLUMN good_until,
    ALTER COLUMN order_id SET NOT NULL;
DROP TABLE purchases;
DROP TABLE carts;
