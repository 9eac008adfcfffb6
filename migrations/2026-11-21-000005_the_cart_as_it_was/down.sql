DROP TABLE retention;
COMMENT ON COLUMN recovery_totals.figure IS NULL;
COMMENT ON TABLE purchases IS NULL;
ALTER TABLE orders DROP COLUMN checkout_params;
