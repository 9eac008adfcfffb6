-- Mail that goes on: whose fault a refusal is, what waits for what, and how much may be sent.
--
-- An older version of the program goes on writing rows while it is replaced: each new column has a
-- default, or is null, for what it writes.

ALTER TABLE outbox
    -- A person asked for it to be sent: it goes before others, and a streak does not take it back.
    ADD COLUMN asked_at     timestamptz,
    -- It bounced then, and what that means for its address is still to be written.
    ADD COLUMN refused_at   timestamptz,
    -- The refusal says that there is no such address.
    ADD COLUMN address_gone boolean NOT NULL DEFAULT false,
    -- The streak of refusals that it is one of.
    ADD COLUMN streak       bigint,
    -- It came back to the queue from a streak of this refusal, which makes it bounce the next time.
    ADD COLUMN returned     text,
    ADD CONSTRAINT gone_is_a_refusal CHECK (NOT address_gone OR refused_at IS NOT NULL),
    ADD CONSTRAINT returned_from_a_streak CHECK (returned IS NULL OR streak IS NOT NULL);
-- `queued_at` is set at the first try from now on, by a clock that stands still while mail is paused:
-- `clock_timestamp()` less `mail_flow.stood_still`.
CREATE INDEX outbox_refused ON outbox (refused_at) WHERE refused_at IS NOT NULL;
CREATE INDEX outbox_by_streak ON outbox (streak) WHERE streak IS NOT NULL;
-- What goes also while all other mail waits.
CREATE INDEX outbox_before_others ON outbox (not_before, id)
    WHERE state = 'queued' AND (kind = 'alert' OR asked_at IS NOT NULL);

ALTER TABLE outbox_pause
    -- An older version says no more than that it is ours.
    ADD COLUMN cause        text NOT NULL DEFAULT 'set_up' CHECK (cause IN (
                                'connection', 'tls', 'log_in', 'sender', 'relaying', 'reputation', 'set_up',
                                'streak', 'quota', 'allowance')),
    -- The refusal that it is for.
    ADD COLUMN likeness     text,
    ADD COLUMN streak       bigint,
    -- When the server was last asked in vain.
    ADD COLUMN tried_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The one mail that tries, until when at most, and whether mail goes on if it is accepted.
    ADD COLUMN trying       uuid,
    ADD COLUMN trying_until timestamptz,
    ADD COLUMN proves       boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT a_streak_has_its_number CHECK (
        (cause = 'streak') = (streak IS NOT NULL) AND (cause <> 'streak' OR likeness IS NOT NULL)),
    ADD CONSTRAINT trying_has_an_end CHECK ((trying IS NULL) = (trying_until IS NULL)),
    ADD CONSTRAINT only_a_try_proves CHECK (NOT proves OR trying IS NOT NULL);

-- How mail gets through, for all replicas. One row; whoever writes outcomes down locks it first, so that
-- they have an order.
CREATE TABLE mail_flow (
    only_row          boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- Seconds that mail was paused, or waited for a quota, in all: pauses that are over.
    stood_still       double precision NOT NULL DEFAULT 0 CHECK (stood_still >= 0),
    -- The run of equal refusals: its number, what they say, whose they were.
    streak            bigint NOT NULL DEFAULT 0,
    likeness          text,
    gone              boolean NOT NULL DEFAULT false,
    recipients        bytea[] NOT NULL DEFAULT '{}',
    -- The refusal that bounces, since a person let mail go on, until a mail is accepted.
    bounces           text,
    -- Since when tries were made and none was accepted, and the last of them; three mails and two domains.
    failing_since     timestamptz,
    failing_at        timestamptz,
    failing_mails     uuid[] NOT NULL DEFAULT '{}',
    failing_domains   text[] NOT NULL DEFAULT '{}',
    -- A run may be of nobody yet: of an alert, or of an address at our own domain.
    CONSTRAINT a_run_has_its_refusal CHECK (likeness IS NOT NULL OR cardinality(recipients) = 0),
    CONSTRAINT failing_goes_on CHECK ((failing_since IS NULL) = (failing_at IS NULL)),
    CONSTRAINT failing_has_begun CHECK (
        failing_since IS NOT NULL OR (cardinality(failing_mails) = 0 AND cardinality(failing_domains) = 0))
);
INSERT INTO mail_flow DEFAULT VALUES;

-- What was handed over, counted by ten seconds of the database's clock, written with the claim.
CREATE TABLE mail_ledger (
    at    timestamptz PRIMARY KEY,
    mails integer NOT NULL CHECK (mails >= 0)
);

ALTER TABLE pace
    -- A second, since a server asked for fewer; null: as the settings say.
    ADD COLUMN rate            double precision CHECK (rate > 0),
    ADD COLUMN slowed_at       timestamptz,
    -- The last refusal for being too fast, and whose it was.
    ADD COLUMN too_fast_at     timestamptz,
    ADD COLUMN too_fast_domain text,
    ADD CONSTRAINT slow_says_since_when CHECK ((rate IS NULL) = (slowed_at IS NULL)),
    ADD CONSTRAINT too_fast_says_where CHECK ((too_fast_at IS NULL) = (too_fast_domain IS NULL));
