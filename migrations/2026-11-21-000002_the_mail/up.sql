-- The mail: who is not written to, what is to be sent, the one reminder, and mailings.
-- A mail that is sent twice, or a second reminder, is refused here before any code is asked.

-- Secrets that belong to this database and to no configuration file.
CREATE TABLE secrets (
    name  text PRIMARY KEY,
    value bytea NOT NULL CHECK (length(value) >= 32)
);
INSERT INTO secrets (name, value)
    VALUES ('addresses', uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

-- Switches that people turn while the service runs. One row.
CREATE TABLE settings (
    only_row            boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    recovery_enabled    boolean NOT NULL DEFAULT false,
    reminders_enabled   boolean NOT NULL DEFAULT true,
    orphan_cases        boolean NOT NULL DEFAULT false,
    two_person_approval boolean NOT NULL DEFAULT false,
    -- On the checkout page, in place of our own words; at most what Stripe takes.
    notice_text         text CHECK (length(notice_text) BETWEEN 1 AND 1200)
);
INSERT INTO settings DEFAULT VALUES;

-- Who is not written to. The hash outlives the address.
CREATE TABLE suppressions (
    address_hash bytea PRIMARY KEY CHECK (length(address_hash) = 16),
    address      text,
    reason       text NOT NULL CHECK (reason <> ''),
    note         text,
    since        timestamptz NOT NULL
);
CREATE INDEX suppressions_by_time ON suppressions (since DESC, address_hash);

-- A mailing: one mail for each of some orders. Whether it is done follows from its mails.
CREATE TABLE blasts (
    id         uuid PRIMARY KEY,
    name       text NOT NULL CHECK (name <> ''),
    subject    text NOT NULL,
    body       text NOT NULL,
    selection  jsonb NOT NULL,                      -- {"references": […]} or {"filter": {…}}
    per_second double precision CHECK (per_second > 0),
    send_at    timestamptz,
    remind     boolean,
    state      text NOT NULL DEFAULT 'draft'
                   CHECK (state IN ('draft', 'approved', 'sending', 'paused', 'cancelled', 'recalled')),
    author     text NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    CONSTRAINT started_when_sending CHECK (state NOT IN ('sending', 'paused') OR started_at IS NOT NULL)
);

-- Who approved what. The hash is of recipients, copy and amounts; a change voids it.
CREATE TABLE blast_approvals (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    blast_id     uuid NOT NULL REFERENCES blasts (id),
    content_hash text NOT NULL,
    approved_by  text NOT NULL,
    approved_at  timestamptz NOT NULL,
    voided_at    timestamptz
);
CREATE UNIQUE INDEX one_valid_approval_per_blast ON blast_approvals (blast_id) WHERE voided_at IS NULL;

-- The recipients that were approved, each with a digest of its mail.
CREATE TABLE blast_recipients (
    blast_id uuid NOT NULL REFERENCES blasts (id),
    order_id uuid NOT NULL REFERENCES orders (id),
    digest   bytea NOT NULL,
    PRIMARY KEY (blast_id, order_id)
);

-- Every mail, written in the transaction of its cause. Claims, leases and retries run on the
-- database's clock.
CREATE TABLE outbox (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('blast', 'link', 'reminder', 'test', 'alert')),
    blast_id      uuid REFERENCES blasts (id),
    address       text,
    address_hash  bytea NOT NULL CHECK (length(address_hash) = 16),
    subject       text,
    body          text,
    message_id    text NOT NULL UNIQUE,
    state         text NOT NULL DEFAULT 'queued' CHECK (state IN
                      ('queued', 'sending', 'sent', 'unknown', 'bounced', 'failed', 'cancelled', 'suppressed')),
    -- Why a mail was cancelled: the words of a reminder decision.
    skip_reason   text,
    attempts      integer NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL,
    -- When the tries began, for the time after which they end.
    queued_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    not_before    timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- When it is due by the service's own clock: a reminder after its delay, a mailing at its pace.
    due_at        timestamptz,
    -- Who is handing it over, until when. `unknown` keeps the claim, so that a late answer finds it.
    claim_id      uuid,
    claimed_until timestamptz,
    -- A server may have it, now or after a retry: as a reminder it was the one.
    handed_over   boolean NOT NULL DEFAULT false,
    last_error    text,
    sent_at       timestamptz,
    -- A reminder gets its words when it is claimed, since it says what is owed then.
    CONSTRAINT pending_has_its_content CHECK (
        state IN ('sent', 'cancelled', 'suppressed')
        OR (address IS NOT NULL AND (kind = 'reminder' OR num_nonnulls(subject, body) = 2))),
    CONSTRAINT in_hand_has_its_words CHECK (
        state NOT IN ('sending', 'unknown') OR num_nonnulls(subject, body) = 2),
    CONSTRAINT sending_is_a_lease CHECK ((state = 'sending') = (claimed_until IS NOT NULL)),
    CONSTRAINT claimed_by_somebody CHECK (state NOT IN ('sending', 'unknown') OR claim_id IS NOT NULL),
    CONSTRAINT sent_says_when CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT trouble_says_why CHECK (state NOT IN ('unknown', 'bounced', 'failed') OR last_error IS NOT NULL),
    CONSTRAINT a_blast_has_its_blast CHECK (kind <> 'blast' OR blast_id IS NOT NULL)
);
CREATE INDEX outbox_due ON outbox (not_before, id) WHERE state = 'queued';
CREATE INDEX outbox_in_hand ON outbox (claimed_until) WHERE state = 'sending';
CREATE INDEX outbox_by_state ON outbox (state, id);
CREATE INDEX outbox_by_blast ON outbox (blast_id, state);
CREATE INDEX outbox_by_address ON outbox (address_hash);

