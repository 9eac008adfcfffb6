ALTER TABLE sweeps DROP COLUMN looked_at;
DROP TABLE stripe_asked;
DROP TABLE link_looks;
