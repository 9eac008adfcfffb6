-- The last news of each order, for lists that show the newest first. A table of its own: a row of `orders` is
-- locked by whoever pays. `list` is where the order stands, or that it restores a cart, so that one index has
-- each list in its order however many orders are in the others.
CREATE TABLE order_news (
    order_id uuid PRIMARY KEY REFERENCES orders (id) ON DELETE CASCADE,
    list     text NOT NULL CHECK (list IN ('open', 'processing', 'in_review', 'paid', 'settled_offline',
                                           'partially_refunded', 'refunded', 'cancelled', 'cart')),
    news     text NOT NULL CHECK (news IN ('created', 'processing', 'in_review', 'paid', 'settled_offline',
                 'partially_refunded', 'refunded', 'cancelled', 'open_again', 'debit_failed', 'mail_waits', 'mailed',
                 'came_back', 'given_up', 'mail_unknown', 'not_mailed', 'reminder_waits', 'reminded', 'looked',
                 'page_open', 'left', 'does_not_fit', 'paid_twice', 'disputed', 'refund_unclear')),
    at       timestamptz NOT NULL,
    -- Something happened that no line of the log tells, or nobody has looked yet: the worker does.
    due      boolean NOT NULL DEFAULT false
);
CREATE INDEX order_news_by_list ON order_news (list, at DESC, order_id DESC);
CREATE INDEX order_news_by_time ON order_news (at DESC, order_id DESC);
CREATE INDEX order_news_due ON order_news (order_id) WHERE due;

-- How far the worker has read the log for news.
CREATE TABLE order_news_read (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    xact     bigint NOT NULL,
    line     bigint NOT NULL
);

CREATE FUNCTION list_of(kind text, status text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE kind WHEN 'recovered' THEN 'cart' ELSE status END $$;

INSERT INTO order_news (order_id, list, news, at, due)
    SELECT id, list_of(kind, status), 'created', created_at, true FROM orders;
INSERT INTO order_news_read (xact, line) VALUES (pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 0);

-- Where an order stands is news at once, in the transaction that moves it: a list must not show as owed what
-- is paid. Everything else is read from the log by the worker, in batches.
CREATE FUNCTION tell_news_of_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO order_news (order_id, list, news, at)
        VALUES (NEW.id, list_of(NEW.kind, NEW.status),
                CASE NEW.status WHEN 'open' THEN 'created' ELSE NEW.status END,
                coalesce(NEW.cancelled_at, NEW.settled_at, NEW.paid_at, NEW.in_review_at, NEW.processing_at, NEW.created_at));
    ELSE
        UPDATE order_news SET list = list_of(NEW.kind, NEW.status),
            news = CASE NEW.status WHEN 'open' THEN 'open_again' ELSE NEW.status END,
            -- No column has the time of a refund, nor of an order that is owed again.
            at = greatest(at, CASE NEW.status WHEN 'cancelled' THEN NEW.cancelled_at WHEN 'settled_offline' THEN NEW.settled_at
                    WHEN 'paid' THEN NEW.paid_at WHEN 'in_review' THEN NEW.in_review_at
                    WHEN 'processing' THEN NEW.processing_at ELSE clock_timestamp() END)
        WHERE order_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER order_is_news AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tell_news_of_order();
CREATE TRIGGER order_moves AFTER UPDATE ON orders FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION tell_news_of_order();

-- That somebody opened a link is in no line of the log. Looks are written in batches, apart from clicks; a row
-- that is locked at this moment has news of its own, and nobody waits for it.
CREATE FUNCTION look_is_news() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE order_news SET due = true WHERE order_id IN
        (SELECT news.order_id FROM order_news news JOIN looks ON looks.order_id = news.order_id
         WHERE looks.by_person IS NOT NULL AND NOT news.due FOR UPDATE OF news SKIP LOCKED);
    RETURN NULL;
END $$;
CREATE TRIGGER first_look_is_news AFTER INSERT ON link_looks REFERENCING NEW TABLE AS looks
    FOR EACH STATEMENT EXECUTE FUNCTION look_is_news();
CREATE TRIGGER look_is_news AFTER UPDATE ON link_looks REFERENCING NEW TABLE AS looks
    FOR EACH STATEMENT EXECUTE FUNCTION look_is_news();

-- One action for many orders, each in a transaction of its own: what is done is told beside what is not, also
-- after a process died in the middle, and goes on from there.
CREATE TABLE order_batches (
    id    uuid PRIMARY KEY,
    act   text NOT NULL CHECK (act IN ('cash', 'send')),
    note  text,
    actor text NOT NULL,
    at    timestamptz NOT NULL
);
CREATE INDEX order_batches_by_time ON order_batches (at);
CREATE TABLE order_batch_parts (
    batch_id uuid NOT NULL REFERENCES order_batches (id) ON DELETE CASCADE,
    order_id uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    outcome  text CHECK (outcome IN ('done', 'refused')),
    -- Why not, in a sentence.
    why      text,
    PRIMARY KEY (batch_id, order_id),
    CONSTRAINT a_refusal_says_why CHECK ((outcome IS NOT DISTINCT FROM 'refused') = (why IS NOT NULL))
);
CREATE INDEX order_batch_parts_by_order ON order_batch_parts (order_id);
