-- Whether links die faster than they are paid. One replica looks now and then; the alert about it reads this
-- row every few seconds, and no table of sessions.
CREATE TABLE dead_links (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- Open orders whose checkout ended unpaid within a day, as the last look found.
    orders   bigint NOT NULL DEFAULT 0 CHECK (orders >= 0),
    -- Since when they have been too many; null while they are not.
    since    timestamptz,
    CONSTRAINT too_many_are_some CHECK (since IS NULL OR orders > 0)
);
INSERT INTO dead_links DEFAULT VALUES;

INSERT INTO chores (name, due_at) VALUES ('dead_links', now());
