DELETE FROM ops_once WHERE held_until IS NOT NULL;
ALTER TABLE ops_once DROP COLUMN held_by, DROP COLUMN held_until;
DROP TABLE order_refunds;
