-- A mailing sends a few mails first, and stops itself where they show that something is wrong.
ALTER TABLE blasts
    -- How many mails go first; none: all of them go.
    ADD COLUMN first_wave integer NOT NULL DEFAULT 10 CHECK (first_wave >= 0),
    -- Which mails it sends; nothing before its start, nor where an older version has started it.
    ADD COLUMN wave text CHECK (wave IN ('first', 'rest')),
    -- Since when each mail of its first wave has an outcome, or has waited long enough for one.
    ADD COLUMN wave_over_at timestamptz,
    -- Why it is paused: a person, or the rule that stopped it; and the same as a sentence.
    ADD COLUMN paused_by text CHECK (paused_by IN
        ('person', 'wave_bounced', 'wave_unknown', 'wave_not_taken', 'bounces', 'refused_mints')),
    ADD COLUMN paused_because text,
    ADD COLUMN paused_at timestamptz,
    -- What had come back, and what had been handed over, when a person let it go on after a stop: they know of
    -- that, and it stops for what comes after it.
    ADD COLUMN known_bounces bigint NOT NULL DEFAULT 0,
    ADD COLUMN known_handed_over bigint NOT NULL DEFAULT 0,
    ADD COLUMN known_until timestamptz,
    -- Who wrote it: a token, a person or a system user, whatever name is shown beside it.
    ADD COLUMN author_key text,
    -- What payers read once it was recalled, and which mailing it corrects.
    ADD COLUMN recall_note text,
    ADD COLUMN recalled_at timestamptz,
    ADD COLUMN corrects uuid REFERENCES blasts (id);
UPDATE blasts SET wave = 'rest' WHERE started_at IS NOT NULL;
-- One that a person had paused goes on as before.
UPDATE blasts SET paused_by = 'person' WHERE state = 'paused';
-- Few mailings send at a time; each is looked at every few seconds.
CREATE INDEX blasts_that_send ON blasts (id) WHERE state IN ('sending', 'paused');
CREATE INDEX blasts_by_what_they_correct ON blasts (corrects) WHERE corrects IS NOT NULL;

ALTER TABLE blast_approvals ADD COLUMN approver_key text;

-- A mail of the first wave is `first`. One of the rest is `rest` as long as it is held: then it has no wave,
-- like all other mail, and goes when it is due. What is due is looked for without those that are held: a
-- mailing to thousands waits for ten minutes, and nobody reads its rows meanwhile.
ALTER TABLE outbox ADD COLUMN wave text CHECK (wave IN ('first', 'rest'));
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (not_before, id) WHERE state = 'queued' AND wave IS DISTINCT FROM 'rest';
-- The few of a first wave, of which one may be a day old while the rest has gone.
CREATE INDEX outbox_first_wave ON outbox (blast_id, state) WHERE wave = 'first';

-- What the shop wrote about an order's link when it withdrew it last; payers read it. Few orders have one.
CREATE TABLE link_notes (
    order_id uuid PRIMARY KEY REFERENCES orders (id) ON DELETE CASCADE,
    note     text NOT NULL CHECK (note <> '')
);

-- The orders of a recalled mailing whose mail was, or may have been, handed over. Each is done once: its open
-- checkout is closed, then its link withdrawn and the row done, in one transaction.
CREATE TABLE blast_recalls (
    blast_id      uuid NOT NULL REFERENCES blasts (id) ON DELETE CASCADE,
    order_id      uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    -- Who is at it, until when; or not before. On the database's clock.
    claimed_until timestamptz NOT NULL DEFAULT to_timestamp(0),
    attempts      integer NOT NULL DEFAULT 0,
    -- A checkout was open when it was begun.
    was_open      boolean NOT NULL DEFAULT false,
    done_at       timestamptz,
    PRIMARY KEY (blast_id, order_id)
);
CREATE INDEX blast_recalls_to_do ON blast_recalls (claimed_until) WHERE done_at IS NULL;
CREATE INDEX blast_recalls_by_order ON blast_recalls (order_id);
