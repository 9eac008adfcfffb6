DROP TABLE blast_recalls;
DROP TABLE link_notes;
-- What was held waits on: its mailing is paused, and a person lets it go.
UPDATE blasts SET state = 'paused' WHERE state = 'sending' AND wave = 'first'
    AND EXISTS (SELECT FROM outbox WHERE outbox.blast_id = blasts.id AND outbox.state = 'queued' AND outbox.wave = 'rest');
DROP INDEX outbox_first_wave;
DROP INDEX outbox_due;
ALTER TABLE outbox DROP COLUMN wave;
CREATE INDEX outbox_due ON outbox (not_before, id) WHERE state = 'queued';
ALTER TABLE blast_approvals DROP COLUMN approver_key;
DROP INDEX blasts_by_what_they_correct;
DROP INDEX blasts_that_send;
ALTER TABLE blasts
    DROP COLUMN first_wave, DROP COLUMN wave, DROP COLUMN wave_over_at, DROP COLUMN paused_by,
    DROP COLUMN paused_because, DROP COLUMN paused_at, DROP COLUMN known_bounces,
    DROP COLUMN known_handed_over, DROP COLUMN known_until, DROP COLUMN author_key,
    DROP COLUMN recall_note, DROP COLUMN recalled_at, DROP COLUMN corrects;
