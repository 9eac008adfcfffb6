ALTER TABLE checkout_sessions
    DROP COLUMN basis_order,
    DROP COLUMN basis_settings,
    DROP COLUMN basis_reminded,
    DROP COLUMN basis_build;

DROP TRIGGER settings_change ON settings;
DROP FUNCTION count_settings();
ALTER TABLE settings DROP COLUMN version;

DROP TRIGGER params_of_order_change ON orders;
DROP FUNCTION count_params_of_order();
ALTER TABLE orders DROP COLUMN params_version;
