-- Whom no mail has gone to, and who has not opened a mailed link: of a hundred thousand orders few may be so, or the
-- oldest. The worker notes it beside the news, which it looks up anyway; a list goes through those that are noted,
-- and asks each whether it is so. Both at once cannot be: then nobody has looked yet, as at first, and the order is in
-- both lists' way. So no row is written here but by what writes news, and a click none.
ALTER TABLE order_news
    ADD COLUMN may_be_unmailed boolean NOT NULL DEFAULT true,
    ADD COLUMN may_be_unopened boolean NOT NULL DEFAULT true;

-- By the newest news, as the page lists them, and by the order, as the API and files do.
CREATE INDEX order_news_unmailed ON order_news (list, at DESC, order_id DESC) WHERE may_be_unmailed;
CREATE INDEX order_news_unopened ON order_news (list, at DESC, order_id DESC) WHERE may_be_unopened;
CREATE INDEX orders_unmailed ON order_news (order_id) WHERE may_be_unmailed;
CREATE INDEX orders_unopened ON order_news (order_id) WHERE may_be_unopened;
-- What the worker has to look at: with those that were there before this migration.
DROP INDEX order_news_due;
CREATE INDEX order_news_due ON order_news (order_id) WHERE due OR (may_be_unmailed AND may_be_unopened);

-- As before, and `due`: while an order moves, its row is locked here, and the worker passes over it. What it would
-- have noted of the order's mails it notes afterwards.
CREATE OR REPLACE FUNCTION tell_news_of_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO order_news (order_id, list, news, at)
        VALUES (NEW.id, list_of(NEW.kind, NEW.status),
                CASE NEW.status WHEN 'open' THEN 'created' ELSE NEW.status END,
                coalesce(NEW.cancelled_at, NEW.settled_at, NEW.paid_at, NEW.in_review_at, NEW.processing_at, NEW.created_at));
    ELSE
        UPDATE order_news SET list = list_of(NEW.kind, NEW.status), due = true,
            news = CASE NEW.status WHEN 'open' THEN 'open_again' ELSE NEW.status END,
            -- No column has the time of a refund, nor of an order that is owed again.
            at = greatest(at, CASE NEW.status WHEN 'cancelled' THEN NEW.cancelled_at WHEN 'settled_offline' THEN NEW.settled_at
                    WHEN 'paid' THEN NEW.paid_at WHEN 'in_review' THEN NEW.in_review_at
                    WHEN 'processing' THEN NEW.processing_at ELSE clock_timestamp() END)
        WHERE order_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
