-- A click hands out the open session if it still says what it should. What it should say follows from a
-- dozen columns of the order, from the settings, and from our words. To work that out at each click costs
-- more than all the rest. So whatever it follows from is counted when it changes, and the session keeps the
-- counts that it was asked for under: where they are the same today, the session is right.

ALTER TABLE orders ADD COLUMN params_version int NOT NULL DEFAULT 1;
COMMENT ON COLUMN orders.params_version IS
    'Counts every change of a column that a mint''s parameters follow from (checkout/params.rs), whoever makes it.';

CREATE FUNCTION count_params_of_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.params_version := OLD.params_version + 1;
    RETURN NEW;
END $$;

-- A trigger, since not every change passes through "version": erasing an address, a switch of reminders and
-- a debit that failed do not.
CREATE TRIGGER params_of_order_change BEFORE UPDATE ON orders FOR EACH ROW
    WHEN ((OLD.reference, OLD.email, OLD.locale, OLD.currency, OLD.lines, OLD.metadata, OLD.mode, OLD.remind,
           OLD.link_version, OLD.debit_failed_at, OLD.automatic_tax, OLD.promotion_codes, OLD.checkout_params)
          IS DISTINCT FROM
          (NEW.reference, NEW.email, NEW.locale, NEW.currency, NEW.lines, NEW.metadata, NEW.mode, NEW.remind,
           NEW.link_version, NEW.debit_failed_at, NEW.automatic_tax, NEW.promotion_codes, NEW.checkout_params))
    EXECUTE FUNCTION count_params_of_order();

ALTER TABLE settings ADD COLUMN version int NOT NULL DEFAULT 1;
COMMENT ON COLUMN settings.version IS 'Counts every change of a setting.';

CREATE FUNCTION count_settings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;

CREATE TRIGGER settings_change BEFORE UPDATE ON settings FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION count_settings();

-- Null: not known, for sessions that were opened before. A click works it out and writes it down.
ALTER TABLE checkout_sessions
    ADD COLUMN basis_order int,
    ADD COLUMN basis_settings int,
    ADD COLUMN basis_reminded bool,
    ADD COLUMN basis_build bigint;
COMMENT ON COLUMN checkout_sessions.basis_order IS 'The order''s params_version that it was asked for under.';
COMMENT ON COLUMN checkout_sessions.basis_settings IS 'The version of the settings that it was asked for under.';
COMMENT ON COLUMN checkout_sessions.basis_reminded IS 'Whether the order''s one reminder had been sent by then.';
COMMENT ON COLUMN checkout_sessions.basis_build IS 'Stands for the program and its configuration that asked.';
