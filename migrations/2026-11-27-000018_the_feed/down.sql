-- The extension stays: somebody else may use it by now.
DROP INDEX IF EXISTS orders_by_part_of_reference, orders_by_part_of_name, orders_by_part_of_email;
DROP TABLE activity_dismissals;
DROP INDEX activity_by_word, activity_by_category, activity_by_xact;
ALTER TABLE activity DROP COLUMN xact;
