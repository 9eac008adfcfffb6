-- Who bought in some days: the figures of carts ask it, and read every order before, whenever it was paid. The
-- expression is that of `reminder/purchases.rs`. An order that nobody has paid stands in no such index.
CREATE INDEX orders_by_purchase ON orders (greatest(paid_at, settled_at, in_review_at, processing_at))
    WHERE email IS NOT NULL AND greatest(paid_at, settled_at, in_review_at, processing_at) IS NOT NULL;

-- Which checkouts of other systems are over for good: the nightly prune went through all checkouts for them.
CREATE INDEX foreign_checkouts_by_end ON checkout_sessions (ended_at)
    WHERE origin = 'foreign' AND ended_at IS NOT NULL;
