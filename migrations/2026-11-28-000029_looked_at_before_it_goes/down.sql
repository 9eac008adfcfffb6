DROP INDEX trials_under_way;
DROP TABLE blast_preflights;
DROP INDEX orders_by_import;
ALTER TABLE orders DROP COLUMN import;
