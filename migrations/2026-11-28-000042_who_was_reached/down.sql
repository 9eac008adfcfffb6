CREATE OR REPLACE FUNCTION tell_news_of_order() RETURNS trigger LANGUAGE plpgsql AS $$
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
DROP INDEX order_news_due;
CREATE INDEX order_news_due ON order_news (order_id) WHERE due;
ALTER TABLE order_news DROP COLUMN may_be_unmailed, DROP COLUMN may_be_unopened;
