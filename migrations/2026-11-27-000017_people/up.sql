-- People who sign in to the pages, and the mails that let them in.
CREATE TABLE ops_users (
    id            uuid PRIMARY KEY,
    email         text NOT NULL,
    name          text NOT NULL CHECK (name <> ''),
    role          text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    password_hash text,          -- argon2id; null: invited, and not yet here
    created_at    timestamptz NOT NULL,
    last_seen_at  timestamptz,   -- to the minute
    disabled_at   timestamptz
);
-- One address in any case is one account.
CREATE UNIQUE INDEX one_user_per_address ON ops_users (lower(email));

-- Whoever is signed in. The cookie's value is kept only as its SHA-256.
CREATE TABLE ops_sessions (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id    uuid NOT NULL REFERENCES ops_users (id) ON DELETE CASCADE,
    began_at   timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL  -- to the minute
);
CREATE INDEX ops_sessions_by_user ON ops_sessions (user_id);
CREATE INDEX ops_sessions_by_seen ON ops_sessions (seen_at);

-- Browsers that have signed in to an account: they do not wait for what others try on it.
CREATE TABLE ops_browsers (
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    user_id    uuid NOT NULL REFERENCES ops_users (id) ON DELETE CASCADE,
    used_at    timestamptz NOT NULL,
    PRIMARY KEY (token_hash, user_id)
);
CREATE INDEX ops_browsers_by_used ON ops_browsers (used_at);

-- Passwords that were tried, and links that were asked for, of the last quarter of an hour. Accounts and
-- addresses are keyed hashes: who tried what is nobody's business. A row stands before the password is
-- looked at, so that a hundred tries at once are counted, too, and goes if it was right.
CREATE TABLE ops_tries (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what    text NOT NULL CHECK (what IN ('password', 'forgotten')),
    account bytea NOT NULL,
    address bytea,              -- null: callers cannot be told apart
    at      timestamptz NOT NULL
);
CREATE INDEX ops_tries_by_account ON ops_tries (account, at);
CREATE INDEX ops_tries_by_address ON ops_tries (address, at);
CREATE INDEX ops_tries_by_time ON ops_tries (at);

-- Forms that were sent, each with what came of it: the second press shows the first's outcome.
CREATE TABLE ops_once (
    id      uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES ops_users (id) ON DELETE CASCADE,
    token   text NOT NULL,
    at      timestamptz NOT NULL,
    outcome jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT one_outcome_per_form UNIQUE (user_id, token)
);
CREATE INDEX ops_once_by_time ON ops_once (at);

-- A mail of kind `account` gets its words when it is handed over, and they are kept nowhere: neither the
-- link in it nor the text can be read out of the database.
ALTER TABLE outbox
    DROP CONSTRAINT outbox_kind_check,
    ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('blast', 'link', 'reminder', 'test', 'alert', 'account')),
    DROP CONSTRAINT pending_has_its_content,
    ADD CONSTRAINT pending_has_its_content CHECK (
        state IN ('sent', 'cancelled', 'suppressed')
        OR (address IS NOT NULL AND (kind IN ('reminder', 'account') OR num_nonnulls(subject, body) = 2))),
    DROP CONSTRAINT in_hand_has_its_words,
    ADD CONSTRAINT in_hand_has_its_words CHECK (
        state NOT IN ('sending', 'unknown') OR kind = 'account' OR num_nonnulls(subject, body) = 2),
    ADD CONSTRAINT an_account_mail_keeps_no_words CHECK (kind <> 'account' OR body IS NULL);

-- What lets somebody in once, for a day. The hash stands from the claim of its mail on.
CREATE TABLE ops_links (
    mail_id    uuid PRIMARY KEY REFERENCES outbox (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    user_id    uuid NOT NULL REFERENCES ops_users (id) ON DELETE CASCADE,
    purpose    text NOT NULL CHECK (purpose IN ('invitation', 'reset')),
    token_hash bytea UNIQUE CHECK (length(token_hash) = 32),
    made_at    timestamptz,
    CONSTRAINT made_with_its_token CHECK ((token_hash IS NULL) = (made_at IS NULL))
);
CREATE INDEX ops_links_by_user ON ops_links (user_id);

-- They go before others, as alerts do: somebody sits there and waits.
CREATE INDEX outbox_before_all ON outbox (not_before, id)
    WHERE state = 'queued' AND (kind IN ('alert', 'account') OR asked_at IS NOT NULL);
DROP INDEX outbox_before_others;
