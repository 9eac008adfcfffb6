-- Which import an order came from, by the import's name: "those of that spreadsheet" is how a treasurer says
-- whom a mailing is for. Null: it came in by the API, or before imports were kept.
ALTER TABLE orders ADD COLUMN import text CHECK (import <> '');
COMMENT ON COLUMN orders.import IS 'The name of the import that it came from: of its file, once.';
CREATE INDEX orders_by_import ON orders (import, id) WHERE import IS NOT NULL;

-- The last pre-flight of each mailing: what was tried before its start, and what came of it. A start that is
-- asked for again goes on with the trial checkout of the one before, whose caller may have gone meanwhile.
CREATE TABLE blast_preflights (
    blast_id    uuid PRIMARY KEY REFERENCES blasts (id),
    approval_id bigint NOT NULL REFERENCES blast_approvals (id),    -- of what was tried
    stripe_id   text,                   -- the trial checkout: cs_…
    closed_at   timestamptz,            -- since when Stripe's webhook about its end is waited for; the database's clock
    checks      jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(checks) = 'array'),
    CONSTRAINT a_closed_trial_has_its_id CHECK ((closed_at IS NULL) = (stripe_id IS NULL))
);

-- Trials whose process died before Stripe had answered hold a body with a payer's address: they are looked for
-- at each trial, and ended.
CREATE INDEX trials_under_way ON checkout_sessions (created_at) WHERE origin = 'preflight' AND state = 'minting';
