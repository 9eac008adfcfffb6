-- A name is found as somebody types it: without its accents, with one blank where it has two. Both the name and what
-- is looked for go through this. Letters are taken apart (NFD) so that their accents can be left out; NFKD would make
-- a wide percent sign a wildcard. What no accent makes of another letter is named. A database of another encoding
-- than UTF-8 can take nothing apart: there names are found as they are written.
DO $$
BEGIN
    EXECUTE format(
        'CREATE FUNCTION as_typed(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN %s',
        CASE getdatabaseencoding()
            WHEN 'UTF8' THEN $sql$
                replace(
                    translate(
                        regexp_replace(
                            regexp_replace(normalize(name, NFD), '[\u0300-\u036f]+', '', 'g'), '\s+', ' ', 'g'
                        ),
                        'øØłŁđĐı', 'oOlLdDi'
                    ),
                    'ß', 'ss'
                )
            $sql$
            ELSE 'name'
        END
    );
END $$;

-- Without the extension the same search reads all orders, as before.
DROP INDEX IF EXISTS orders_by_part_of_name;
DO $$
BEGIN
    CREATE INDEX orders_by_part_of_name ON orders USING gin (as_typed(name) gin_trgm_ops);
EXCEPTION
    WHEN undefined_object THEN
        RAISE NOTICE 'pg_trgm is not there: parts of names are found by reading all orders';
END $$;
