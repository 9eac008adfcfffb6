-- A spreadsheet that somebody handed in on a page is kept until they have seen what it would do and said yes, or
-- for an hour. It holds addresses of people who may never become orders, so that it is nowhere else: in no log
-- and in no table that is kept for longer.
CREATE TABLE imports (
    id         uuid PRIMARY KEY,
    -- As the file was called.
    file       text NOT NULL,
    -- UTF-8, as it came; gone as soon as it is taken in.
    content    text,
    created_at timestamptz NOT NULL,
    done_at    timestamptz,
    -- Who took it in.
    done_by    text,
    -- What its new orders can be found by (orders.import).
    name       text,
    -- How many orders came to what: numbers alone.
    counts     jsonb,
    CONSTRAINT kept_or_done CHECK (
        CASE WHEN done_at IS NULL
            THEN content IS NOT NULL AND done_by IS NULL AND name IS NULL AND counts IS NULL
            ELSE content IS NULL AND done_by IS NOT NULL AND name IS NOT NULL AND counts IS NOT NULL
        END
    )
);

-- What is too old goes every minute.
CREATE INDEX imports_by_age ON imports (created_at);
