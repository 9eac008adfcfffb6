-- Lists that end: each filter of a list finds its rows in the order in which they are shown, however few
-- of a million they are.
--
-- A list asks for the newest fifty. Without such an index PostgreSQL reads the whole table backwards until
-- it has them, or never finds them; a partial index is of no use where the filter's value is a parameter,
-- and of two plain ones it must guess which, without statistics blindly. So each filter has the columns
-- that are compared, then what the list is ordered by.

-- `status` alone has one already.
CREATE INDEX orders_by_kind ON orders (kind, id);
CREATE INDEX orders_by_kind_and_status ON orders (kind, status, id);
DROP INDEX orders_by_email;
CREATE INDEX orders_by_email ON orders (lower(email), id);

-- `state` alone has one already.
CREATE INDEX outbox_by_kind ON outbox (kind, id);
CREATE INDEX outbox_by_kind_and_state ON outbox (kind, state, id);
-- All mails of a mailing, and those in one state.
CREATE INDEX outbox_by_blast_and_id ON outbox (blast_id, id) WHERE blast_id IS NOT NULL;
DROP INDEX outbox_by_blast;
CREATE INDEX outbox_by_blast ON outbox (blast_id, state, id) WHERE blast_id IS NOT NULL;
-- The orders of a mailing. The index that refuses a second mail to one of them names a kind, which the
-- list does not.
CREATE INDEX outbox_orders_by_blast ON outbox_orders (blast_id, order_id) WHERE blast_id IS NOT NULL;

CREATE INDEX stripe_events_by_state ON stripe_events (state, received_at DESC, id DESC);

-- A reason says that it was skipped, so that both together are the reason alone.
CREATE INDEX reminder_decisions_by_decision ON reminder_decisions (decision, id);
CREATE INDEX reminder_decisions_by_reason ON reminder_decisions (reason, id) WHERE reason IS NOT NULL;
DROP INDEX reminder_decisions_by_order;
CREATE INDEX reminder_decisions_by_order ON reminder_decisions (order_id, id);

-- Open ones have one already.
CREATE INDEX resolved_cases ON cases (id) WHERE resolved_at IS NOT NULL;
CREATE INDEX cases_by_kind ON cases (kind, id);
CREATE INDEX open_cases_by_kind ON cases (kind, id) WHERE resolved_at IS NULL;
CREATE INDEX resolved_cases_by_kind ON cases (kind, id) WHERE resolved_at IS NOT NULL;

-- As the list orders them: an import puts thousands there in one moment.
DROP INDEX suppressions_by_time;
CREATE INDEX suppressions_by_time ON suppressions (since DESC, address_hash DESC);
-- Those that a mail server put there, a page at a time.
CREATE INDEX suppressions_by_reason ON suppressions (reason, address_hash);

-- What the nightly prune looks for: it found nothing only after it had read the whole log.
CREATE INDEX activity_by_time ON activity (at);
