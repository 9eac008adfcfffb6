-- The log as a feed: live lines, tabs, search.

-- The transaction that wrote a line. Ids are taken before the commit, so that a higher one may be there
-- first; a stream goes by (xact, id), below the oldest transaction that still runs, and misses none. Lines
-- from before have no transaction: the default comes after the column, so that no row is written anew.
ALTER TABLE activity ADD COLUMN xact xid8;
ALTER TABLE activity ALTER COLUMN xact SET DEFAULT pg_current_xact_id();
CREATE INDEX activity_by_xact ON activity (xact, id);
CREATE INDEX activity_by_category ON activity (category, id);
-- Words as they are written: the log names people and references, which no language's rules fit.
CREATE INDEX activity_by_word ON activity USING gin (to_tsvector('simple', what || ' ' || actor));

-- That somebody dealt with a line. The log itself is never changed.
CREATE TABLE activity_dismissals (
    activity_id bigint PRIMARY KEY REFERENCES activity (id) ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    actor       text NOT NULL
);

-- Parts of names and references. The extension needs a role that may create it, or somebody who has:
-- without it the same searches read the orders through, which is slower and finds the same. How to make
-- the indexes later: docs/ops-pages.md.
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX orders_by_part_of_reference ON orders USING gin (reference gin_trgm_ops);
    CREATE INDEX orders_by_part_of_name ON orders USING gin (name gin_trgm_ops);
    CREATE INDEX orders_by_part_of_email ON orders USING gin (email gin_trgm_ops);
EXCEPTION
    WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
        RAISE NOTICE 'pg_trgm is not there: parts of names are found by reading all orders';
END $$;
