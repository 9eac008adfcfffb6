-- What a process told of itself, or of a database that was away, stood in its memory alone: whoever
-- restarted that process never heard that it was over.

-- One row for what a process has told and not yet told to be over, as soon as the database can take it.
CREATE TABLE told_from_memory (
    process     uuid        NOT NULL,
    cause       text        NOT NULL,
    since       timestamptz NOT NULL,
    -- By the database's clock, and always a little ahead while the process lives: then another takes it over.
    alive_until timestamptz NOT NULL,
    PRIMARY KEY (process, cause)
);
