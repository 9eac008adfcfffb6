ALTER TABLE api_tokens
    DROP COLUMN last_used_at,
    DROP COLUMN tests_on,
    DROP COLUMN tests;
