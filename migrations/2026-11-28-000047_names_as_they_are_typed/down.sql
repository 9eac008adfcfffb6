DROP INDEX IF EXISTS orders_by_part_of_name;
DO $$
BEGIN
    CREATE INDEX orders_by_part_of_name ON orders USING gin (name gin_trgm_ops);
EXCEPTION
    WHEN undefined_object THEN
        RAISE NOTICE 'pg_trgm is not there: parts of names are found by reading all orders';
END $$;
DROP FUNCTION as_typed(text);
