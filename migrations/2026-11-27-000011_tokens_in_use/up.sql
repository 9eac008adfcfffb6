-- When a token was last used, and how many test mails it has sent today. A token that is revoked is deleted:
-- an older version of the program, which runs while it is replaced, knows it no more either.
ALTER TABLE api_tokens
    ADD COLUMN last_used_at timestamptz,  -- to the minute
    ADD COLUMN tests_on     date,         -- the last day (UTC) on which it sent test mails
    ADD COLUMN tests        integer NOT NULL DEFAULT 0 CHECK (tests >= 0), -- and how many
    ADD CONSTRAINT tests_are_of_a_day CHECK (tests = 0 OR tests_on IS NOT NULL);