-- Which orders a mail is about, as they stood when it was written. A mail that was never handed over
-- and never will be is void: it leaves room for another.
CREATE TABLE outbox_orders (
    mail_id      uuid NOT NULL REFERENCES outbox (id) DEFERRABLE INITIALLY DEFERRED,
    order_id     uuid NOT NULL REFERENCES orders (id),
    kind         text NOT NULL,
    blast_id     uuid,
    version      integer NOT NULL,
    link_version integer NOT NULL,
    void         boolean NOT NULL DEFAULT false,
    PRIMARY KEY (mail_id, order_id)
);
CREATE UNIQUE INDEX one_reminder_per_order ON outbox_orders (order_id) WHERE kind = 'reminder' AND NOT void;
CREATE UNIQUE INDEX one_mail_per_blast_and_order ON outbox_orders (blast_id, order_id) WHERE kind = 'blast';
CREATE INDEX outbox_orders_by_order ON outbox_orders (order_id, mail_id);

-- A refusal that is ours stops all mail: at most one row, there while it does.
CREATE TABLE outbox_pause (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    reason   text NOT NULL,
    since    timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries    integer NOT NULL DEFAULT 1 CHECK (tries > 0),
    until    timestamptz NOT NULL
);

-- What every expired Checkout Session led to, and why. A scheduled reminder is a mail that is due later.
CREATE TABLE reminder_decisions (
    id         uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES checkout_sessions (id),
    order_id   uuid NOT NULL REFERENCES orders (id),
    decision   text NOT NULL CHECK (decision IN ('scheduled', 'sent', 'skipped')),
    reason     text CHECK (reason IN (
                   'paid', 'cancelled', 'settled_offline', 'processing', 'superseded', 'already_reminded',
                   'suppressed', 'no_email', 'recovery_disabled', 'reminder_disabled', 'too_old',
                   'recently_reminded', 'recent_purchase', 'test_mode', 'no_session')),
    expired_at timestamptz NOT NULL,
    decided_at timestamptz NOT NULL,
    due_at     timestamptz NOT NULL,
    mail_id    uuid REFERENCES outbox (id),
    sent_at    timestamptz,
    UNIQUE (session_id, order_id),
    CONSTRAINT skipped_says_why CHECK ((decision = 'skipped') = (reason IS NOT NULL)),
    CONSTRAINT scheduled_names_its_mail CHECK (decision = 'skipped' OR mail_id IS NOT NULL)
);
-- One reminder per order, for ever.
CREATE UNIQUE INDEX one_reminder_decision_per_order ON reminder_decisions (order_id)
    WHERE decision IN ('scheduled', 'sent');
CREATE INDEX reminder_decisions_by_mail ON reminder_decisions (mail_id);

-- How far the shop has been told of lines of the log that need attention. One row.
CREATE TABLE alerted (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    activity_id bigint NOT NULL DEFAULT 0,
    at          timestamptz NOT NULL DEFAULT to_timestamp(0)
);
INSERT INTO alerted DEFAULT VALUES;
CREATE INDEX activity_for_people ON activity (id) WHERE level = 'attention';

INSERT INTO pace (name, next_at) VALUES ('mails', to_timestamp(0));
