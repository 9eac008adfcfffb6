-- What needs somebody, apart from what is dealt with: the badge on every page counts these rows, and a log
-- with a million lines that were dealt with costs it nothing. Kept by triggers, whoever writes a line.
CREATE TABLE activity_open (
    activity_id bigint PRIMARY KEY REFERENCES activity (id) ON DELETE CASCADE
);
INSERT INTO activity_open (activity_id)
    SELECT id FROM activity WHERE level = 'attention'
    AND NOT EXISTS (SELECT FROM activity_dismissals WHERE activity_id = activity.id);

CREATE FUNCTION open_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_open (activity_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER line_needs_somebody AFTER INSERT ON activity FOR EACH ROW
    WHEN (NEW.level = 'attention') EXECUTE FUNCTION open_line();

CREATE FUNCTION close_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM activity_open WHERE activity_id = NEW.activity_id;
    RETURN NULL;
END $$;
CREATE TRIGGER line_is_dealt_with AFTER INSERT ON activity_dismissals FOR EACH ROW
    EXECUTE FUNCTION close_line();

-- Which lines a mail, a case or an event of Stripe has caused: they close with it.
CREATE INDEX activity_by_cause ON activity USING gin (detail jsonb_path_ops) WHERE level = 'attention';

-- A line for each turn of a payment page. A trigger, since a click mints in one statement, and a round trip
-- more would be felt; and since five ways lead to the end of a session. `row` names what tells the same: the
-- story of an order shows that, and not the line.
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

-- And for each decision about a reminder. That one was sent is told as a mail.
CREATE FUNCTION tell_of_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity (at, order_id, category, level, actor, what, detail)
    VALUES (CASE TG_OP WHEN 'INSERT' THEN NEW.decided_at ELSE clock_timestamp() END,
            NEW.order_id, 'reminder', 'info', 'freshmint',
            CASE NEW.decision WHEN 'scheduled' THEN 'reminder scheduled' ELSE 'no reminder: ' || NEW.reason END,
            jsonb_build_object('reason', NEW.reason, 'due_at', NEW.due_at, 'row', NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER decision_is_made AFTER INSERT ON reminder_decisions FOR EACH ROW
    -- While carts are not followed up, one that is left is no news.
    WHEN (NEW.decision <> 'sent' AND (NEW.order_id IS NOT NULL OR NEW.reason IS DISTINCT FROM 'recovery_disabled'))
    EXECUTE FUNCTION tell_of_decision();
CREATE TRIGGER decision_changes AFTER UPDATE OF decision ON reminder_decisions FOR EACH ROW
    WHEN (OLD.decision IS DISTINCT FROM NEW.decision AND NEW.decision <> 'sent')
    EXECUTE FUNCTION tell_of_decision();
