-- When a bill's pay link was last looked at, by a person and by a machine: whoever asks why a family has not
-- paid reads it from here. A table of its own, since the order's row is locked by whoever pays; no row for a
-- cart. Written in batches from memory, so that a click is no slower; a lost batch is a lost look.
CREATE TABLE link_looks (
    order_id uuid PRIMARY KEY REFERENCES orders (id) ON DELETE CASCADE,
    by_person timestamptz,
    by_machine timestamptz,
    CONSTRAINT somebody_looked CHECK (by_person IS NOT NULL OR by_machine IS NOT NULL)
);

-- When somebody last had Stripe asked about an order, and was answered; and when the last look at all that
-- Stripe's messages may have missed began that came to its end. Both say since when nothing can have been paid
-- unnoticed.
CREATE TABLE stripe_asked (
    order_id uuid PRIMARY KEY REFERENCES orders (id) ON DELETE CASCADE,
    asked_at timestamptz NOT NULL
);
ALTER TABLE sweeps ADD COLUMN looked_at timestamptz;
