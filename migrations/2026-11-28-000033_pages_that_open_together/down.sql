DROP TRIGGER sessions_turn ON checkout_sessions;
DROP FUNCTION tell_of_sessions();

CREATE FUNCTION tell_of_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity (at, order_id, category, level, actor, what, detail)
    SELECT CASE NEW.state WHEN 'open' THEN coalesce(NEW.minted_at, NEW.created_at)
                          ELSE coalesce(NEW.ended_at, clock_timestamp()) END,
           part.order_id, 'checkout', 'info',
           CASE NEW.state WHEN 'open' THEN 'payer' WHEN 'expired' THEN 'stripe' ELSE 'freshmint' END,
           CASE NEW.state WHEN 'open' THEN 'the payment page was opened'
                          WHEN 'expired' THEN 'the payment page was left, and closed by itself'
                          ELSE 'the payment page was closed, since it was not needed any more' END,
           jsonb_build_object('session', NEW.stripe_id, 'row', NEW.id)
    FROM session_orders part WHERE part.session_id = NEW.id ORDER BY part.order_id;
    RETURN NULL;
END $$;
CREATE TRIGGER session_turns AFTER UPDATE OF state ON checkout_sessions FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('open', 'expired', 'superseded'))
    EXECUTE FUNCTION tell_of_session();
CREATE FUNCTION payment_page_opens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM activity_open WHERE category = 'checkout') THEN
        PERFORM close_lines_of_order(order_id, '{checkout}') FROM session_orders WHERE session_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payment_page_opens AFTER UPDATE OF state ON checkout_sessions FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state = 'open') EXECUTE FUNCTION payment_page_opens();
