-- The lists of the ops pages: payments by time, addresses in part.

-- The payments of the last thirty days that the shop's own checkouts brought, for Settings; and what retention
-- prunes.
CREATE INDEX purchases_by_time ON purchases (bought_at);

-- Parts of addresses that are not written to. Without the extension the same search reads the list through.
DO $$
BEGIN
    CREATE INDEX suppressions_by_part_of_address ON suppressions USING gin (address gin_trgm_ops);
EXCEPTION
    WHEN undefined_object THEN
        RAISE NOTICE 'pg_trgm is not there: parts of addresses are found by reading the whole list';
END $$;
