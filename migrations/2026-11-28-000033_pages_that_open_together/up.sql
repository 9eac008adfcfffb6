-- After a mailing hundreds of payment pages open in one statement. What is told of them is one statement for all
-- of them, too: a trigger for each row cost more than half of what a mint costs the database.

DROP TRIGGER session_turns ON checkout_sessions;
DROP TRIGGER payment_page_opens ON checkout_sessions;
DROP FUNCTION tell_of_session();
DROP FUNCTION payment_page_opens();

-- A trigger of a statement knows no columns: what did not turn is passed over here. Parts are looked up by the
-- session's key, whatever PostgreSQL believes of the tables. Where no page turned it is asked nothing more.
CREATE FUNCTION tell_of_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity (at, order_id, category, level, actor, what, detail)
    SELECT CASE now.state WHEN 'open' THEN coalesce(now.minted_at, now.created_at)
                          ELSE coalesce(now.ended_at, clock_timestamp()) END,
           part.order_id, 'checkout', 'info',
           CASE now.state WHEN 'open' THEN 'payer' WHEN 'expired' THEN 'stripe' ELSE 'freshmint' END,
           CASE now.state WHEN 'open' THEN 'the payment page was opened'
                          WHEN 'expired' THEN 'the payment page was left, and closed by itself'
                          ELSE 'the payment page was closed, since it was not needed any more' END,
           jsonb_build_object('session', now.stripe_id, 'row', now.id)
    FROM now JOIN before ON before.id = now.id
    CROSS JOIN LATERAL (SELECT order_id FROM session_orders WHERE session_id = now.id OFFSET 0) part
    WHERE before.state IS DISTINCT FROM now.state AND now.state IN ('open', 'expired', 'superseded')
    ORDER BY part.order_id;

    -- A page that opens says that Stripe refuses no more. In the path of a click: looked for only while some
    -- order is refused.
    IF EXISTS (SELECT FROM activity_open WHERE category = 'checkout') THEN
        PERFORM close_lines_of_order(part.order_id, '{checkout}')
        FROM now JOIN before ON before.id = now.id
        CROSS JOIN LATERAL (SELECT order_id FROM session_orders WHERE session_id = now.id OFFSET 0) part
        WHERE before.state IS DISTINCT FROM now.state AND now.state = 'open'
        ORDER BY part.order_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER sessions_turn AFTER UPDATE ON checkout_sessions
    REFERENCING OLD TABLE AS before NEW TABLE AS now
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_sessions();
